"""What guards every page that does something: size and time of bodies, the Host, the length of addresses.

A middleware around the application of the pages, for a service that may stand in the open: no request may
hold memory or a connection for long. What is refused costs nothing and touches no database. The public
tree needs none of it: it reads no body, and its bytes are the same for everybody.
"""

import asyncio
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressroom.web.representations import PAGE, SAFE, plain

LARGEST_BODY = 64 * 1024
BODY_SECONDS = 15.0
LONGEST_TARGET = 8 * 1024
LONGEST_HEADERS = 32 * 1024
METHODS = ("GET", "HEAD", "POST")
DEFAULTS = {
    **{name.decode(): value.decode() for name, value in (*SAFE, *PAGE)},
    "referrer-policy": "same-origin",  # an address with a token in it is told to nobody else
    "cache-control": "no-store",
    "x-robots-tag": "noindex",
}


class Guarded:
    """Passes on to `app` what may be. `hosts` are the names, with a port if there is one, that are ours."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            status, text = refusal
            begin, body = plain(status, text, {b"allow": b"GET, HEAD, POST"} if status == 405 else None)  # noqa: PLR2004
            await send(begin)
            await send(body if scope["method"] != "HEAD" else {**body, "body": b""})
            return
        await self._app(scope, _Bounded(receive), _safely(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = scope["headers"]
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_TARGET:
            return 414, "This address is too long."
        if sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
            return 431, "The headers are too long."
        if scope["method"] not in METHODS:
            return 405, "This is done by GET and POST."
        hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        if scope.get("server") and not hosts:
            hosts = [scope["server"][0]]
        if len(hosts) != 1 or not self._ours(hosts[0]):
            return 421, "This server does not answer for that host."
        return self._too_large(headers)

    def _ours(self, host: str) -> bool:
        name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
        return host in self._hosts or name in self._hosts

    def _too_large(self, headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
        for name, value in headers:
            if name == b"content-length" and not (value.isdigit() and int(value[:20]) <= LARGEST_BODY):
                return 413, "This is more than a form can hold."
        return None


class _Bounded:
    """The body as it comes in, up to a size and for a time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._length = 0
        self._until = asyncio.get_running_loop().time() + BODY_SECONDS
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:  # what comes now is the end of the connection, for which any time is right
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, "The form came too slowly.", {"Connection": "close"}) from error
        self._length += len(message.get("body", b""))
        if self._length > LARGEST_BODY:
            raise HTTPException(413, "This is more than a form can hold.")
        self._whole = not message.get("more_body", False)
        return message


def _safely(send: Send) -> Send:
    """Add the headers of safety to an answer that does not bring its own."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            for name, value in DEFAULTS.items():
                headers.setdefault(name, value)
            message = {**message, "headers": headers.raw}
        await send(message)

    return sending
