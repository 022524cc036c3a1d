import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.slugs import LONGEST, numbered, slug_of


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Årets höjdpunkt på ön", "arets-hojdpunkt-pa-on"),
        ("Smørrebrød & Æbler", "smorrebrod-aebler"),
        ("Straße Łódź café", "strasse-lodz-cafe"),
        ("  --A--b__c.d/e ", "a-b-c-d-e"),
        ("東京", ""),
        ("", ""),
        ("x" * 100, "x" * 80),
        ("word " * 30, "-".join(["word"] * 16)),
    ],
)
def test_a_slug_keeps_what_an_address_can_hold(text: str, slug: str) -> None:
    assert slug_of(text) == slug


def test_a_taken_slug_gets_the_first_free_number() -> None:
    assert numbered("a", {"b"}) == "a"
    assert numbered("a", {"a", "a-2"}) == "a-3"
    assert len(numbered("x" * 80, {"x" * 80})) <= LONGEST


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_any_text_gives_a_slug_or_nothing(text: str) -> None:
    slug = slug_of(text)
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug)
    assert len(slug) <= LONGEST
    assert slug_of(slug) == slug
