"""Ids for ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import identifiers
from tests.feeds.validity import TAG

AUTHORITY = "example.org,2017"


def test_a_short_key_becomes_a_tag_of_the_authority_and_its_kind() -> None:
    assert identifiers.item_id(AUTHORITY, "k3f9") == "tag:example.org,2017:item/k3f9"
    assert identifiers.event_id(AUTHORITY, "k3f9") == "tag:example.org,2017:event/k3f9"
    assert identifiers.feed_id(AUTHORITY, "news") == "tag:example.org,2017:feed/news"


@pytest.mark.parametrize(
    "key",
    [
        "https://old.example.org/?p=17",
        "http://old.example.org/2014/åäö",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "tag:old.example.org,2009:x",
    ],
)
def test_an_authors_own_iri_is_kept_letter_by_letter(key: str) -> None:
    assert identifiers.item_id(AUTHORITY, key) == key


def test_what_is_forbidden_in_an_iri_does_not_get_into_an_id() -> None:
    assert identifiers.item_id(AUTHORITY, "https://example.org/a b<c>") == "https://example.org/a%20b%3Cc%3E"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
        lambda key: not re.match(r"[A-Za-z].*:", key)
    )
)
def test_any_key_gives_a_valid_tag(key: str) -> None:
    assert TAG.fullmatch(identifiers.item_id(AUTHORITY, key))


@given(st.sets(st.text("ab%/ åÅ\u00a0?#:", min_size=1, max_size=4), min_size=2))
def test_two_keys_never_have_one_id(keys: set[str]) -> None:
    assert len({identifiers.item_id(AUTHORITY, key) for key in keys}) == len(keys)


def test_a_calendars_uid_depends_on_nothing_but_the_id() -> None:
    uid = identifiers.calendar_uid("tag:example.org,2017:event/e1")
    assert uid == "dea6759a-56c2-531e-871c-57105dab6aa4"
    assert uid != identifiers.calendar_uid("tag:example.org,2017:event/e2")
