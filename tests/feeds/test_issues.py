"""The feed of a newsletter's issues: valid, the same bytes for the same issues, and safe."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.languages import Catalogues
from feeds.issues import Frame, PublicIssue, feed_of_issues
from tests.feeds import validity
from tests.scenarios import BASE_URL, NEWS, NOW, PRESS, an_event, an_item, an_organisation

Golden = Callable[[str, str | bytes], None]

FRAME = Frame(
    "weekly",
    "Veckobrevet",
    "Det viktigaste från veckan.",
    "sv",
    an_organisation(),
    BASE_URL,
    "example.org,2026",
    Catalogues().translations,
)


def a_public_issue(**over: Any) -> PublicIssue:
    values: dict[str, Any] = {
        "number": 1,
        "subject": "Solkartan är här",
        "language": "sv",
        "composed": NOW,
        "intro": "Hej!",
        "categories": (NEWS, PRESS),
        "items": (an_item(title="Solkartan <är> här & nu"), an_item(key="k2", category="press")),
        "events": (an_event(),),
    }
    return PublicIssue(**values | over)


def read(*issues: PublicIssue) -> Any:
    path, content = feed_of_issues(FRAME, issues)
    assert path == "newsletters/weekly/atom.xml"
    assert validity.atom_problems(content, f"{BASE_URL}/{path}") == []
    return feedparser.parse(content)


def test_the_feed_is_as_it_was(golden: Golden) -> None:
    older = a_public_issue(composed=NOW - timedelta(days=7), events=())
    golden("feeds/newsletters/weekly/atom.xml", feed_of_issues(FRAME, [a_public_issue(number=2), older])[1])


def test_a_reader_finds_each_issue_its_page_and_what_is_in_it() -> None:
    found = read(a_public_issue(number=2), a_public_issue(composed=NOW - timedelta(days=7)))
    assert [entry.id for entry in found.entries] == [
        "tag:example.org,2026:issue/weekly/2",
        "tag:example.org,2026:issue/weekly/1",
    ]
    first = found.entries[0]
    assert first.link == f"{BASE_URL}/newsletters/weekly/2/"
    assert first.title == "Solkartan är här"
    content = first.content[0].value
    assert f'<a href="{BASE_URL}/items/item-k1/">Solkartan &lt;är&gt; här &amp; nu</a>' in content
    headings = [content.index(words) for words in ("Nyheter", "Pressmeddelanden", "Kommande evenemang")]
    assert headings == sorted(headings)
    assert found.feed.id == "tag:example.org,2026:newsletter/weekly"
    assert found.feed.link == f"{BASE_URL}/newsletters/weekly/"


def test_a_new_subject_or_address_of_the_site_changes_no_id() -> None:
    moved = replace(FRAME, base_url="https://elsewhere.example", title="Annat namn")
    _, content = feed_of_issues(moved, [a_public_issue(subject="Annat")])
    (entry,) = feedparser.parse(content).entries
    assert entry.id == "tag:example.org,2026:issue/weekly/1"


def test_without_issues_there_is_a_feed_that_can_be_followed_already() -> None:
    found = read()
    assert (found.entries, found.feed.title) == ([], "Veckobrevet")


@pytest.mark.parametrize("empty", [{"items": (), "events": ()}, {"subject": "", "intro": ""}])
def test_an_issue_that_lacks_something_is_valid(empty: dict[str, Any]) -> None:
    assert len(read(a_public_issue(**empty)).entries) == 1


@given(text=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_feed(text: str) -> None:
    item = an_item(title=text, summary=text, link=text or "x")
    read(a_public_issue(subject=text, intro=text, items=(item,), events=(an_event(title=text, place=text),)))
