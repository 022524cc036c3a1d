"""The words of the house as values: everything that is loaded, and nothing that is remembered.

All values are frozen. Every datetime is aware. Text fields are plain text on one line, free of
control characters, unless the name ends in `_html`; only `text` and `about` run over several lines.
The loader guarantees this; everything above may rely on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A file that is published beside the text: the picture or an attachment of an item.

    `url` is absolute. `file` is where the bytes lie when they are ours to publish (then `path` is
    the address below the public root, without a leading slash), None when it lies elsewhere on the
    web. `length` is the true number of bytes, None when it cannot be known.
    """

    url: str
    type: str
    length: int | None = None
    title: str = ""
    alt: str = ""
    width: int | None = None
    height: int | None = None
    file: Path | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One published piece.

    `key` is for ever: either an absolute IRI that the author gave, or a short token from which the
    feeds make a tag URI. `link` is where a reader is sent: the item's own link, else its page.
    `media` are all files of ours that the text refers to, the picture and attachments included.
    A withdrawn item keeps its title and link and has no text. `visible_since` is when the public
    could first see it, which may be long after the date it bears; None when that is not known.
    """

    key: str
    source: str
    title: str
    category: str
    published: datetime
    updated: datetime
    language: str
    slug: str
    link: str
    has_page: bool
    body_html: str = ""
    text: str = ""
    summary: str = ""
    authors: tuple[Author, ...] = ()
    tags: tuple[str, ...] = ()
    image: Media | None = None
    attachments: tuple[Media, ...] = ()
    media: tuple[Media, ...] = ()
    pinned: bool = False
    withdrawn: datetime | None = None
    withdrawn_reason: str = ""
    visible_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a start at a place.

    `first_day` and `last_day` (inclusive) are local days in `zone` and always set. A timed event
    also has `starts`, and may have `ends`; a whole-day event has neither. `sequence` counts the
    significant changes since the event was first seen (RFC 5545, 3.8.7.4). `visible_since` is
    as an item's.
    """

    key: str
    source: str
    title: str
    first_day: date
    last_day: date
    zone: str
    published: datetime
    updated: datetime
    language: str
    slug: str
    link: str
    has_page: bool
    starts: datetime | None = None
    ends: datetime | None = None
    place: str = ""
    address: str = ""
    category: str | None = None
    body_html: str = ""
    text: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    image: Media | None = None
    media: tuple[Media, ...] = ()
    cancelled: bool = False
    sequence: int = 0
    withdrawn: datetime | None = None
    withdrawn_reason: str = ""
    visible_since: datetime | None = None

    @property
    def whole_day(self) -> bool:
        return self.starts is None


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    roles: tuple[str, ...] = ()
    email: str | None = None
    phones: tuple[str, ...] = ()
    image: Media | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """`titles` maps language codes to names; a missing language falls back to the first one given."""

    name: str
    titles: Mapping[str, str]
    description: str = ""

    def title(self, language: str) -> str:
        return self.titles.get(language) or next(iter(self.titles.values()), self.name)


@dataclass(frozen=True, slots=True)
class Organisation:
    """`about` and `address` may run over several lines; `address` is the postal address."""

    name: str
    url: str
    language: str
    timezone: str
    about: str = ""
    address: tuple[str, ...] = ()
    logo: Media | None = None
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Newsroom:
    """What the public may see at one moment: no drafts, nothing under embargo.

    `items` newest first (by `published`, then `key`), withdrawn ones included while their notice is
    shown; `events` by start. `base_url` has no slash at its end.
    """

    organisation: Organisation
    base_url: str
    categories: tuple[Category, ...] = ()
    items: tuple[Item, ...] = ()
    events: tuple[Event, ...] = ()

    def category(self, name: str) -> Category:
        return next(category for category in self.categories if category.name == name)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file that a person wrote: where, and what to do about it."""

    file: str
    message: str
    line: int | None = None
    key: str | None = None
    fatal: bool = True
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger remembers of an item or event that was seen before.

    `kind` is "item" or "event". `visible_since` is when the public could first see it (None: never
    yet). `content_hash` covers what readers would call its content; `body_hash` the body alone,
    `head_hash` title and date: the two by which a renamed file is recognised. `snapshot` is the
    last good version as JSON (see `content.snapshot`), left out ("") where it was not asked for.
    """

    key: str
    kind: str
    source: str
    slug: str
    content_hash: str
    body_hash: str
    head_hash: str
    published: datetime
    updated: datetime
    first_seen: datetime
    visible_since: datetime | None = None
    withdrawn: datetime | None = None
    withdrawn_reason: str = ""
    sequence: int = 0
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of one loading.

    `remember` are the ledger's rows that are new or changed. `newly_withdrawn` are items and events
    whose files are gone since the last loading (already in `remember` with their time).
    `set_aside` are the sources of files that could not be used; what was published of them stays.
    """

    newsroom: Newsroom
    remember: tuple[Known, ...] = ()
    problems: tuple[Problem, ...] = ()
    newly_withdrawn: tuple[Known, ...] = ()
    set_aside: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
