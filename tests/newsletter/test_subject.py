"""Subject and preheader: one line each, bounded, and not the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import HeaderError
from newsletter.subject import FIELDS, LONGEST, PREHEADER_MOST, check_subject, preheader, subject
from tests.mails import HOSTILE
from tests.scenarios import a_full_issue, an_event, an_issue, an_item

TITLES = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)), max_size=6).map("".join)


def test_the_subject_is_made_of_the_foremost_item() -> None:
    assert subject(a_full_issue(), "sv") == "Veckan i Älvland: Nya Solkartan visar vad ditt tak kan ge"


def test_an_issue_of_events_alone_is_named_by_the_first_event() -> None:
    assert subject(an_issue(items=(), events=(an_event(title="Höstmöte"),)), "sv") == "Veckobrevet: Höstmöte"


def test_an_issue_of_nothing_is_named_by_its_title() -> None:
    assert subject(an_issue(items=(), events=()), "sv") == "Veckobrevet"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sv", "Veckobrevet nr 1, 2 oktober 2026: Item k1 {1+1 av Kommunförbundet"),
        ("en", "Veckobrevet nr 1, October 2, 2026: Item k1 {1+1 av Kommunförbundet"),
    ],
)
def test_every_field_of_a_pattern_is_filled_in(language: str, expected: str) -> None:
    pattern = "{title} nr {number}, {date}: {first} {{{items}+{events} av {organisation}"
    assert subject(an_issue(subject=pattern), language) == expected


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_that_is_documented_may_be_used(name: str) -> None:
    check_subject(f"News {{{name}}}")


@pytest.mark.parametrize(
    "pattern",
    [
        "{titel}",
        "{title!r}",
        "{title:>99}",
        "{title.__class__}",
        "{first[0]}",
        "{}",
        "{0}",
        "{title",
        "}",
        " \n",
    ],
)
def test_a_pattern_that_cannot_be_filled_in_is_refused(pattern: str) -> None:
    with pytest.raises(HeaderError):
        check_subject(pattern)


def test_a_refused_pattern_is_told_what_there_is() -> None:
    with pytest.raises(
        HeaderError, match=r"'\{titel\}' is no field of a subject; there are \{title\}, \{number\}"
    ):
        check_subject("{titel}")


@given(st.lists(TITLES, max_size=4), TITLES)
def test_no_title_makes_them_anything_but_short_single_lines(titles: list[str], name: str) -> None:
    items = tuple(an_item(key=f"k{number}", title=title) for number, title in enumerate(titles))
    issue = an_issue(title=f"News {name}", items=items)
    for text, most in (
        (subject(issue, "sv"), LONGEST),
        (preheader(issue, subject(issue, "sv")), PREHEADER_MOST),
    ):
        assert 0 < len(text) <= most
        assert not any(character in text for character in "\r\n\u2028\u2029\u202e\u2066\x00")
    assert preheader(issue, subject(issue, "sv")) != subject(issue, "sv")


def test_the_preheader_tells_what_the_subject_does_not() -> None:
    items = (an_item(title="First"), an_item(key="k2", title="Second"), an_item(key="k3", title="Third"))
    issue = an_issue(items=items, events=(an_event(title="A meeting with a rather long name"),))
    assert preheader(issue, subject(issue, "sv")) == "Second · Third · A meeting with a rather long name"


def test_the_preheader_is_filled_from_what_there_is() -> None:
    issue = an_issue(items=(an_item(title="Only", summary="What it is about."),), events=())
    assert preheader(issue, subject(issue, "sv")) == "What it is about. · Vi växer ihop. · Kommunförbundet"
