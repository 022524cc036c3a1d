"""Days, times and spans as people of each language write them, by CLDR through Babel.

Pure. Widths are "long" ("fredag 2 oktober") or "short" ("fre 2 okt."). The year is left out only when
`today` is given and lies in it. Spaces are ordinary ones, so that the words can go into plain text
mail as well; CLDR's thin and no-break spaces are for typesetting, which is the style sheet's work.
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_time, get_day_names, get_month_names, get_timezone_name, parse_pattern

from content.languages import locale_of
from content.newsroom import Event

Width = Literal["long", "short"]

SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f]")
QUOTED = re.compile(r"('[^']*')")
# What still counts as the evening before: "20:00–02:00" is one night out, not a conference of two days.
SMALL_HOURS = time(6)
NOON = 12


def long_day(day: date, language: str, today: date | None = None) -> str:
    """Give "2 oktober 2026"."""
    locale = locale_of(language)
    if _with_year(day, day, today):
        return _formatted(day, locale.date_formats["long"].pattern, locale)
    return _formatted(day, _pattern(locale, ("MMMMd", "MMMd"), "long"), locale)


def short_day(day: date, language: str, today: date | None = None) -> str:
    """Give "2 okt. 2026"."""
    locale = locale_of(language)
    wanted = "yMMMd" if _with_year(day, day, today) else "MMMd"
    return _formatted(day, _pattern(locale, (wanted,), "short"), locale)


def full_day(day: date, language: str, today: date | None = None, width: Width = "long") -> str:
    """Give "fredag 2 oktober 2026", or "fre 2 okt. 2026"."""
    locale = locale_of(language)
    with_year = _with_year(day, day, today)
    if width == "short":
        return _formatted(day, _pattern(locale, ("yMMMEd",) if with_year else ("MMMEd",), "short"), locale)
    if with_year:
        return _formatted(day, locale.date_formats["full"].pattern, locale)
    skeletons = ("MMMMEEEEd", "MMMMEd", "MMMEEEEd", "MMMEd")
    return _formatted(day, _pattern(locale, skeletons, "long"), locale)


def month_abbr(day: date, language: str) -> str:
    """Give "okt." as it stands alone, for a leaf of a calendar."""
    return str(get_month_names("abbreviated", "stand-alone", locale_of(language))[day.month])


def weekday_abbr(day: date, language: str) -> str:
    """Give "fre" as it stands alone, for a leaf of a calendar."""
    return str(get_day_names("abbreviated", "stand-alone", locale_of(language))[day.weekday()])


def month_year(day: date, language: str) -> str:
    """Give "oktober 2026"."""
    locale = locale_of(language)
    return _formatted(day, _pattern(locale, ("yMMMM", "yMMM"), "long"), locale)


def clock(moment: datetime, language: str, zone: str) -> str:
    """Give "08:00" as the clocks of the zone show it."""
    local = moment.astimezone(ZoneInfo(zone))
    return _clock(local.time().replace(second=0, microsecond=0), locale_of(language))


def date_and_time(moment: datetime, language: str, zone: str, today: date | None = None) -> str:
    """Give "2 oktober 2026 08:00" in the zone."""
    return _joined(day_in(moment, language, zone, today), clock(moment, language, zone), language)


def day_in(
    moment: datetime, language: str, zone: str, today: date | None = None, width: Width = "long"
) -> str:
    """Give the day of a moment as the zone counts it: "2 oktober 2026", or "2 okt. 2026"."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return long_day(day, language, today) if width == "long" else short_day(day, language, today)


def event_span(
    event: Event, language: str, *, today: date | None = None, zone: str | None = None, width: Width = "long"
) -> str:
    """Give when it is, in the event's own zone: "fredag 2 oktober 08:00–18:00", "5–7 oktober".

    `zone` is the reader's: where its clocks differ from the event's, the event's zone is named.
    """
    days = event_days(event, language, today=today, width=width)
    if event.starts is None:
        return days
    note = _zone_note(event, language, zone)
    first, last = _local_days(event)
    if first == last:
        return _joined(days, event_hours(event, language), language) + note
    if event.ends is None:
        return _joined(days, clock(event.starts, language, event.zone), language) + note
    today = _common_year(first, last, today)
    start, end = (
        _joined(full_day(day, language, today, width), clock(moment, language, event.zone), language)
        for day, moment in ((first, event.starts), (last, event.ends))
    )
    return _between(start, end, locale_of(language)) + note


def event_days(event: Event, language: str, *, today: date | None = None, width: Width = "long") -> str:
    """Give the days alone: "fredag 2 oktober", "5–7 oktober", "30 september – 2 oktober"."""
    first, last = _local_days(event)
    if first == last:
        return full_day(first, language, today, width)
    return _day_span(first, last, locale_of(language), width, with_year=_with_year(first, last, today))


def event_hours(event: Event, language: str) -> str:
    """Give the hours alone: "08:00–18:00"; "" for a whole day and for several days."""
    first, last = _local_days(event)
    if event.starts is None or first != last:
        return ""
    start = event.starts.astimezone(ZoneInfo(event.zone)).time()
    end = event.ends.astimezone(ZoneInfo(event.zone)).time() if event.ends else start
    locale = locale_of(language)
    if event.ends is None or event.ends == event.starts:
        return clock(event.starts, language, event.zone)
    return _clock_span(start, end, locale)


def _local_days(event: Event) -> tuple[date, date]:
    """Give the first and last day as people count them: a night that ends in the small hours is one day."""
    if event.starts is None or event.ends is None:
        return event.first_day, event.last_day
    zone = ZoneInfo(event.zone)
    start, end = event.starts.astimezone(zone), event.ends.astimezone(zone)
    next_morning = end.date() - start.date() == timedelta(days=1) and end.time() <= SMALL_HOURS
    one_night = next_morning and end.time() < start.time()
    return start.date(), start.date() if one_night else end.date()


def _with_year(first: date, last: date, today: date | None) -> bool:
    return today is None or not first.year == last.year == today.year


def _common_year(first: date, last: date, today: date | None) -> date | None:
    return None if _with_year(first, last, today) else today


def _zone_note(event: Event, language: str, zone: str | None) -> str:
    if zone is None or event.starts is None:
        return ""
    own = event.starts.astimezone(ZoneInfo(event.zone))
    if own.utcoffset() == event.starts.astimezone(ZoneInfo(zone)).utcoffset():
        return ""
    return f" ({_plain(get_timezone_name(own, width='long', locale=locale_of(language)))})"


def _day_span(first: date, last: date, locale: Locale, width: Width, *, with_year: bool) -> str:
    difference = "y" if first.year != last.year else "M" if first.month != last.month else "d"
    skeletons = ("yMMMMd", "yMMMd") if with_year else ("MMMMd", "MMMd")
    for skeleton in skeletons if width == "long" else skeletons[1:]:
        match locale.interval_formats.get(skeleton, {}).get(difference):
            case [start, end]:
                texts = (
                    _formatted(first, _widened(start, width), locale),
                    _formatted(last, _widened(end, width), locale),
                )
                return "".join(texts)
    name = long_day if width == "long" else short_day
    today = None if with_year else first
    return _between(name(first, str(locale), today), name(last, str(locale), today), locale)


def _clock_span(start: time, end: time, locale: Locale) -> str:
    short = locale.time_formats["short"].pattern
    twelve_hours = "h" in QUOTED.sub("", short) or "K" in QUOTED.sub("", short)
    patterns = locale.interval_formats.get("hm" if twelve_hours else "Hm", {})
    crosses_noon = (start.hour < NOON) != (end.hour < NOON)
    wanted = ("a" if crosses_noon else "h") if twelve_hours else "H"
    match patterns.get(wanted):
        case [first, second]:
            return _plain(
                parse_pattern(first).apply(start, locale) + parse_pattern(second).apply(end, locale)
            )
    return _between(_clock(start, locale), _clock(end, locale), locale)


@lru_cache(maxsize=2048)
def _clock(hour: time, locale: Locale) -> str:
    return _plain(format_time(hour, "short", locale=locale))


def _between(start: str, end: str, locale: Locale) -> str:
    pattern = _plain(locale.interval_formats.get(None, "{0} – {1}"))
    return pattern.replace("{0}", start).replace("{1}", end)


def _joined(day: str, hours: str, language: str) -> str:
    pattern = _plain(str(locale_of(language).datetime_formats["medium"]))
    return pattern.replace("'", "").replace("{1}", day).replace("{0}", hours)


@lru_cache(maxsize=1024)
def _pattern(locale: Locale, skeletons: tuple[str, ...], width: Width) -> str:
    """Give the first pattern that the locale has, its fields at the wanted width (UTS 35, 2.6.2.2)."""
    for skeleton in skeletons:
        if skeleton in locale.datetime_skeletons:
            return _widened(locale.datetime_skeletons[skeleton].pattern, width)
    return str(locale.date_formats["long" if width == "long" else "medium"].pattern)


@lru_cache(maxsize=1024)
def _widened(pattern: str, width: Width) -> str:
    """Widen names of months and days; numbers stay numbers, and quoted text is not touched."""
    if width == "short":
        return pattern
    parts = QUOTED.split(pattern)
    parts[::2] = [re.sub(r"(?<!M)MMM(?!M)", "MMMM", part) for part in parts[::2]]
    parts[::2] = [re.sub(r"(?<!L)LLL(?!L)", "LLLL", part) for part in parts[::2]]
    parts[::2] = [re.sub(r"E{1,3}(?!E)", "EEEE", part) if "EEEE" not in part else part for part in parts[::2]]
    parts[::2] = [re.sub(r"(?<!c)c{1,3}(?!c)", "cccc", part) for part in parts[::2]]
    return "".join(parts)


@lru_cache(maxsize=8192)
def _formatted(day: date, pattern: str, locale: Locale) -> str:
    return _plain(parse_pattern(pattern).apply(day, locale))


def _plain(text: str) -> str:
    return SPACES.sub(" ", text)
