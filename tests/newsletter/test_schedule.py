"""Schedules and slots. Times are checked by arithmetic, not by the library that finds them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ScheduleError
from newsletter.schedule import (
    HISTORY,
    Schedule,
    coming,
    due,
    instant,
    slot_local,
    slot_name,
    wall_clock,
)
from tests.scenarios import STOCKHOLM

ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")
GRACE = timedelta(hours=6)
HALF_WEEK = timedelta(days=3)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def names(schedule: str, after: str, count: int) -> list[str]:
    return [slot_name(minute) for minute in Schedule.parse(schedule).following(local(after), count)]


@pytest.mark.parametrize(
    ("text", "spelling", "first"),
    [
        ("fri 07:00", "fri 07:00", "2026-10-02T07:00"),
        ("Friday 7:00", "fri 07:00", "2026-10-02T07:00"),
        ("thu,mon 08:30", "mon,thu 08:30", "2026-10-01T08:30"),
        ("daily 06:00", "daily 06:00", "2026-10-01T06:00"),
        ("  weekdays   07:00 ", "weekdays 07:00", "2026-10-01T07:00"),
        ("monthly 2 07:00", "monthly 2 07:00", "2026-10-02T07:00"),
        ("monthly last 07:00", "monthly last 07:00", "2026-10-31T07:00"),
        ("monthly first-mon 07:00", "monthly first-mon 07:00", "2026-10-05T07:00"),
        ("monthly last-friday 07:00", "monthly last-fri 07:00", "2026-10-30T07:00"),
        ("0 7 * * fri", "0 7 * * fri", "2026-10-02T07:00"),
        ("0  7 * OCT *", "0 7 * oct *", "2026-10-01T07:00"),
        ("30 */6 * * *", "30 */6 * * *", "2026-10-01T00:30"),
    ],
)
def test_a_schedule_is_read_and_spelled_in_one_way(text: str, spelling: str, first: str) -> None:
    schedule = Schedule.parse(text)
    assert str(schedule) == spelling
    assert Schedule.parse(spelling) == schedule
    assert names(text, "2026-10-01T00:00", 1) == [first]


@pytest.mark.parametrize("number", ["0", "7", "sun"])
def test_sunday_is_0_and_7_in_cron(number: str) -> None:
    assert names(f"0 7 * * {number}", "2026-10-01T00:00", 2) == ["2026-10-04T07:00", "2026-10-11T07:00"]


def test_a_range_of_weekdays_may_end_on_sunday() -> None:
    found = names("0 7 * * fri-sun", "2026-10-01T00:00", 4)
    assert found == ["2026-10-02T07:00", "2026-10-03T07:00", "2026-10-04T07:00", "2026-10-09T07:00"]
    assert names("0 7 * * 5-7", "2026-10-01T00:00", 4) == found


def test_day_and_weekday_of_cron_are_either_or() -> None:
    found = names("0 7 1,15 * fri", "2026-09-30T12:00", 5)
    assert [slot[:10] for slot in found] == [
        "2026-10-01",
        "2026-10-02",
        "2026-10-09",
        "2026-10-15",
        "2026-10-16",
    ]


def test_a_day_that_fits_both_ways_comes_once() -> None:
    assert names("0 7 2 * fri", "2026-10-01T00:00", 2) == ["2026-10-02T07:00", "2026-10-09T07:00"]


def test_a_starred_day_of_cron_does_not_widen_the_weekday() -> None:
    assert names("0 7 */2 * mon", "2026-10-01T00:00", 2) == ["2026-10-05T07:00", "2026-10-19T07:00"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write it as"),
        ("sometimes", "write it as"),
        ("@daily", "write it as"),
        ("fri", "write it as"),
        ("fri 7", "'7' in 'fri 7' is no time of day"),
        ("fri 24:00", "no time of day"),
        ("fri 07:60", "no time of day"),
        ("fry 07:00", "'fry' in 'fry 07:00' is no day"),
        ("fri, 07:00", "no day"),
        ("monthly 31 07:00", "write 'monthly last'"),
        ("monthly 0 07:00", "no day of a month"),
        ("monthly fifth-mon 07:00", "no day of a month"),
        ("*/15 * * * *", "4 times an hour"),
        ("* * * * *", "60 times an hour"),
        ("0,30 7 * * *", "2 times an hour"),
        ("0 7 30 2 *", "no year has"),
        ("0 24 * * *", "cannot be the hour"),
        ("61 7 * * *", "cannot be the minute"),
        ("0 7 * * 8", "cannot be the weekday"),
        ("0 7 * * fri-mon", "runs backwards"),
        ("0 7 * * */0", "above 0"),
        ("0 7 L * *", "cannot be the day"),
        ("0 7 * * 5#2", "cannot be the weekday"),
        ("0 7 1-999999999999 * *", "cannot be the day"),
        ("0 7 , * *", "cannot be the day"),
        ("0 7 -1 * *", "cannot be the day"),
        ("0 \uff17 * * *", "not a schedule"),
        ("0 0 7 * * *", "write it as"),
        ("0 7 * * " + "1," * 5000 + "1", "not a schedule"),
    ],
)
def test_what_is_no_schedule_is_answered_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Schedule.parse(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


@given(st.text(alphabet="0123456789*/,-: monfri@#L", max_size=40))
def test_any_text_is_a_schedule_of_at_most_one_slot_an_hour_or_a_schedule_error(text: str) -> None:
    try:
        schedule = Schedule.parse(text)
    except ScheduleError:
        return
    minutes = schedule.following(local("2026-10-01T00:00"), 30)
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(minutes))


def brute_force(
    weekdays: set[int], hour: int, minute: int, after: datetime, until: datetime
) -> list[datetime]:
    day, found = after.date(), []
    while day <= until.date():
        at = datetime.combine(day, datetime.min.time()).replace(hour=hour, minute=minute)
        if day.isoweekday() in weekdays and after < at <= until:
            found.append(at)
        day += timedelta(days=1)
    return found


@given(
    weekdays=st.sets(st.integers(1, 7), min_size=1),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    after=st.datetimes(local("1999-12-01T00:00"), local("2030-01-01T00:00")),
    days=st.integers(0, 40),
)
def test_between_is_complete_and_has_no_repeats(
    weekdays: set[int], hour: int, minute: int, after: datetime, days: int
) -> None:
    until = after + timedelta(days=days)
    schedule = Schedule.parse(f"{minute} {hour} * * {','.join(map(str, sorted(weekdays)))}")
    assert list(schedule.between(after, until)) == brute_force(weekdays, hour, minute, after, until)


@pytest.mark.parametrize(
    ("slot", "moment"),
    [
        (
            "2026-03-29T02:30",
            "2026-03-29T01:30:00+00:00",
        ),  # the clock goes from 02:00 to 03:00: 03:30 summer time
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first, summer time
        ("2026-10-24T02:30", "2026-10-24T00:30:00+00:00"),
        ("2026-10-26T02:30", "2026-10-26T01:30:00+00:00"),
    ],
)
def test_the_moment_of_a_slot_when_the_clocks_change_in_stockholm(slot: str, moment: str) -> None:
    assert instant(slot_local(slot), STOCKHOLM) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_half_past_two_fires_exactly_once_on_both_change_sundays(sunday: date) -> None:
    """A tick every ten minutes through the night, with the ledger remembering."""
    schedule, latest, made = Schedule.parse("sun 02:30"), None, []
    tick = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - timedelta(hours=6)
    for _ in range(6 * 24):
        found = due(
            schedule,
            STOCKHOLM,
            latest=latest,
            started=LONG_AGO if latest else tick - GRACE,
            now=tick,
            grace=GRACE,
        )
        if found:
            latest = found[-1].slot
            made += [slot.slot for slot in found if slot.action == "make"]
        tick += timedelta(minutes=10)
    assert made == [f"{sunday}T02:30"]


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    day=st.dates(date(2000, 1, 1), date(2035, 12, 1)),
)
def test_each_slot_has_one_moment_and_moments_are_in_order_unless_moved(
    zone: str, hour: int, minute: int, day: date
) -> None:
    place = ZoneInfo(zone)
    after = datetime.combine(day, datetime.min.time())
    slots = list(Schedule.parse(f"{minute} {hour} * * *").between(after, after + timedelta(days=10)))
    moments = [instant(slot, place) for slot in slots]
    for slot, moment in zip(slots, moments, strict=True):
        shown = wall_clock(moment, place)
        assert shown == slot or shown > slot, "only ever moved forward"
        if shown == slot:  # the first of two: a moment earlier shows another time
            assert wall_clock(moment - timedelta(minutes=1), place) != slot
    unmoved = [m for slot, m in zip(slots, moments, strict=True) if wall_clock(m, place) == slot]
    assert unmoved == sorted(set(unmoved))


def decided(schedule: str, now: str, *, latest: str | None = None, started: str = "2026-01-01T00:00+00:00",
            grace: timedelta = GRACE, zone: str = "Europe/Stockholm") -> list[tuple[str, str]]:  # fmt: skip
    found = due(
        Schedule.parse(schedule),
        ZoneInfo(zone),
        latest=latest,
        started=datetime.fromisoformat(started),
        now=datetime.fromisoformat(now),
        grace=grace,
    )
    return [(slot.slot, slot.action) for slot in found]


def test_nothing_is_due_before_its_time() -> None:
    assert decided("fri 07:00", "2026-10-09T04:59:59+00:00", latest="2026-10-02T07:00") == []


def test_a_slot_is_due_at_its_minute() -> None:
    found = decided("fri 07:00", "2026-10-09T05:00+00:00", latest="2026-10-02T07:00")
    assert found == [("2026-10-09T07:00", "make")]


def test_a_decided_slot_is_not_due_again() -> None:
    assert decided("fri 07:00", "2026-10-09T05:10+00:00", latest="2026-10-09T07:00") == []


def test_a_new_newsletter_begins_with_the_first_slot_after_it_was_met() -> None:
    assert decided("fri 07:00", "2026-10-02T09:00+00:00", started="2026-10-02T06:00+00:00") == []


def test_a_newsletter_met_within_the_minute_of_its_slot_is_due() -> None:
    """As when cron starts the very first `send` a few seconds after the full minute."""
    found = decided("fri 07:00", "2026-10-02T05:00:07+00:00", started="2026-10-02T05:00:07+00:00")
    assert found == [("2026-10-02T07:00", "make")]


def test_within_the_grace_a_late_slot_is_made_and_beyond_it_missed() -> None:
    late = "2026-10-09T11:00+00:00"
    assert decided("fri 07:00", late, latest="2026-10-02T07:00") == [("2026-10-09T07:00", "make")]
    later = "2026-10-09T11:00:01+00:00"
    assert decided("fri 07:00", later, latest="2026-10-02T07:00") == [("2026-10-09T07:00", "missed")]


def test_of_several_slots_the_newest_is_made_and_the_others_have_a_reason() -> None:
    found = decided(
        "30 * * * *", "2026-10-09T05:45+00:00", latest="2026-10-09T04:30", grace=timedelta(hours=2)
    )
    assert found == [
        ("2026-10-09T05:30", "missed"),
        ("2026-10-09T06:30", "superseded"),
        ("2026-10-09T07:30", "make"),
    ]


def test_a_clock_that_is_set_back_fires_nothing_again() -> None:
    assert decided("daily 07:00", "2026-10-08T05:30+00:00", latest="2026-10-09T07:00") == []


def test_a_new_schedule_counts_from_the_last_slot_of_the_old_one() -> None:
    """From seven to six o'clock, on the day itself after seven: the issue is out already."""
    assert decided("fri 06:00", "2026-10-09T05:30+00:00", latest="2026-10-09T07:00") == []


def test_years_of_downtime_are_bounded_and_told() -> None:
    now = datetime(2026, 10, 9, 5, 0, tzinfo=UTC)
    found = due(
        Schedule.parse("30 * * * *"),
        STOCKHOLM,
        latest="2006-10-01T00:30",
        started=LONG_AGO,
        now=now,
        grace=GRACE,
    )
    assert len(found) <= HISTORY / timedelta(hours=1) + 1
    assert found[0].action == "missed"
    assert found[-1].action == "make"


def test_what_lies_before_the_listed_slots_is_said_in_the_first() -> None:
    now = datetime(2026, 10, 9, 5, 0, tzinfo=UTC)
    started = LONG_AGO.replace(year=2016)
    found = due(
        Schedule.parse("fri 07:00"),
        STOCKHOLM,
        latest="2016-10-07T07:00",
        started=started,
        now=now,
        grace=GRACE,
    )
    assert "since 2016-10-07, are not listed" in found[0].detail
    assert not any("not listed" in slot.detail for slot in found[1:])
    assert len(found) == 53


@pytest.mark.parametrize(
    ("zone", "jump"),
    [
        ("Europe/Stockholm", "2026-03-29"),
        ("Europe/Stockholm", "2026-10-25"),
        ("Australia/Lord_Howe", "2026-04-05"),  # half an hour
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Antarctica/Troll", "2026-03-29"),  # two hours
        ("Antarctica/Troll", "2026-10-25"),
        ("Pacific/Apia", "2011-12-30"),  # a day that never was
    ],
)
def test_ticking_through_a_jump_of_the_clock_decides_every_hourly_slot_once(zone: str, jump: str) -> None:
    place, schedule = ZoneInfo(zone), Schedule.parse("30 * * * *")
    begin = datetime.fromisoformat(f"{jump}T00:00+00:00") - timedelta(days=2)
    end = begin + timedelta(days=5)
    seen: list[str] = []
    for hours in range(0, 121, 5):
        now = begin + timedelta(hours=hours)
        latest = max(seen, default=None)
        seen += [s.slot for s in due(schedule, place, latest=latest, started=begin, now=now, grace=GRACE)]
    around = schedule.between(wall_clock(begin, place) - HALF_WEEK, wall_clock(end, place) + HALF_WEEK)
    assert sorted(seen) == [slot_name(minute) for minute in around if begin <= instant(minute, place) <= end]


def test_the_coming_slots_are_those_after_now_in_order() -> None:
    now = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    found = coming(Schedule.parse("30 * * * *"), STOCKHOLM, now, 4)
    assert [(slot.slot, slot.due.strftime("%H:%M")) for slot in found] == [
        ("2026-10-25T00:30", "22:30"),
        ("2026-10-25T01:30", "23:30"),
        ("2026-10-25T02:30", "00:30"),
        ("2026-10-25T03:30", "02:30"),
    ]
