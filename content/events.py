"""What the head of an event, or an entry of a list of events, says about when and where. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from content import moments
from content.fields import Fields
from content.items import House
from content.manuscript import Occasion
from content.plaintext import without_markup

_CANCELLED = frozenset({"cancelled", "canceled"})


def occasion(fields: Fields, house: House) -> Occasion | None:
    """Read when and where; None when that is not possible (the problems are in `fields`)."""
    zone = fields.zone(house.zone)
    start = fields.day_or_moment("start", zone)
    if start is None:
        if "start" not in fields:
            fields.refuse(
                "start", "is missing: write start: 2026-10-05 08:00, or a date alone for a whole day"
            )
        return None
    end = _end(fields, start, zone)
    days = _days(start, end)
    if _before(end, start):
        fields.refuse(
            "end", f"the event ends ({fields.line('end')}) before it starts ({fields.line('start')})"
        )
        return None
    place, address = _where(fields)
    timed = isinstance(start, datetime)
    return Occasion(
        zone=zone.key,
        first_day=days[0],
        last_day=days[1],
        starts=start if isinstance(start, datetime) else None,
        ends=end if timed and isinstance(end, datetime) else None,
        place=place,
        address=address,
        cancelled=fields.flag("cancelled") or fields.line("status").lower() in _CANCELLED,
    )


def _end(fields: Fields, start: date, zone: ZoneInfo) -> date | None:
    """The end may be a time alone, of the day on which the event starts."""
    text = fields.text("end")
    if isinstance(start, datetime) and text:
        try:
            clock = moments.clock_time(text)
        except ValueError as error:
            fields.refuse("end", str(error))
            return None
        if clock is not None:
            return moments.at(start.date(), clock, zone)
    end = fields.day_or_moment("end", zone)
    if isinstance(end, datetime) and not isinstance(start, datetime):
        fields.refuse("end", "has a time and the start has none: write both with a time, or both without")
        return None
    return end


def _before(end: date | None, start: date) -> bool:
    if end is None:
        return False
    if isinstance(end, datetime) and isinstance(start, datetime):
        return end < start
    return _day(end) < _day(start)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _days(start: date, end: date | None) -> tuple[date, date]:
    """The first and the last day; what ends at midnight does not reach into the next day."""
    first = _day(start)
    if end is None:
        return first, first
    if isinstance(end, datetime):
        return first, max(first, (end - timedelta(seconds=1)).date())
    return first, end


def _where(fields: Fields) -> tuple[str, str]:
    value = fields.value("place")
    address = fields.plain("address")
    if not isinstance(value, dict):
        return fields.plain("place"), address
    parts = {key.lower(): without_markup(str(part)) for key, part in value.items() if isinstance(part, str)}
    street = ", ".join(
        part for key in ("address", "street", "postal_code", "city") if (part := parts.get(key))
    )
    return parts.get("name", ""), address or street
