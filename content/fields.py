"""Reading the fields of one head with their types, gathering every problem instead of stopping at the first.

`Fields` knows the kinds of value (a line, a date, a flag, people, files); what an item or an event needs is
in `content.items` and `content.events`.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from content import moments
from content.characters import one_line
from content.heads import fields_of
from content.manuscript import FileReference
from content.newsroom import Author
from content.plaintext import without_markup
from content.uris import uri
from content.yamltree import Document, Path

_YES = frozenset({"true", "yes", "on", "1", "ja", "y"})
_NO = frozenset({"false", "no", "off", "0", "nej", "n", ""})
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,128}")
_WEB = re.compile(r"https?://[^\s/?#@\"<>]+(?:[/?#][^\s\"<>]*)?", re.IGNORECASE)
_MAILBOX = re.compile(r"(.*?)\s*<\s*([^<>\s]+@[^<>\s]+)\s*>\s*")
_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_LONGEST_IRI = 1000


class Fields:
    """The fields of one mapping in a document, `base` being the path to it."""

    def __init__(self, mapping: dict[str, Any], document: Document, base: Path = ()) -> None:
        self.mapping = mapping
        self.document = document
        self.base = base
        self.keys, self.problems = fields_of(mapping, document, base)

    def __contains__(self, field: str) -> bool:
        return self.value(field) is not None

    @property
    def usable(self) -> bool:
        return not any(problem.fatal for problem in self.problems)

    def value(self, field: str) -> Any:
        key = self.keys.get(field)
        return None if key is None else self.mapping[key]

    def place(self, field: str) -> Path:
        return (*self.base, self.keys.get(field, field))

    def refuse(self, field: str | Path, message: str, *, fatal: bool = True) -> None:
        path = self.place(field) if isinstance(field, str) else field
        self.problems.append(self.document.problem(path, message, fatal=fatal))

    def text(self, field: str) -> str:
        """Read one text as it is written; "" when there is none."""
        value = self.value(field)
        if value is None:
            return ""
        return self._scalar(value, self.place(field))

    def line(self, field: str) -> str:
        text = self.text(field)
        return one_line(text) if text else ""

    def plain(self, field: str) -> str:
        """Read one line of plain text, whatever markup was written into it."""
        text = self.text(field)
        return without_markup(text) if text else ""

    def flag(self, field: str, *, default: bool = False) -> bool:
        value = self.value(field)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        written = str(value).strip().lower()
        if written in _YES or written in _NO:
            return written in _YES
        self.refuse(field, f"must be true or false, not '{one_line(str(value))[:60]}'")
        return default

    def moment(self, field: str, zone: ZoneInfo) -> datetime | None:
        text = self.text(field)
        if not text:
            return None
        try:
            return moments.moment(text, zone)
        except ValueError as error:
            self.refuse(field, str(error))
            return None

    def day_or_moment(self, field: str, zone: ZoneInfo) -> date | datetime | None:
        text = self.text(field)
        if not text:
            return None
        try:
            return moments.day_or_moment(text, zone)
        except ValueError as error:
            self.refuse(field, str(error))
            return None

    def texts(self, field: str) -> tuple[str, ...]:
        """Read a list of lines, or one line with commas; none twice."""
        value = self.value(field)
        if value is None:
            return ()
        if isinstance(value, list):
            lines = [self._scalar(entry, (*self.place(field), number)) for number, entry in enumerate(value)]
        else:
            lines = self._scalar(value, self.place(field)).split(",")
        return tuple(dict.fromkeys(plain for line in lines if (plain := without_markup(line))))

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        name = self.line("timezone")
        if not name:
            return default
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse("timezone", f"'{name}' is no time zone; write one as Europe/Stockholm")
            return default

    def language(self, default: str) -> str:
        written = self.line("language")
        if not written:
            return default
        code = _language(written)
        if code is None:
            self.refuse("language", f"'{written[:60]}' is no language; write a code as sv, en or pt-BR")
        return code or default

    def web_address(self, field: str) -> str | None:
        text = self.line(field)
        if not text:
            return None
        if not _WEB.fullmatch(text):
            self.refuse(field, f"'{text[:120]}' is no address; write it whole, as https://example.org/page")
            return None
        return text

    def identifier(self) -> str | None:
        text = self.line("id")
        if not text or _TOKEN.fullmatch(text) or (len(text) <= _LONGEST_IRI and _IRI.fullmatch(text)):
            return text or None
        self.refuse(
            "id",
            f"'{text[:120]}' is no id; write letters (a-z), digits, '.', '_' and '-', at most 128, "
            f"or a whole address as tag:example.org,2017:x",
        )
        return None

    def authors(self) -> tuple[Author, ...]:
        value = self.value("author")
        if value is None:
            return ()
        place = self.place("author")
        entries = enumerate(value) if isinstance(value, list) else [(None, value)]
        found = (
            self._author(entry, place if number is None else (*place, number)) for number, entry in entries
        )
        return tuple(dict.fromkeys(author for author in found if author))

    def _author(self, value: Any, place: Path) -> Author | None:
        if isinstance(value, dict):
            name = without_markup(self._scalar(value.get("name"), (*place, "name")))
            email = one_line(self._scalar(value.get("email"), (*place, "email")))
            url = one_line(self._scalar(value.get("url"), (*place, "url")))
        else:
            text, url = one_line(self._scalar(value, place)), ""
            match = _MAILBOX.fullmatch(text)
            name, email = (match[1].strip(' "'), match[2]) if match else (without_markup(text), "")
        if email and not _ADDRESS.fullmatch(email):
            self.refuse(place, f"'{email[:120]}' is no mail address")
        if url and not _WEB.fullmatch(url):
            self.refuse(place, f"'{url[:120]}' is no web address; write it whole, as https://example.org/")
        if not name and not email:
            return None
        return Author(name or email, email or None, uri(url) if url else None)

    def image(self) -> FileReference | None:
        value = self.value("image")
        found = next(self._files(value, self.place("image")), None)
        if found is None:
            return None
        alt = found.alt or self.plain("image_alt")
        if not alt:
            message = "has no alt: say in a few words what the picture shows, for those who cannot see it"
            self.refuse("image", message, fatal=False)
        return FileReference(found.url, found.place, found.title or self.plain("image_caption"), alt)

    def attachments(self) -> tuple[FileReference, ...]:
        return tuple(self._files(self.value("attachments"), self.place("attachments")))

    def _files(self, value: Any, place: Path) -> Iterator[FileReference]:
        if isinstance(value, list):
            for number, entry in enumerate(value):
                yield from self._files(entry, (*place, number))
        elif isinstance(value, dict):
            yield from self._described_file(value, place)
        elif value is not None and (url := one_line(self._scalar(value, place))):
            yield FileReference(url, place)

    def _described_file(self, value: dict[str, Any], place: Path) -> Iterator[FileReference]:
        def first(*keys: str) -> str:
            key = next((key for key in keys if value.get(key) not in (None, "")), None)
            return "" if key is None else self._scalar(value[key], (*place, key))

        url = one_line(first("src", "url", "file", "path", "image", "href"))
        if url:
            title = without_markup(first("title", "caption", "name"))
            yield FileReference(url, place, title, without_markup(first("alt", "description")))
        elif value:
            self.refuse(place, "names no file: write src: picture.jpg")

    def _scalar(self, value: Any, place: Path) -> str:
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, (list, dict)):
            kind = "a list" if isinstance(value, list) else "keys and values"
            self.refuse(place, f"must be one text, not {kind}")
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=1024)
def _language(written: str) -> str | None:
    code = written.replace("_", "-")
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return None
    return code
