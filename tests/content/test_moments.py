from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.moments import clock_time, day_or_moment, looks_like_date, moment

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-02", "2026-10-02T00:00:00+02:00"),
        ("2026-12-02", "2026-12-02T00:00:00+01:00"),
        ("2026-10-02 08:45", "2026-10-02T08:45:00+02:00"),
        (" 2026-10-02  8:45 ", "2026-10-02T08:45:00+02:00"),
        ("2026-10-02 08.45", "2026-10-02T08:45:00+02:00"),
        ("2026-10-02T08:45:10", "2026-10-02T08:45:10+02:00"),
        ("2026-10-02T08:45:10.123456Z", "2026-10-02T10:45:10+02:00"),
        ("2026-10-02 08:45 +0000", "2026-10-02T10:45:00+02:00"),
        ("2026-10-02 08:45:00+02:00", "2026-10-02T08:45:00+02:00"),
        ("2026-10-02 08:45 -05", "2026-10-02T15:45:00+02:00"),
        ("2026-10-02 08:45 CET", "2026-10-02T09:45:00+02:00"),
        ("2026-10-02 08:45 cest", "2026-10-02T08:45:00+02:00"),
        ("2026-10-02 08:45 America/New_York", "2026-10-02T14:45:00+02:00"),
        ("Fri, 02 Oct 2026 08:45:00 +0200", "2026-10-02T08:45:00+02:00"),
        ("02 Oct 2026 06:45:00 GMT", "2026-10-02T08:45:00+02:00"),
        ("2026-10-02 23:59:60", "2026-10-02T23:59:59+02:00"),
        # The clocks skip 02:00-03:00 on 29 March, and show 02:00-03:00 twice on 25 October.
        ("2026-03-29 02:30", "2026-03-29T03:30:00+02:00"),
        ("2026-10-25 02:30", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_times_are_read_as_they_are_written(text: str, expected: str) -> None:
    assert moment(text, STOCKHOLM).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("i morgon", "write a date as 2026-10-02"),
        ("", "write a date"),
        ("2026-02-30", "no day 2026-02-30"),
        ("2026-13-01", "no day"),
        ("2026-10-02 25:00", "no time 25:00"),
        ("2026-10-02 08:61", "no time 08:61"),
        ("2026-10-02 08:45 XYZ", "'XYZ' is no known zone"),
        ("2026-10-02 08:45 +99:00", "no offset"),
        ("2026-10-02 08:45 ../../etc/passwd", "write a date"),
        ("0001-01-01", "year 1 "),
        ("9999-12-31", "year 9999"),
        ("Fri, 99 Oct 2026 08:45:00 +0200", "not a date"),
        ("10/02/2026", "write a date"),
    ],
)
def test_a_refusal_says_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        moment(text, STOCKHOLM)
    assert words in str(caught.value)


def test_a_day_alone_stays_a_day() -> None:
    assert day_or_moment("2026-10-05", STOCKHOLM) == date(2026, 10, 5)
    assert day_or_moment("2026-10-05 08:00", STOCKHOLM) == datetime(2026, 10, 5, 8, tzinfo=STOCKHOLM)


def test_a_clock_alone_is_recognised() -> None:
    assert str(clock_time("18.30")) == "18:30:00"
    assert clock_time("2026-10-05") is None
    with pytest.raises(ValueError, match="no time 25:00"):
        clock_time("25:00")


def test_a_reason_is_not_taken_for_a_date() -> None:
    assert looks_like_date("2026-10-02 10:15")
    assert not looks_like_date("2026 was wrong")


zones = st.sampled_from(
    ["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Cairo"]
)


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), zones)  # noqa: DTZ001 - local times are the subject
def test_a_local_time_is_itself_or_moved_forward_by_the_gap(naive: datetime, zone: str) -> None:
    naive = naive.replace(microsecond=0)
    found = moment(naive.isoformat(" "), ZoneInfo(zone))
    moved = found.replace(tzinfo=None) - naive
    assert timedelta() <= moved <= timedelta(hours=1)
    assert found.astimezone(UTC).astimezone(ZoneInfo(zone)) == found
