"""Events in files and in lists, through the whole loading."""

from pathlib import Path

import pytest

from content.newsroom import Event
from tests.content.newsrooms import Room, keys_of, told
from tests.scenarios import BASE_URL


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def times(event: Event) -> tuple[str | None, str | None, str, str]:
    return (
        event.starts and event.starts.isoformat(),
        event.ends and event.ends.isoformat(),
        event.first_day.isoformat(),
        event.last_day.isoformat(),
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (
            "2026-10-05 08:00",
            "2026-10-05 18:00",
            ("2026-10-05T08:00:00+02:00", "2026-10-05T18:00:00+02:00", "2026-10-05", "2026-10-05"),
        ),
        (
            "2026-10-05 08:00",
            "'18:00'",
            ("2026-10-05T08:00:00+02:00", "2026-10-05T18:00:00+02:00", "2026-10-05", "2026-10-05"),
        ),
        (
            "2026-10-05 08:00",
            "18.00",
            ("2026-10-05T08:00:00+02:00", "2026-10-05T18:00:00+02:00", "2026-10-05", "2026-10-05"),
        ),
        ("2026-10-05 08:00", "", ("2026-10-05T08:00:00+02:00", None, "2026-10-05", "2026-10-05")),
        ("2026-11-23", "2026-11-25", (None, None, "2026-11-23", "2026-11-25")),
        ("2026-11-23", "", (None, None, "2026-11-23", "2026-11-23")),
        ("2026-11-23 09:00", "2026-11-25", ("2026-11-23T09:00:00+01:00", None, "2026-11-23", "2026-11-25")),
        (
            "2026-12-31 22:00",
            "2027-01-01 02:00",
            ("2026-12-31T22:00:00+01:00", "2027-01-01T02:00:00+01:00", "2026-12-31", "2027-01-01"),
        ),
        (
            "2026-10-05 20:00",
            "2026-10-06 00:00",
            ("2026-10-05T20:00:00+02:00", "2026-10-06T00:00:00+02:00", "2026-10-05", "2026-10-05"),
        ),
        (
            "2026-10-25 01:30",
            "2026-10-25 03:30",
            ("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00", "2026-10-25", "2026-10-25"),
        ),
        (
            "2026-10-05 08:00 UTC",
            "2026-10-05 10:00 +02:00",
            ("2026-10-05T10:00:00+02:00", "2026-10-05T10:00:00+02:00", "2026-10-05", "2026-10-05"),
        ),
    ],
)
def test_start_and_end_in_every_manner(
    room: Room, start: str, end: str, expected: tuple[str | None, ...]
) -> None:
    room.event("a.md", start=start, end=end)
    assert times(room.one_event()) == expected


def test_an_event_may_be_in_another_zone(room: Room) -> None:
    room.event("a.md", start="2026-10-05 08:00", end="17:00", timezone="America/New_York")
    event = room.one_event()
    assert (event.zone, times(event)[0]) == ("America/New_York", "2026-10-05T08:00:00-04:00")
    assert event.published.isoformat() == "2026-09-01T00:00:00+02:00"


@pytest.mark.parametrize(
    ("head", "place", "address"),
    [
        ({"place": "The hall", "address": "Fair Road 1"}, "The hall", "Fair Road 1"),
        ({"location": "The *hall*"}, "The hall", ""),
        ({"venue": "{name: The hall, address: Fair Road 1}"}, "The hall", "Fair Road 1"),
        ({"where": "{name: The hall, street: Fair Road 1, city: Town}"}, "The hall", "Fair Road 1, Town"),
        ({}, "", ""),
    ],
)
def test_the_place_in_every_manner(room: Room, head: dict[str, str], place: str, address: str) -> None:
    room.event("a.md", **head)
    event = room.one_event()
    assert (event.place, event.address) == (place, address)


@pytest.mark.parametrize(
    ("head", "line", "words"),
    [
        (
            {"start": "2026-10-05 08:00", "end": "2026-10-05 07:00"},
            "a.md:5: end:",
            "ends (2026-10-05 07:00) before it starts",
        ),
        ({"start": "2026-10-05", "end": "2026-10-04"}, "a.md:5: end:", "before it starts"),
        ({"start": "2026-10-05 08:00", "end": "'07:00'"}, "a.md:5: end:", "before it starts"),
        ({"start": "2026-10-05 08:00", "end": "25:00"}, "a.md:5: end:", "no time 25:00"),
        (
            {"start": "2026-10-05", "end": "2026-10-05 18:00"},
            "a.md:5: end:",
            "has a time and the start has none",
        ),
        ({"start": "soon"}, "a.md:4: start:", "write a date as"),
        ({"start": "2026-10-05", "cancelled": "perhaps"}, "a.md:5: cancelled:", "true or false"),
    ],
)
def test_impossible_times_set_the_event_aside_at_their_line(
    room: Room, head: dict[str, str], line: str, words: str
) -> None:
    room.event("a.md", **head)
    loaded = room.load()
    (problem,) = told(loaded)
    assert problem.startswith(line)
    assert words in problem
    assert loaded.newsroom.events == ()


def test_an_event_has_a_page_or_a_link(room: Room) -> None:
    room.event("a.md", "A")
    room.event("b.md", "B", url="https://example.org/b")
    assert {event.title: (event.link, event.has_page) for event in room.load().newsroom.events} == {
        "A": (f"{BASE_URL}/events/a/", True),
        "B": ("https://example.org/b", False),
    }


def test_an_event_without_a_date_is_published_when_first_seen(room: Room) -> None:
    room.event("a.md", date="")
    first = room.one_event()
    assert first.published == first.updated == room.now
    (later,) = room.load(days=3).newsroom.events
    assert later == first


def test_the_sequence_counts_what_somebody_who_comes_must_know(room: Room) -> None:
    room.event("a.md")
    sequences = [room.one_event().sequence]
    for change in (
        {"body": "Only the text."},
        {"body": "Only the text.", "tags": "[a]"},
        {"start": "2026-10-16 08:00"},
        {"start": "2026-10-16 08:00", "place": "Another hall"},
        {"start": "2026-10-16 08:00", "place": "Another hall", "title": "Another title"},
        {"start": "2026-10-16 08:00", "place": "Another hall", "title": "Another title", "cancelled": "true"},
    ):
        room.event("a.md", **change)
        (event,) = room.load(days=1).newsroom.events
        sequences.append(event.sequence)
    assert sequences == [0, 0, 0, 1, 2, 3, 4]
    assert event.cancelled
    assert room.load(days=1).newsroom.events == (event,)


def test_a_withdrawn_event_counts_up_and_keeps_its_days(room: Room) -> None:
    room.event("a.md")
    before = room.one_event()
    room.remove("a.md")
    (notice,) = room.load(days=1).newsroom.events
    assert (notice.sequence, notice.withdrawn, notice.first_day) == (1, room.now, before.first_day)


LIST = """# Autumn
- title: Webinar
  start: 2026-10-13 12:00
  end: 12:45
  place: Online
  link: https://meet.example.org/map
  text: Bring your *lunch*.

- title: Meeting
  start: 2026-10-20 13:00
  cancelled: true

- title: Meeting
  start: 2026-11-20 13:00
"""


def test_a_list_of_events(room: Room) -> None:
    room.write("autumn.yaml", LIST)
    loaded = room.load()
    assert told(loaded) == []
    webinar, first, second = loaded.newsroom.events
    assert (webinar.text, webinar.link, webinar.place) == (
        "Bring your lunch.",
        "https://meet.example.org/map",
        "Online",
    )
    assert (first.cancelled, first.slug, second.slug) == (True, "meeting", "meeting-2")
    assert (first.source, second.source) == ("items/autumn.yaml#meeting", "items/autumn.yaml#meeting-2")
    room.write("autumn.yaml", "events:\n" + "".join(f"  {row}\n" for row in LIST.split("\n")))
    assert room.load(days=1).newsroom == loaded.newsroom


def test_entries_keep_their_keys_when_the_list_changes(room: Room) -> None:
    room.write("autumn.yaml", LIST)
    before = {(event.title, event.first_day): event.key for event in room.load().newsroom.events}
    head, webinar, first, second = LIST.split("- title: ")
    for parts in ([second, webinar, first], [first, "New\n  start: 2026-10-15\n", second, webinar]):
        room.write("autumn.yaml", "- title: ".join([head, *(f"{part.strip()}\n" for part in parts)]))
        after = {(event.title, event.first_day): event.key for event in room.load(days=1).newsroom.events}
        assert before.items() <= after.items()
    room.write("autumn.yaml", LIST.replace("Webinar", "A new name").replace("Online", "Online"))
    loaded = room.load(days=1, allow_withdrawals=True)
    assert keys_of(loaded)["A new name"] == before["Webinar", loaded.newsroom.events[0].first_day]


def test_only_the_bad_entries_of_a_list_are_set_aside(room: Room) -> None:
    room.write("autumn.yaml", LIST)
    before = room.load().newsroom
    room.write(
        "autumn.yaml", LIST.replace("2026-10-20 13:00", "someday") + "- just words\n- start: 2026-12-01\n"
    )
    loaded = room.load(days=1)
    assert loaded.newsroom == before
    assert loaded.newly_withdrawn == ()
    assert [line.split(": ")[:2] for line in told(loaded)] == [
        ["autumn.yaml:10", "[2].start"],
        ["autumn.yaml:15", "[4]"],
        ["autumn.yaml:16", "[5].title"],
    ]
    assert "items/autumn.yaml#meeting" in loaded.set_aside


@pytest.mark.parametrize("text", ["key: value\n", "just words", "events: {a: b}"])
def test_a_yaml_file_that_is_no_list_is_told(room: Room, text: str) -> None:
    room.write("a.yaml", text)
    assert told(room.load()) == ["a.yaml:1: is no list of events: begin each with '- title: ...'"]


def test_an_entry_that_leaves_the_list_is_withdrawn(room: Room) -> None:
    room.write("autumn.yaml", LIST)
    room.load()
    room.write("autumn.yaml", LIST[: LIST.rindex("- title")])
    loaded = room.load(days=1)
    assert [row.source for row in loaded.newly_withdrawn] == ["items/autumn.yaml#meeting-2"]
