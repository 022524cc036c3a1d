"""Answers for the public tree: a bare ASGI application, quick because everything is ready made.

The usual request is one look-up in a table, a look at a few headers, and two messages that have been
lying there since the last build. Whatever asks for more (weights of encodings, lists of tags, dates,
ranges) takes the long way. What is not in the table goes to `otherwise`.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable
from typing import BinaryIO

from starlette.types import ASGIApp, Receive, Scope, Send

from pressroom.clock import Clock
from pressroom.web.conditions import Given, failed, has_already, has_since
from pressroom.web.mediatypes import Kind
from pressroom.web.negotiation import ANY, IDENTITY, acceptable, byte_range, seconds_of, tags
from pressroom.web.pieces import send_part
from pressroom.web.representations import (
    NOTHING,
    SUFFIXES,
    Header,
    Held,
    Message,
    OnDisk,
    Ready,
    plain,
    say,
    start,
)
from pressroom.web.tree import Moved, PublicTree, Served

READ_METHODS = ("GET", "HEAD")
ALLOW = {b"allow": b"GET, HEAD, OPTIONS"}
READ_BY_SCRIPTS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since"),
    (b"access-control-max-age", b"86400"),
)
DAY = b"public, max-age=86400"


class PublicFiles:
    """`served` counts answers by kind of file and status."""

    def __init__(self, tree: PublicTree, otherwise: ASGIApp, clock: Clock) -> None:
        self._tree = tree
        self._otherwise = otherwise
        self._clock = clock
        self.served: Counter[tuple[str, int]] = Counter()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Give what answers, to be awaited by the server: no coroutine that only awaits another."""
        found = self._tree.now.table.get(scope["path"])
        if found is None:
            return self._otherwise(scope, receive, send)
        if scope["method"] not in READ_METHODS:
            return self._refused(scope["method"], send)
        if type(found) is Held:
            return self._held(found, scope, send)
        if type(found) is OnDisk:
            return self._on_disk(found, scope, receive, send)
        return self._elsewhere(found, scope["method"], send)

    async def not_found(self, scope: Scope, send: Send, status: int = 404) -> None:
        """Say that there is nothing, by the tree's own page where there is one."""
        self.served["none", status] += 1
        page = self._tree.now.not_found
        if page is None:
            await say(send, scope["method"], *plain(status, "There is nothing here."))
            return
        encoding = acceptable(_header(scope, b"accept-encoding"))[0]
        found = page.representation(encoding)
        kept = {b"etag", b"last-modified", b"cache-control"}
        headers = [each for each in found.start["headers"] if each[0] not in kept]
        headers += [(b"cache-control", b"public, max-age=60"), (b"x-robots-tag", b"noindex")]
        await say(send, scope["method"], start(status, headers), found.body)

    async def _held(self, found: Held, scope: Scope, send: Send) -> None:
        accept, given = _asked(scope)
        encoding = acceptable(accept)[0] if accept else IDENTITY
        answer = found.ready.get(encoding) or self._tree.representation(found, encoding)
        about = found.about
        if given and about.status == 200:  # noqa: PLR2004
            if _fails(found, given):
                await self._another(about.kind, scope["method"], send)
                return
            unchanged = self._unchanged(found, given, accept, answer)
            if unchanged is not None:
                self.served[about.kind, 304] += 1
                await send(unchanged.unchanged)
                await send(NOTHING)
                return
        self.served[about.kind, about.status] += 1
        await send(answer.start)
        await send(answer.body if scope["method"] == "GET" else NOTHING)

    def _unchanged(self, found: Held, given: Given, accept: bytes, answer: Ready) -> Ready | None:
        """Give the representation that the client has, of those that it may get, for its tag in the 304."""
        if_none_match = given.get(b"if-none-match")
        if not if_none_match:
            return answer if has_since(given, found.about.modified, self._now()) else None
        if if_none_match == answer.tag:
            return answer
        theirs = tags(if_none_match)
        if ANY in theirs:
            return answer
        for encoding in (*acceptable(accept), IDENTITY):
            if found.about.tag(encoding if found.shrinks else IDENTITY) in theirs:
                return found.representation(encoding)
        return None

    def _now(self) -> int:
        return int(self._clock().timestamp())

    async def _another(self, kind: Kind, method: str, send: Send) -> None:
        self.served[kind, 412] += 1
        await say(send, method, *plain(412, "This is not the version that was asked for."))

    async def _on_disk(self, found: OnDisk, scope: Scope, receive: Receive, send: Send) -> None:
        about = found.about
        _, given = _asked(scope)
        tag = about.tag(IDENTITY)
        common = [(b"etag", tag), *about.headers]
        if _fails(found, given):
            await self._another(about.kind, scope["method"], send)
            return
        if given and has_already(given, (tag,), about.modified, self._now()):
            self.served[about.kind, 304] += 1
            await say(send, "HEAD", start(304, common), NOTHING)
            return
        try:
            span = _span(found, scope)
        except ValueError:
            self.served[about.kind, 416] += 1
            text = "The range lies outside of the file."
            await say(
                send,
                scope["method"],
                *plain(416, text, {b"content-range": b"bytes */%d" % found.length}),
            )
            return
        part = range(*span) if span else range(found.length)
        headers = [
            (b"content-type", about.type.encode("ascii")),
            (b"content-length", b"%d" % len(part)),
            (b"accept-ranges", b"bytes"),
            *common,
            *about.safety,
        ]
        if span:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (part[0], part[-1], found.length)))
        await self._stream(found, part, start(206 if span else 200, headers), scope, receive, send)

    async def _stream(
        self,
        found: OnDisk,
        part: range,
        begin: Message,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Send a part of a file; it is held open meanwhile, so that it stays the same."""
        file = await asyncio.to_thread(_opened, found)
        if file is None:
            self.served[found.about.kind, 503] += 1
            text = "This is just being replaced."
            await say(send, scope["method"], *plain(503, text, {b"retry-after": b"2"}))
            return
        with file:
            self.served[found.about.kind, begin["status"]] += 1
            await send(begin)
            if scope["method"] == "GET" and part:
                await send_part(file.fileno(), part, receive, send)
            else:
                await send(NOTHING)

    async def _elsewhere(self, found: Served, method: str, send: Send) -> None:
        if isinstance(found, Moved):
            self.served["moved", 308] += 1
            location = found.location.encode("ascii")
            headers = {b"location": location, b"cache-control": DAY}
            await say(send, method, *plain(308, f"It is at {found.location} now.", headers))
            return
        await self.not_found({"type": "http", "method": method, "headers": []}, send, 410)

    async def _refused(self, method: str, send: Send) -> None:
        if method == "OPTIONS":
            await say(send, method, start(204, [*ALLOW.items(), *READ_BY_SCRIPTS]), NOTHING)
            return
        self.served["refused", 405] += 1
        await say(send, method, *plain(405, "This can only be read.", ALLOW))


def _asked(scope: Scope) -> tuple[bytes, dict[bytes, bytes]]:
    """Give Accept-Encoding, and the headers with conditions."""
    accept = b""
    given: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accept = b"%b,%b" % (accept, value) if accept else value
        elif name[:3] == b"if-":
            given[name] = b"%b,%b" % (given[name], value) if name in given else value
    return accept, given


def _fails(found: Held | OnDisk, given: Given) -> bool:
    if b"if-match" not in given and b"if-unmodified-since" not in given:  # as nearly always
        return False
    encodings = SUFFIXES if isinstance(found, Held) and found.shrinks else (IDENTITY,)
    return failed(given, [found.about.tag(each) for each in encodings], found.about.modified)


def _span(found: OnDisk, scope: Scope) -> tuple[int, int] | None:
    """Give the part that is asked for, None for the whole; If-Range wants the very same file."""
    wanted = _header(scope, b"range")
    if not wanted or scope["method"] != "GET":
        return None
    condition = _header(scope, b"if-range")
    if condition and condition != found.about.tag(IDENTITY):
        since = seconds_of(condition) if not condition.startswith((b'"', b"W/")) else None
        if since != found.about.modified:
            return None
    return byte_range(wanted, found.length)


def _opened(found: OnDisk) -> BinaryIO | None:
    """Open the file, if it is still the one that was published."""
    try:
        file = found.file.open("rb")
    except OSError:
        return None
    now = os.fstat(file.fileno())
    if (now.st_ino, now.st_size, now.st_mtime_ns) != found.state:
        file.close()
        return None
    return file


def _header(scope: Scope, wanted: bytes) -> bytes:
    return b",".join(value for name, value in scope["headers"] if name == wanted)
