"""Dates are CLDR's, in every language; the examples are what people of each write."""

import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.localedata import locale_identifiers
from hypothesis import given, settings
from hypothesis import strategies as st

from content.dates import (
    clock,
    date_and_time,
    day_in,
    event_days,
    event_hours,
    event_span,
    full_day,
    long_day,
    month_abbr,
    month_year,
    short_day,
)
from content.newsroom import Event
from tests.scenarios import STOCKHOLM, an_event

TODAY = date(2026, 1, 15)
FRIDAY = date(2026, 10, 2)
LONDON = ZoneInfo("Europe/London")
YEARS = (datetime(2000, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone


def timed(start: tuple[int, ...], end: tuple[int, ...] | None = None, zone: ZoneInfo = STOCKHOLM) -> Event:
    starts = datetime(2026, *start, tzinfo=zone)  # type: ignore[arg-type, misc]
    ends = datetime(2026, *end, tzinfo=zone) if end else None  # type: ignore[arg-type, misc]
    last = (ends or starts).date()
    return an_event(starts=starts, ends=ends, first_day=starts.date(), last_day=last, zone=zone.key)


def whole(first: date, last: date | None = None) -> Event:
    return an_event(starts=None, first_day=first, last_day=last or first)


ONE_DAY = timed((10, 2, 8), (10, 2, 18))
OPEN_END = timed((10, 2, 8))
WHOLE_DAY = whole(FRIDAY)
THREE_DAYS = whole(date(2026, 10, 5), date(2026, 10, 7))
TWO_MONTHS = whole(date(2026, 9, 30), date(2026, 10, 2))
TWO_YEARS = whole(date(2026, 12, 30), date(2027, 1, 2))
CONFERENCE = timed((11, 5, 9), (11, 7, 16))
NIGHT = timed((10, 2, 20), (10, 3, 2))
MIDNIGHT = timed((10, 2, 20), (10, 3, 0))
AFTERNOON = timed((10, 2, 14), (10, 2, 15, 30))


@pytest.mark.parametrize(
    ("event", "swedish", "english", "british", "german"),
    [
        (
            ONE_DAY,
            "fredag 2 oktober 08:00–18:00",
            "Friday, October 2, 8:00 AM – 6:00 PM",
            "Friday 2 October, 08:00–18:00",
            "Freitag, 2. Oktober, 08:00–18:00 Uhr",
        ),
        (
            OPEN_END,
            "fredag 2 oktober 08:00",
            "Friday, October 2, 8:00 AM",
            "Friday 2 October, 08:00",
            "Freitag, 2. Oktober, 08:00",
        ),
        (WHOLE_DAY, "fredag 2 oktober", "Friday, October 2", "Friday 2 October", "Freitag, 2. Oktober"),
        (THREE_DAYS, "5–7 oktober", "October 5 – 7", "5–7 October", "5.–7. Oktober"),
        (
            TWO_MONTHS,
            "30 september – 2 oktober",
            "September 30 – October 2",
            "30 September – 2 October",
            "30. September – 2. Oktober",
        ),
        (
            TWO_YEARS,
            "30 december 2026–2 januari 2027",
            "December 30, 2026 – January 2, 2027",
            "30 December 2026 – 2 January 2027",
            "30. Dezember 2026 – 2. Januar 2027",
        ),
        (
            CONFERENCE,
            "torsdag 5 november 09:00 – lördag 7 november 16:00",
            "Thursday, November 5, 9:00 AM – Saturday, November 7, 4:00 PM",
            "Thursday 5 November, 09:00 – Saturday 7 November, 16:00",
            "Donnerstag, 5. November, 09:00 – Samstag, 7. November, 16:00",
        ),
        (
            AFTERNOON,
            "fredag 2 oktober 14:00–15:30",
            "Friday, October 2, 2:00 – 3:30 PM",
            "Friday 2 October, 14:00–15:30",
            "Freitag, 2. Oktober, 14:00–15:30 Uhr",
        ),
    ],
)
def test_an_event_is_written_as_people_write_it(
    event: Event, swedish: str, english: str, british: str, german: str
) -> None:
    languages = {"sv": swedish, "en": english, "en-GB": british, "de": german}
    assert {language: event_span(event, language, today=TODAY) for language in languages} == languages


def test_the_year_is_shown_when_it_is_not_this_one_or_when_nobody_says_which_is() -> None:
    assert event_span(THREE_DAYS, "sv") == "5–7 oktober 2026"
    assert event_span(THREE_DAYS, "sv", today=date(2025, 12, 31)) == "5–7 oktober 2026"
    assert event_span(ONE_DAY, "sv") == "fredag 2 oktober 2026 08:00–18:00"
    assert event_span(CONFERENCE, "sv", today=date(2025, 1, 1)).count("2026") == 2


def test_a_night_out_is_one_day_and_not_a_conference_of_two() -> None:
    assert event_span(NIGHT, "sv", today=TODAY) == "fredag 2 oktober 20:00–02:00"
    assert event_span(MIDNIGHT, "sv", today=TODAY) == "fredag 2 oktober 20:00–00:00"
    assert event_days(NIGHT, "sv", today=TODAY) == "fredag 2 oktober"
    late = timed((10, 2, 20), (10, 3, 9))
    assert event_span(late, "sv", today=TODAY) == "fredag 2 oktober 20:00 – lördag 3 oktober 09:00"
    whole_round = timed((10, 2, 4), (10, 3, 4))
    assert event_span(whole_round, "sv", today=TODAY) == "fredag 2 oktober 04:00 – lördag 3 oktober 04:00"


def test_several_days_that_begin_at_an_hour_and_end_at_none() -> None:
    course = an_event(first_day=date(2026, 10, 15), last_day=date(2026, 10, 17))
    assert event_span(course, "sv", today=TODAY) == "15–17 oktober 08:00"


def test_an_event_that_ends_when_it_starts_has_no_span_of_hours() -> None:
    assert event_span(timed((10, 2, 8), (10, 2, 8)), "sv", today=TODAY) == "fredag 2 oktober 08:00"


def test_the_zone_is_named_only_where_the_readers_clock_differs() -> None:
    london = timed((10, 2, 14), (10, 2, 15, 30), LONDON)
    assert event_span(london, "sv", today=TODAY, zone="Europe/Stockholm") == (
        "fredag 2 oktober 14:00–15:30 (brittisk sommartid)"
    )
    assert "(" not in event_span(london, "sv", today=TODAY, zone="Europe/Lisbon")
    assert "(" not in event_span(ONE_DAY, "sv", today=TODAY, zone="Europe/Berlin")
    assert "(" not in event_span(THREE_DAYS, "sv", today=TODAY, zone="Asia/Tokyo")


def test_an_event_is_written_in_its_own_zone_however_its_times_are_kept() -> None:
    kept_as_utc = an_event(
        starts=datetime(2026, 10, 1, 22, 30, tzinfo=UTC), first_day=FRIDAY, last_day=FRIDAY
    )
    assert event_span(kept_as_utc, "sv", today=TODAY) == "fredag 2 oktober 00:30"
    over_the_day = an_event(
        starts=datetime(2026, 10, 2, 6, tzinfo=UTC),
        ends=datetime(2026, 10, 2, 22, 30, tzinfo=UTC),
        first_day=FRIDAY,
        last_day=date(2026, 10, 3),
    )
    assert event_span(over_the_day, "sv", today=TODAY) == "fredag 2 oktober 08:00–00:30"


def test_the_hours_alone_are_for_events_of_one_day() -> None:
    assert event_hours(ONE_DAY, "sv") == "08:00–18:00"
    assert event_hours(OPEN_END, "en") == "8:00 AM"
    assert event_hours(THREE_DAYS, "sv") == ""
    assert event_hours(CONFERENCE, "sv") == ""


def test_the_short_width_is_for_narrow_places() -> None:
    assert event_span(ONE_DAY, "sv", today=TODAY, width="short") == "fre 2 okt. 08:00–18:00"
    assert event_span(THREE_DAYS, "en-GB", today=TODAY, width="short") == "5–7 Oct"
    assert full_day(FRIDAY, "sv", width="short") == "fre 2 okt. 2026"


def test_days_and_moments() -> None:
    moment = datetime(2026, 10, 1, 22, 5, tzinfo=UTC)
    assert long_day(FRIDAY, "sv") == "2 oktober 2026"
    assert long_day(FRIDAY, "sv", TODAY) == "2 oktober"
    assert short_day(FRIDAY, "en") == "Oct 2, 2026"
    assert full_day(FRIDAY, "fi") == "perjantai 2. lokakuuta 2026"
    assert month_abbr(FRIDAY, "sv") == "okt."
    assert month_year(FRIDAY, "lt") == "2026 m. spalis"
    assert clock(moment, "en", "Europe/Stockholm") == "12:05 AM"
    assert day_in(moment, "sv", "Europe/Stockholm") == "2 oktober 2026"
    assert day_in(moment, "sv", "Europe/London", width="short") == "1 okt. 2026"
    assert date_and_time(moment, "sv", "Europe/Stockholm", TODAY) == "2 oktober 00:05"


def test_a_language_that_cldr_lacks_is_written_in_its_parents_or_in_english() -> None:
    assert long_day(FRIDAY, "sv-XX") == "2 oktober 2026"
    assert long_day(FRIDAY, "tlh") == "October 2, 2026"


def test_one_language_leaves_no_trace_in_the_next() -> None:
    """Babel 2.18 does: after one Japanese month the Hungarian ones are Japanese."""
    script = (
        "from datetime import date; from content.dates import month_abbr as m; d = date(2026, 10, 2); "
        "m(d, 'ja'); print(m(d, 'hu'), m(d, 'fa'), m(d, 'ar'))"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.split() == ["okt.", "اکتبر", "أكتوبر"]


def test_every_language_of_cldr_can_write_every_kind_of_event() -> None:
    events = (ONE_DAY, WHOLE_DAY, THREE_DAYS, TWO_MONTHS, TWO_YEARS, CONFERENCE)
    languages = sorted({name.partition("_")[0] for name in locale_identifiers()})
    assert len(languages) > 200
    for language in languages:
        for event in events:
            span = event_span(event, language, today=TODAY)
            assert span
            assert not any(space in span for space in "\u00a0\u2009\u202f"), (language, span)


@st.composite
def events(draw: st.DrawFn) -> Event:
    zone = draw(st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]))
    starts = draw(st.datetimes(*YEARS, timezones=st.just(ZoneInfo(zone))))
    hours = draw(st.none() | st.timedeltas(min_value=date.resolution * 0, max_value=date.resolution * 400))
    ends = starts + hours if hours is not None else None
    values: dict[str, Any] = {"zone": zone, "first_day": starts.date(), "last_day": (ends or starts).date()}
    if draw(st.booleans()):
        return an_event(starts=None, **values)
    return an_event(starts=starts, ends=ends, **values)


@settings(max_examples=150, deadline=None)
@given(events(), st.sampled_from(["sv", "en", "ar", "ja", "pt-BR", "zh-Hant"]), st.none() | st.dates())
def test_whatever_the_event_the_day_it_starts_is_told_on_one_line(
    event: Event, language: str, today: date | None
) -> None:
    for width in ("long", "short"):
        span = event_span(event, language, today=today, zone="Europe/Stockholm", width=width)
        assert str(event.first_day.day) in span
        assert "\n" not in span
        assert "{" not in span
