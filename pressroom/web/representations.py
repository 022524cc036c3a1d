"""What can be sent for a published file, made ready before anybody asks.

A `Held` file is kept in memory, packed; of each encoding that is asked for there is a `Ready`, whose headers
and body are sent as they are. An `OnDisk` file (pictures, films, what is too large to hold) has only its
headers here and is read when it is asked for. Both are values of one moment; `tree` replaces them.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli
from starlette.types import Send

from pressroom.web.mediatypes import Kind
from pressroom.web.negotiation import BROTLI, GZIP, IDENTITY, http_date

Header = tuple[bytes, bytes]
Message = dict[str, Any]

GZIP_LEVEL = 6
BROTLI_QUALITY = 5
"""About as quick as gzip, and a fifth smaller."""

NOTHING: Message = {"type": "http.response.body", "body": b"", "more_body": False}

SMALLEST = 512
"""Bytes; what is smaller gains nothing by compression."""

SUFFIXES = {IDENTITY: "", GZIP: "-gz", BROTLI: "-br"}

# No script runs on any of our pages. Newsletters on the web carry their styles in the page, as mails do.
POLICY = (
    b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data:; "
    b"media-src 'self' https:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE: tuple[Header, ...] = ((b"x-content-type-options", b"nosniff"),)
PAGE: tuple[Header, ...] = (
    (b"content-security-policy", POLICY),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
FEED: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag"),
)


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a file whatever its encoding; `modified` in seconds, `cache` is Cache-Control."""

    path: str
    kind: Kind
    type: str
    digest: str
    modified: int
    cache: str
    status: int = 200

    def tag(self, encoding: str) -> bytes:
        return f'"{self.digest}{SUFFIXES[encoding]}"'.encode("ascii")

    @property
    def headers(self) -> list[Header]:
        """Give the headers that a 304 has as well, but for the tag."""
        return [(b"last-modified", http_date(self.modified)), (b"cache-control", self.cache.encode("ascii"))]

    @property
    def safety(self) -> tuple[Header, ...]:
        if self.kind.is_feed:
            return SAFE + FEED
        document = self.type.startswith(("text/html", "image/svg", "application/xml", "application/pdf"))
        return SAFE + PAGE if document else SAFE


@dataclass(frozen=True, slots=True)
class Ready:
    """One representation: messages to be sent as they are."""

    tag: bytes
    start: Message
    body: Message
    unchanged: Message


@dataclass(slots=True)
class Held:
    """A file in memory. `packed` is its gzip, or its bytes when it does not shrink."""

    about: About
    packed: bytes
    shrinks: bool
    ready: dict[str, Ready] = field(default_factory=dict)

    def representation(self, encoding: str) -> Ready:
        """Give the representation, made when it is asked for the first time."""
        if not self.shrinks:
            encoding = IDENTITY
        found = self.ready.get(encoding)
        if found is None:
            found = self.ready[encoding] = self._made(encoding)
        return found

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.packed) if self.shrinks else self.packed

    def _made(self, encoding: str) -> Ready:
        body = self.packed
        if self.shrinks and encoding != GZIP:
            body = self.content
        if encoding == BROTLI:
            body = brotli.compress(body, quality=BROTLI_QUALITY)
        return ready(self.about, body, encoding, vary=self.shrinks)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file that is read when it is asked for; `state` tells whether it is still the same."""

    about: About
    file: Path
    length: int
    state: tuple[int, int, int]


def held(about: About, content: bytes, *, shrinks: bool) -> Held:
    """Keep a file in memory. The same bytes give the same gzip, whenever and wherever."""
    if shrinks and len(content) >= SMALLEST:
        packed = gzip.compress(content, GZIP_LEVEL, mtime=0)
        if len(packed) < len(content):
            return Held(about, packed, shrinks=True)
    return Held(about, content, shrinks=False)


def ready(about: About, body: bytes, encoding: str, *, vary: bool) -> Ready:
    tag = about.tag(encoding)
    common = [(b"etag", tag), *about.headers]
    if vary:
        common.append((b"vary", b"Accept-Encoding"))
    whole = [(b"content-type", about.type.encode("ascii")), (b"content-length", b"%d" % len(body))]
    if encoding != IDENTITY:
        whole.append((b"content-encoding", encoding.encode("ascii")))
    return Ready(
        tag,
        start(about.status, [*whole, *common, *about.safety]),
        {"type": "http.response.body", "body": body, "more_body": False},
        start(304, [*common, *FEED] if about.kind.is_feed else common),
    )


def start(status: int, headers: list[Header]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


async def say(send: Send, method: str, begin: Message, body: Message) -> None:
    """Send an answer, to HEAD without its body."""
    await send(begin)
    await send(NOTHING if method == "HEAD" else body)


def plain(status: int, text: str, headers: Mapping[bytes, bytes] | None = None) -> tuple[Message, Message]:
    """Give a short answer for machines and for what people hardly ever see."""
    body = f"{text}\n".encode()
    all_headers = {
        b"content-type": b"text/plain; charset=utf-8",
        b"content-length": b"%d" % len(body),
        b"cache-control": b"no-store",
        **dict(SAFE),
        **(headers or {}),
    }
    return start(status, list(all_headers.items())), {
        "type": "http.response.body",
        "body": body,
        "more_body": False,
    }
