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

from pressroom.web.negotiation import IDENTITY, acceptable, byte_range, seconds_of, tags
from pressroom.web.representations import SUFFIXES, Header, Held, OnDisk, Ready, plain, start
from pressroom.web.tree import Moved, PublicTree, Served

CHUNK = 256 * 1024
READ_METHODS = ("GET", "HEAD")
ALLOW = {b"allow": b"GET, HEAD, OPTIONS"}
NOTHING: dict[str, object] = {"type": "http.response.body", "body": b"", "more_body": False}
DAY = b"public, max-age=86400"
SUFFIX_TAGS = {suffix.encode("ascii"): name for name, suffix in SUFFIXES.items()}


class PublicFiles:
    """`served` counts answers by kind of file and status."""

    def __init__(self, tree: PublicTree, otherwise: ASGIApp) -> None:
        self._tree = tree
        self._otherwise = otherwise
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
            return self._on_disk(found, scope, send)
        return self._elsewhere(found, scope["method"], send)

    async def not_found(self, scope: Scope, send: Send, status: int = 404) -> None:
        """Say that there is nothing, by the tree's own page where there is one."""
        self.served["none", status] += 1
        page = self._tree.now.not_found
        if page is None:
            await _say(send, scope["method"], *plain(status, "There is nothing here."))
            return
        encoding = acceptable(_header(scope, b"accept-encoding"))[0]
        found = page.representation(encoding)
        kept = {b"etag", b"last-modified", b"cache-control"}
        headers = [each for each in found.start["headers"] if each[0] not in kept]
        headers += [(b"cache-control", b"public, max-age=60"), (b"x-robots-tag", b"noindex")]
        await _say(send, scope["method"], start(status, headers), found.body)

    async def _held(self, found: Held, scope: Scope, send: Send) -> None:
        accept = if_none_match = if_modified_since = b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accept = b"%b,%b" % (accept, value) if accept else value
            elif name == b"if-none-match":
                if_none_match = b"%b,%b" % (if_none_match, value) if if_none_match else value
            elif name == b"if-modified-since":
                if_modified_since = value
        encoding = acceptable(accept)[0] if accept else IDENTITY
        answer = found.ready.get(encoding) or self._tree.representation(found, encoding)
        if if_none_match:
            if if_none_match == answer.tag:
                unchanged: Ready | None = answer
            else:
                unchanged = _unchanged(found, if_none_match, accept, answer)
        else:
            unchanged = answer if if_modified_since and _not_since(found, if_modified_since) else None
        about = found.about
        if unchanged is not None and about.status == 200:  # noqa: PLR2004
            self.served[about.kind, 304] += 1
            await send(unchanged.unchanged)
            await send(NOTHING)
            return
        self.served[about.kind, about.status] += 1
        await send(answer.start)
        await send(answer.body if scope["method"] == "GET" else NOTHING)

    async def _on_disk(self, found: OnDisk, scope: Scope, send: Send) -> None:
        about = found.about
        common = [(b"etag", about.tag(IDENTITY)), *about.headers]
        if _matches(found, scope):
            self.served[about.kind, 304] += 1
            await _say(send, "HEAD", start(304, common), NOTHING)
            return
        try:
            span = _span(found, scope)
        except ValueError:
            self.served[about.kind, 416] += 1
            text = "The range lies outside of the file."
            await _say(
                send,
                scope["method"],
                *plain(416, text, {b"content-range": b"bytes */%d" % found.length}),
            )
            return
        first, last = span or (0, found.length)
        headers = [
            (b"content-type", about.type.encode("ascii")),
            (b"content-length", b"%d" % (last - first)),
            (b"accept-ranges", b"bytes"),
            *common,
            *about.safety,
        ]
        if span:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last - 1, found.length)))
        await self._stream(found, first, last, start(206 if span else 200, headers), scope, send)

    async def _stream(
        self,
        found: OnDisk,
        first: int,
        last: int,
        begin: dict[str, object],
        scope: Scope,
        send: Send,
    ) -> None:
        """Send a part of a file, a piece in memory at a time; the file is held open, so it stays the same."""
        file = await asyncio.to_thread(_opened, found)
        if file is None:
            self.served[found.about.kind, 503] += 1
            text = "This is just being replaced."
            await _say(send, scope["method"], *plain(503, text, {b"retry-after": b"2"}))
            return
        with file:
            self.served[found.about.kind, int(str(begin["status"]))] += 1
            await send(begin)
            if scope["method"] == "HEAD" or first == last:
                await send(NOTHING)
                return
            descriptor = file.fileno()
            while first < last:
                piece = await asyncio.to_thread(os.pread, descriptor, min(CHUNK, last - first), first)
                if not piece:  # cut off behind our back: the client sees that it is not the whole
                    break
                first += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": first < last})

    async def _elsewhere(self, found: Served, method: str, send: Send) -> None:
        if isinstance(found, Moved):
            self.served["moved", 308] += 1
            location = found.location.encode("ascii")
            headers = {b"location": location, b"cache-control": DAY}
            await _say(send, method, *plain(308, f"It is at {found.location} now.", headers))
            return
        await self.not_found({"type": "http", "method": method, "headers": []}, send, 410)

    async def _refused(self, method: str, send: Send) -> None:
        if method == "OPTIONS":
            headers: list[Header] = [*ALLOW.items(), (b"access-control-allow-origin", b"*")]
            await _say(send, method, start(204, headers), NOTHING)
            return
        self.served["refused", 405] += 1
        await _say(send, method, *plain(405, "This can only be read.", ALLOW))


def _unchanged(found: Held, if_none_match: bytes, accept: bytes, answer: Ready) -> Ready | None:
    """Give the representation that the client has, of those that it may get; its tag goes into the 304."""
    theirs = tags(if_none_match)
    if b"*" in theirs:
        return answer
    for encoding in (*acceptable(accept), IDENTITY):
        if about_tag(found, encoding) in theirs:
            return found.representation(encoding)
    return None


def about_tag(found: Held, encoding: str) -> bytes:
    return found.about.tag(encoding if found.shrinks else IDENTITY).strip(b'"')


def _not_since(found: Held | OnDisk, date: bytes) -> bool:
    since = seconds_of(date)
    return since is not None and found.about.modified <= since


def _matches(found: OnDisk, scope: Scope) -> bool:
    if_none_match = _header(scope, b"if-none-match")
    if if_none_match:
        return bool(tags(if_none_match) & {b"*", found.about.tag(IDENTITY).strip(b'"')})
    since = _header(scope, b"if-modified-since")
    return bool(since) and _not_since(found, since)


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


async def _say(send: Send, method: str, begin: dict[str, object], body: dict[str, object]) -> None:
    await send(begin)
    await send(NOTHING if method == "HEAD" else body)
