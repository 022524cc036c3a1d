"""What an edition shows: pictures at their size, words in one line, nothing that a mail cannot hold."""

from typing import Any

import pytest

from newsletter.contents import Contents, Picture, Room, contents, paragraphs, picture
from tests.scenarios import a_full_organisation, a_picture, an_event, an_issue, an_item


def shown(issue: Any, choice: str = "*", language: str = "sv", room: Room | None = None) -> Contents:
    return contents(issue, choice, language, room or Room())


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1200, 675), (160, 90)),
        ((600, 1200), (100, 200)),
        ((80, 40), (80, 40)),
        ((10_000, 1), (160, 1)),
        ((None, None), (160, None)),
        ((1200, None), (160, None)),
    ],
)
def test_a_picture_is_fitted_and_never_enlarged(
    size: tuple[int | None, int | None], fitted: tuple[int, int | None]
) -> None:
    made = picture(a_picture("x.jpg", "X", width=size[0], height=size[1]), 160, 200)
    assert made == Picture("https://news.example.org/media/0123456789abcdef/x.jpg", "X", *fitted)


@pytest.mark.parametrize(
    ("over", "lead"),
    [
        ({}, True),
        ({"width": 500, "height": 300}, False),
        ({"width": 900, "height": 900}, False),
        ({"width": None, "height": None}, False),
        ({"type": "image/svg+xml"}, False),
    ],
)
def test_only_a_large_and_wide_picture_opens_the_mail(over: dict[str, Any], lead: bool) -> None:  # noqa: FBT001
    items = tuple(an_item(key=key, image=a_picture("x.jpg", "X", **over)) for key in ("a", "b"))
    ((first, second),) = (group.entries for group in shown(an_issue(items=items)).groups)
    assert first.lead is lead
    assert not second.lead


def test_items_stay_in_the_order_of_the_issue_within_their_categories() -> None:
    names = ("press1", "news1", "press2", "news2")
    items = tuple(an_item(key=name, title=name, category=name[:-1]) for name in names)
    groups = shown(an_issue(items=items)).groups
    assert [group.title for group in groups] == ["Pressmeddelanden", "Nyheter"]
    assert [entry.title for group in groups for entry in group.entries] == [
        "press1",
        "press2",
        "news1",
        "news2",
    ]


def test_a_category_that_is_offered_no_more_is_named_by_its_name() -> None:
    assert shown(an_issue(items=(an_item(category="gone"),))).groups[0].title == "gone"


def test_a_leaf_of_the_calendar_tells_one_day_or_several() -> None:
    events = (
        an_event(),
        an_event(
            key="e2",
            starts=None,
            first_day=an_event().first_day,
            last_day=an_event().first_day.replace(day=17),
        ),
        an_event(key="e3", starts=None, last_day=an_event().first_day.replace(month=11, day=2)),
    )
    leaves = [(event.month, event.day, event.weekday) for event in shown(an_issue(events=events)).events]
    assert leaves == [("okt", "15", "tors"), ("okt", "15–17", ""), ("okt", "15", "")]


def test_the_text_of_a_publisher_is_split_into_paragraphs_of_one_line() -> None:
    assert paragraphs("One\nline.\r\n\r\nAnother.\n\n\n\n \n") == ("One line.", "Another.")


def test_a_contact_whose_address_cannot_be_mailed_is_shown_without_it() -> None:
    organisation = a_full_organisation()
    odd = type(organisation.contacts[0])("Name", (), "not an address", ("08-1",))
    seen = shown(an_issue(organisation=a_full_organisation(contacts=(odd,)))).publisher.contacts[0]
    assert (seen.name, seen.email, seen.phones) == ("Name", None, ("08-1",))


def test_counts_are_of_everything_that_is_not_shown() -> None:
    issue = an_issue(
        items=tuple(an_item(key=f"k{number}") for number in range(5)),
        events=tuple(an_event(key=f"e{number}") for number in range(4)),
        waiting=2,
        more_events=3,
    )
    seen = shown(issue, room=Room(items=3, events=1))
    assert (seen.cut, seen.waiting, seen.more_events) == (2, 2, 6)
    assert (shown(issue, "news").waiting, shown(issue, "news").more_events) == (None, None)
