"""How small values are written on pages and in mails: moments for machines, files, links.

Pure; the templates know these functions as filters. Words and numbers come in the reader's language
from CLDR. Nothing here makes an address that a browser would run: what is not http(s) is no link.
"""

import re
from datetime import datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from babel.units import format_unit

from content.languages import locale_of
from content.newsroom import Event, Media

KILOBYTE = 1000
UNITS = ("digital-byte", "digital-kilobyte", "digital-megabyte", "digital-gigabyte")
EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,5})$")


def machine_time(moment: datetime, zone: str) -> str:
    """Give "2026-10-02T08:00:00+02:00", for the datetime attribute."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def event_start(event: Event) -> str:
    """Give the event's start for the datetime attribute: a day, or a moment in its own zone."""
    return machine_time(event.starts, event.zone) if event.starts else event.first_day.isoformat()


def event_end(event: Event) -> str:
    """Give the event's end; its last day when it is of whole days or has no known end."""
    return machine_time(event.ends, event.zone) if event.ends else event.last_day.isoformat()


def language_name(code: str, language: str) -> str:
    """Give the name of a language in a language: "engelska"."""
    return locale_of(code).get_display_name(locale_of(language)) or code


def file_size(length: int, language: str) -> str:
    """Give "1,2 MB"."""
    size, step = float(length), 0
    while size >= KILOBYTE and step < len(UNITS) - 1:
        size, step = size / KILOBYTE, step + 1
    rounded = round(size, 1) if step > 1 else round(size)
    text = format_unit(rounded, UNITS[step], length="short", locale=locale_of(language))
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def file_name(url: str) -> str:
    """Give the last part of an address, readable."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]) or url


def file_note(media: Media, language: str) -> str:
    """Give "PDF, 1,2 MB"."""
    extension = EXTENSION.search(file_name(media.url))
    kind = extension[1] if extension else media.type.rpartition("/")[2]
    size = file_size(media.length, language) if media.length is not None else ""
    return ", ".join(part for part in (kind.upper(), size) if part)


def short_address(url: str) -> str:
    """Give "www.example.org/news" of "https://www.example.org/news/"."""
    return re.sub(r"^[a-z]+://", "", url).rstrip("/")


def is_web_address(url: str | None) -> bool:
    return url is not None and re.match(r"https?://[^/]", url, re.IGNORECASE) is not None


def webcal(url: str) -> str:
    """Give the address by which a device opens its calendar to subscribe."""
    return re.sub(r"^https?://", "webcal://", url)


def dialled(phone: str) -> str:
    """Give what a telephone dials of a written number."""
    return re.sub(r"[^0-9+]", "", phone.replace("(0)", ""))
