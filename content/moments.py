"""Dates and times as people write them in a head, made into aware datetimes.

Pure. What has no zone is in the zone given. A local time that the clocks skip is moved forward by the
gap; of a doubled hour the first is meant. Refusals are ValueErrors that say what was expected.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EXPECTED = (
    "write a date as 2026-10-02 or a date and time as 2026-10-02 08:45 (a zone may follow: +02:00, Z, CET)"
)
YEARS = range(1900, 2200)

# The abbreviations that people put after a time; RFC 822 section 5.1 and the European ones.
_ABBREVIATIONS = {
    "Z": 0, "UTC": 0, "UT": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2,
    "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_WRITTEN = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:(?:[Tt]|[ ]+|,[ ]*)(\d\d?)[:.](\d\d)(?:[:.](\d\d)(?:[.,]\d{1,9})?)?"
    r"[ ]*([+-]\d\d(?::?\d\d)?|[A-Za-z]+(?:[/_+-][A-Za-z0-9_]+)*)?)?"
)
_CLOCK = re.compile(r"(\d\d?)[:.](\d\d)(?:[:.](\d\d))?")
_RFC_822 = re.compile(r"[A-Z][a-z]{2}, |\d\d? [A-Z][a-z]{2} \d{4} ")


def moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a date or a date and time, shown in `zone`; a date alone is its midnight."""
    day, clock, offset = _split(text)
    return _placed(day, clock or time(), offset, zone)


def day_or_moment(text: str, zone: ZoneInfo) -> date | datetime:
    """Read a date as a date, and a date and time as an aware datetime in `zone`."""
    day, clock, offset = _split(text)
    return day if clock is None else _placed(day, clock, offset, zone)


def clock_time(text: str) -> time | None:
    """Read "18:00" or "18.00"; None when it is something else."""
    match = _CLOCK.fullmatch(text.strip())
    return _clock(match[1], match[2], match[3]) if match else None


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Give the moment when the clocks of the zone show this, moved forward out of a gap."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC).astimezone(zone)


def looks_like_date(text: str) -> bool:
    return _WRITTEN.fullmatch(text.strip()) is not None


def _split(text: str) -> tuple[date, time | None, timezone | ZoneInfo | None]:
    text = text.strip()
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return _rfc_822(text)
    year, month, number, hour, minute, second, offset = match.groups()
    day = _day(int(year), int(month), int(number))
    if hour is None:
        return day, None, None
    return day, _clock(hour, minute, second), _offset(offset) if offset else None


def _rfc_822(text: str) -> tuple[date, time, timezone | ZoneInfo | None]:
    """Dates as feeds and mails have them: "Fri, 02 Oct 2026 08:45:00 +0200"."""
    if not _RFC_822.match(text):
        message = f"'{text[:60]}' is not a date; {EXPECTED}"
        raise ValueError(message)
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError) as error:
        message = f"'{text[:60]}' is not a date; {EXPECTED}"
        raise ValueError(message) from error
    offset = read.utcoffset()
    return _day(read.year, read.month, read.day), read.time(), None if offset is None else timezone(offset)


def _day(year: int, month: int, number: int) -> date:
    try:
        day = date(year, month, number)
    except ValueError as error:
        message = f"there is no day {year:04}-{month:02}-{number:02}"
        raise ValueError(message) from error
    if day.year not in YEARS:
        message = f"the year {day.year} is not between {YEARS.start} and {YEARS.stop - 1}"
        raise ValueError(message)
    return day


def _clock(hour: str, minute: str, second: str | None) -> time:
    try:
        # A leap second is the last one that clocks and databases can hold.
        return time(int(hour), int(minute), min(int(second or 0), 59) if second != "60" else 59)
    except ValueError as error:
        message = f"there is no time {hour}:{minute}" + (f":{second}" if second else "")
        raise ValueError(message) from error


@lru_cache(maxsize=256)
def _offset(text: str) -> timezone | ZoneInfo:
    if text[0] in "+-":
        digits = text[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes > 14 * 60:
            message = f"'{text}' is no offset from UTC; write one as +02:00"
            raise ValueError(message)
        return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
    if text.upper() in _ABBREVIATIONS:
        return timezone(timedelta(hours=_ABBREVIATIONS[text.upper()]))
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"'{text}' is no known zone; write an offset as +02:00 or a name as Europe/Stockholm"
        raise ValueError(message) from error


def _placed(day: date, clock: time, offset: timezone | ZoneInfo | None, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=offset or zone).astimezone(UTC).astimezone(zone)
