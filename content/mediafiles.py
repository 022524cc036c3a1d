"""Files of ours that are published beside the texts: pictures and attachments.

An address is made from the content, so that it never changes its bytes; type, length and size are read
from the file itself. Files that would run as a page on our own host are refused. One `MediaFiles` serves
a loading.
"""

import hashlib
import mimetypes
import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from content import addresses
from content.imagesize import HEAD, measure
from content.newsroom import Media
from content.slugs import slug_of

UNKNOWN_TYPE = "application/octet-stream"

# The library's own table alone, so that the type does not hang on the machine's mime.types.
_types = mimetypes.MimeTypes(filenames=())
_OFFICE = "application/vnd.openxmlformats-officedocument"
for _type, _suffix in (
    ("image/webp", ".webp"), ("image/avif", ".avif"), ("audio/mp4", ".m4a"), ("audio/ogg", ".ogg"),
    ("audio/flac", ".flac"), ("video/webm", ".webm"), ("text/calendar", ".ics"), ("text/csv", ".csv"),
    ("application/vnd.oasis.opendocument.text", ".odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", ".ods"),
    (f"{_OFFICE}.wordprocessingml.document", ".docx"), (f"{_OFFICE}.spreadsheetml.sheet", ".xlsx"),
    (f"{_OFFICE}.presentationml.presentation", ".pptx"), ("application/epub+zip", ".epub"),
):  # fmt: skip
    _types.add_type(_type, _suffix)

_RUNS = re.compile(r"(text/html|application/(xhtml\+xml|xml|javascript|x-.*script.*)|text/(xml|javascript))")
_SOURCES = frozenset({".md", ".markdown", ".yaml", ".yml", ".toml", ".php", ".py", ".sh", ".cgi"})
_SVG = "image/svg+xml"
_SVG_ACTIVE = re.compile(rb"<script|<foreignObject|\son[a-z]+\s*=|javascript:|<!ENTITY", re.IGNORECASE)


class UnpublishableError(ValueError):
    """A file that exists and cannot be published; says why."""


@dataclass(frozen=True, slots=True)
class Examined:
    digest: str
    type: str
    length: int
    width: int | None
    height: int | None


class MediaFiles:
    """Examines each file once, and remembers those that were published."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._known: dict[Path, Media | str] = {}

    def publish(self, file: Path) -> Media:
        """Give the file as it is published; raise UnpublishableError when it cannot be."""
        if file not in self._known:
            self._known[file] = self._published(file)
        found = self._known[file]
        if isinstance(found, str):
            raise UnpublishableError(found)
        return found

    def _published(self, file: Path) -> Media | str:
        if file.suffix.lower() in _SOURCES or file.name.startswith("."):
            return f"a {file.suffix or 'hidden'} file is not published"
        try:
            status = file.stat()
            found = examine(str(file), status.st_size, status.st_mtime_ns)
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        except UnpublishableError as error:
            return str(error)
        path = addresses.media(found.digest, _public_name(file))
        return Media(
            url=addresses.absolute(self._base_url, path), type=found.type, length=found.length,
            width=found.width, height=found.height, file=file, path=path,
        )  # fmt: skip


@lru_cache(maxsize=50_000)
def examine(file: str, size: int, modified: int) -> Examined:
    """Read a file's digest, type and size; raise UnpublishableError for one that would run on our host."""
    with open(file, "rb") as stream:  # noqa: PTH123 - for file_digest
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        length = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        head = stream.read(HEAD)
        picture = measure(head)
        kind = picture.type if picture else type_of(file)
        if _RUNS.fullmatch(kind):
            message = f"a file of type {kind} is not published: it would run as a page of ours"
            raise UnpublishableError(message)
        if kind == _SVG and _SVG_ACTIVE.search(head + stream.read()):
            message = "this SVG holds a script, and is not published"
            raise UnpublishableError(message)
    width, height = (picture.width, picture.height) if picture else (None, None)
    return Examined(digest, kind, length, width, height)


def type_of(name: str, otherwise: str = UNKNOWN_TYPE) -> str:
    """Tell a type by the name alone."""
    path = re.split(r"[?#]", name, maxsplit=1)[0] if "://" in name else name
    return _types.guess_type(path.rpartition("/")[2])[0] or otherwise


def elsewhere(url: str, otherwise: str = UNKNOWN_TYPE) -> Media:
    """Give a file that lies elsewhere on the web; its length cannot be known."""
    return Media(url=url, type=type_of(url, otherwise))


def named(media: Media, *, title: str = "", alt: str = "") -> Media:
    return replace(media, title=title or media.title, alt=alt or media.alt)


def _public_name(file: Path) -> str:
    suffix = re.sub(r"[^a-z0-9.]", "", file.suffix.lower())
    return f"{slug_of(file.stem) or 'file'}{suffix}"
