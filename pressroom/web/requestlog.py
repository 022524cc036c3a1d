"""A line for each request, when `web.request_log` asks for it: for those who look for a fault.

It names no client and no token. Only what begins like one of our addresses is written: those of the
public tree whole, of the pages that carry a token the first part; and of no page what stands behind the
question mark.
"""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressroom import logbook

OPEN = frozenset(("items", "categories", "archive", "events", "feeds", "newsletters", "media"))
WITH_TOKEN = frozenset(("subscribe", "confirm", "preferences", "unsubscribe"))
ALONE = frozenset(("", "healthz", "readyz", "metrics"))
ELSEWHERE = WITH_TOKEN | {"", ".", ".."}
ESCAPES = frozenset("%\\")
LONGEST = 200


class Logged:
    """Writes down what `app` answers; `base` is the path that everything of ours lies below."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, length = 0, 0
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status, length
            status = message.get("status", status)
            length += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            took = round((time.perf_counter() - begun) * 1000, 1)
            path = told(scope["path"].removeprefix(self._base))
            logbook.event(
                "request", method=scope["method"], path=path, status=status, bytes=length, milliseconds=took
            )


def told(path: str) -> str:
    """Give as much of a path as may be written down."""
    first, slash, rest = path.removeprefix("/").partition("/")
    if first in OPEN and not _leads_elsewhere(rest):
        return path[:LONGEST]
    if not rest and first in WITH_TOKEN | ALONE:
        return f"/{first}{slash}"
    return f"/{first}/..." if first in OPEN | WITH_TOKEN else "/..."


def _leads_elsewhere(rest: str) -> bool:
    """Tell whether what follows may be meant for another page, one with a token in its address."""
    *folders, last = rest.lower().split("/")
    return not (ELSEWHERE.isdisjoint((*folders, last or "-")) and ESCAPES.isdisjoint(rest))
