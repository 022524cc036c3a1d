"""A manuscript: one item or event as its author wrote it, read and checked, before it is anybody.

It has no key yet, no address and no HTML; `content.identity` and `content.rendering` give these. Values only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path as FilePath

from content.newsroom import Author
from content.yamltree import Document, Path


@dataclass(frozen=True, slots=True)
class FileReference:
    """A picture or attachment as written: a path beside the text, or an address on the web."""

    url: str
    place: Path
    title: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where an event is; see `content.newsroom.Event`."""

    zone: str
    first_day: date
    last_day: date
    starts: datetime | None = None
    ends: datetime | None = None
    place: str = ""
    address: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Manuscript:
    """`published` is None where the author gave no date; `body_line` is the line on which the body begins.

    `withdrawn` says that the author took it back, `withdrawn_at` since when, if the author told; `given` is
    the id that the author gave.
    """

    kind: str
    source: str
    label: str
    file: FilePath
    root: FilePath
    document: Document
    base: Path
    keys: Mapping[str, str]
    title: str
    body: str
    body_line: int
    language: str
    category: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    slug: str = ""
    wanted_slug: str = ""
    link: str | None = None
    given: str | None = None
    draft: bool = False
    withdrawn: bool = False
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""
    authors: tuple[Author, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str = ""
    image: FileReference | None = None
    attachments: tuple[FileReference, ...] = ()
    pinned: bool = False
    occasion: Occasion | None = None

    @property
    def line(self) -> int:
        return self.document.place(self.base)[0]

    def place_of(self, field: str) -> Path:
        """The path to a field's key in the document."""
        return (*self.base, self.keys.get(field, field))

    @property
    def taken_back(self) -> bool:
        return self.draft or self.withdrawn

    @property
    def is_sketch(self) -> bool:
        """A draft of which little more than its place could be read."""
        return self.draft and self.occasion is None and self.published is None

    @property
    def body_hash(self) -> str:
        """By this a renamed file is recognised: the text, or what there is in the place of one."""
        return digest(
            self.body.strip() or self.summary or self.link or self.title, _when_and_where(self.occasion)
        )

    @property
    def head_hash(self) -> str:
        when = self.occasion.starts or self.occasion.first_day if self.occasion else self.published
        return digest(self.title, when)


def _when_and_where(occasion: Occasion | None) -> tuple[object, ...]:
    if occasion is None:
        return ()
    return (
        occasion.starts or occasion.first_day,
        occasion.ends or occasion.last_day,
        occasion.place,
        occasion.address,
    )


def digest(*values: object) -> str:
    """Hash values by what they are; times by the moment, not by the zone that they are shown in."""
    return sha256("\x1f".join(map(_written, values)).encode()).hexdigest()


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return str(int(value.timestamp()))
    if isinstance(value, tuple):
        return "\x1e".join(map(_written, value))
    return str(value)
