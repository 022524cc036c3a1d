"""Events as iCalendar (RFC 5545, 7986), all in one file and each in its own.

Times are in UTC: these events do not recur, so no time zone's rules are needed, and a new edition of the
time zone database changes no bytes. DTSTAMP is the event's last change, not the time of the build. An
event that is cancelled or withdrawn stays, as CANCELLED, because calendars keep what just vanishes.
Called by `feeds.documents`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Timezone, TimezoneStandard
from icalendar import Event as CalendarEvent

from content.characters import clean, one_line
from content.newsroom import Event
from content.uris import uri
from feeds import identifiers
from feeds.entries import whole_second

TYPE = "text/calendar"
PRODUCT = "-//Pressroom//Pressroom//EN"
END = b"END:VCALENDAR\r\n"
REFRESH = timedelta(hours=12)


def rendered(event: Event, authority: str) -> bytes:
    """Give the event as a component, once for every calendar that it is in."""
    return bytes(_event(event, authority).to_ical())


def subscription(events: Iterable[bytes], *, name: str, description: str) -> bytes:
    """Write a calendar of rendered events that people subscribe to."""
    calendar = _calendar()
    for property_, value in (("NAME", name), ("X-WR-CALNAME", name), ("DESCRIPTION", description)):
        calendar.add(property_, one_line(value))
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT12H")
    return _joined(calendar, tuple(events) or (_utc().to_ical(),))


def single(event: bytes) -> bytes:
    """Write a calendar of one rendered event, to be added to somebody's own."""
    return _joined(_calendar(), (event,))


def _joined(calendar: Calendar, components: Iterable[bytes]) -> bytes:
    head = bytes(calendar.to_ical()).removesuffix(END)
    return b"".join((head, *components, END))


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    return calendar


def _event(event: Event, authority: str) -> CalendarEvent:
    made = CalendarEvent()
    updated = whole_second(max(event.updated, event.withdrawn or event.updated))
    link = uri(event.link)
    off = event.cancelled or event.withdrawn is not None
    values: dict[str, Any] = {
        "UID": identifiers.calendar_uid(identifiers.event_id(authority, event.key)),
        "DTSTAMP": updated,
        "CREATED": whole_second(event.published),
        "LAST-MODIFIED": updated,
        "SEQUENCE": event.sequence,
        "STATUS": "CANCELLED" if off else "CONFIRMED",
        "SUMMARY": one_line(event.title),
        "LOCATION": ", ".join(part for part in (one_line(event.place), one_line(event.address)) if part),
        "DESCRIPTION": "\n\n".join(part for part in (_text(event), link) if part),
        "URL": link,
        "CATEGORIES": [tag for tag in map(one_line, event.tags) if tag],
    } | _times(event)
    for name, value in values.items():
        if value not in ("", []):
            made.add(name, value)
    return made


def _times(event: Event) -> dict[str, Any]:
    """Give start and end; the end of whole days is the day after the last (RFC 5545, 3.6.1)."""
    if event.starts is None:
        return {"DTSTART": event.first_day, "DTEND": event.last_day + timedelta(days=1)}
    times = {"DTSTART": whole_second(event.starts)}
    if event.ends and event.ends > event.starts:
        times["DTEND"] = whole_second(event.ends)
    return times


def _text(event: Event) -> str:
    text = clean(event.text or event.summary)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _utc() -> Timezone:
    """A calendar must hold something (RFC 5545, 3.6): one without events holds the zone it is in."""
    standard = TimezoneStandard()
    standard.add("DTSTART", datetime(1970, 1, 1))  # noqa: DTZ001 - local time, by RFC 5545, 3.6.5
    standard.add("TZOFFSETFROM", timedelta(0))
    standard.add("TZOFFSETTO", timedelta(0))
    standard.add("TZNAME", UTC.tzname(None))
    zone = Timezone()
    zone.add("TZID", "Etc/UTC")
    zone.add_component(standard)
    return zone
