"""Calendars as an independent reader and RFC 5545 see them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from content.newsroom import Event
from feeds import calendars
from feeds.documents import documents
from tests.feeds.newsrooms import SETTINGS, full_events, full_newsroom
from tests.scenarios import NOW, STOCKHOLM, a_newsroom, an_event

AUTHORITY = "example.org,2017"


def written(*events: Event) -> bytes:
    rendered = [calendars.rendered(event, AUTHORITY) for event in events]
    return calendars.subscription(rendered, name="Kalendern", description="Vad som händer")


def read(document: bytes) -> dict[str, Any]:
    """Read by vobject; events by their summary."""
    calendar = vobject.readOne(document.decode())
    return {event.summary.value: event for event in calendar.contents.get("vevent", [])}


def test_another_reader_finds_every_event() -> None:
    assert set(read(written(*full_events()))) == {"Frukostmöte; kaffe, te", "Kongress", "Inställt", "Borta"}


def test_a_timed_event_is_at_its_instant_even_when_the_clock_changes() -> None:
    """02:30 comes twice on that Sunday; the first is meant, and it lasts two hours until the second 03:30."""
    event = read(written(*full_events()))["Frukostmöte; kaffe, te"]
    assert event.dtstart.value == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert event.dtend.value == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_whole_days_end_on_the_day_after_the_last() -> None:
    event = read(written(*full_events()))["Kongress"]
    assert (event.dtstart.value, event.dtend.value) == (date(2026, 10, 5), date(2026, 10, 8))


def test_an_event_without_an_end_has_none() -> None:
    event = read(written(an_event(starts=datetime(2026, 10, 15, 8, 0, tzinfo=STOCKHOLM))))["Event e1"]
    assert event.dtstart.value == datetime(2026, 10, 15, 6, 0, tzinfo=UTC)
    assert not hasattr(event, "dtend")


def test_the_words_arrive_as_they_were() -> None:
    event = read(written(*full_events()))["Frukostmöte; kaffe, te"]
    assert event.location.value == "Stora salen, Storgatan 1"
    assert event.description.value.startswith("Rad ett\nRad två med ett långt stycke: åäö")
    assert event.description.value.endswith("\n\nhttps://news.example.org/events/event-timed/")
    assert event.url.value == "https://news.example.org/events/event-timed/"
    assert event.categories.value == ["möte", "frukost"]


@pytest.mark.parametrize("over", [{"cancelled": True}, {"withdrawn": NOW}])
def test_what_is_off_stays_and_says_so(over: dict[str, Any]) -> None:
    """A calendar keeps an event that just vanishes from the file."""
    before = read(written(an_event()))["Event e1"]
    after = read(written(an_event(**over)))["Event e1"]
    assert (before.status.value, after.status.value) == ("CONFIRMED", "CANCELLED")
    assert before.uid.value == after.uid.value


def test_the_uid_outlives_every_change_and_the_sequence_counts_them() -> None:
    moved = an_event(title="Other", slug="other", link="https://elsewhere.example/", sequence=3, starts=NOW)
    before, after = read(written(an_event()))["Event e1"], read(written(moved))["Other"]
    assert before.uid.value == after.uid.value
    assert (before.sequence.value, after.sequence.value) == ("0", "3")


def test_the_stamp_is_the_last_change_and_not_the_build() -> None:
    event = read(written(an_event(updated=NOW - timedelta(days=1, microseconds=5))))["Event e1"]
    assert event.dtstamp.value == datetime(2026, 10, 1, 4, 59, 59, tzinfo=UTC)
    assert getattr(event, "last_modified").value == event.dtstamp.value  # noqa: B009 - vobject's name


def test_a_subscriber_is_told_the_name_and_how_often_to_ask() -> None:
    lines = written().decode().split("\r\n")
    for line in ("NAME:Kalendern", "X-WR-CALNAME:Kalendern", "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
                 "X-PUBLISHED-TTL:PT12H"):  # fmt: skip
        assert line in lines


def test_a_calendar_without_events_is_a_valid_one() -> None:
    """RFC 5545, 3.6: there must be at least one component."""
    calendar = vobject.readOne(written().decode())
    assert [component.name for component in calendar.components()] == ["VTIMEZONE"]


def test_lines_are_short_and_end_as_the_rfc_wants() -> None:
    document = written(*full_events())
    assert document.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in document.replace(b"\r\n", b"")
    assert max(len(line) for line in document.split(b"\r\n")) <= 75
    document.decode()  # no letter is cut in two


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=99),
)
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_a_calendar(title: str, text: str) -> None:
    document = written(an_event(title=title + "x", text=text, place=title, tags=(title,)), an_event(key="e2"))
    assert len(vobject.readOne(document.decode()).contents["vevent"]) == 2
    assert max(len(line) for line in document.split(b"\r\n")) <= 75
    assert document.count(b"\r\nBEGIN:VEVENT\r\n") == 2


def test_each_event_has_a_calendar_of_its_own_for_one_click() -> None:
    built = dict(documents(full_newsroom(), SETTINGS))
    event = read(built["events/event-days.ics"])["Kongress"]
    assert event.uid.value == read(built["feeds/events/events.ics"])["Kongress"].uid.value


def test_the_order_of_the_newsroom_does_not_matter() -> None:
    newsroom = a_newsroom(events=full_events())
    turned = replace(newsroom, events=tuple(reversed(newsroom.events)))
    assert dict(documents(newsroom, SETTINGS)) == dict(documents(turned, SETTINGS))
