"""How the service is: /healthz for whoever restarts it, /readyz for whoever sends it readers, /metrics.

`/healthz` says that the process answers. `/readyz` says that the database answers too and is ours, and
that there is a whole tree to serve. `/metrics` is for those networks alone that `web.metrics` names;
anybody else is told that there is nothing. None of them costs more than a look at the database every few
seconds, however often it is asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from pressroom.bootstrap import Pressroom
from pressroom.web.metrics import Figures, look
from pressroom.web.representations import plain, say, start
from pressroom.web.requests import among, client_address
from pressroom.web.tallies import Tallies
from pressroom.web.tree import PublicTree
from storage.errors import SchemaError, StorageError
from storage.revisions import ready

ANEW = timedelta(seconds=5)
"""A look at the database serves for so long."""

PATIENCE = 3.0

Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


class Health:
    """Holds what was last seen of the database, so that being asked often costs nothing."""

    def __init__(self, room: Pressroom, tree: PublicTree, tallies: Tallies) -> None:
        self._room = room
        self._tree = tree
        self._tallies = tallies
        self._looked: tuple[datetime, str] | None = None
        self._looking = asyncio.Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._figures = Figures(tallies)
        self._registry.register(self._figures)
        self.answers: dict[str, Answer] = {
            "/healthz": self.alive,
            "/readyz": self.ready,
            "/metrics": self.metrics,
        }

    async def alive(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await say(send, scope["method"], *plain(200, "ok"))

    async def ready(self, scope: Scope, _receive: Receive, send: Send) -> None:
        wrong = await self._wrong()
        if wrong:
            await say(send, scope["method"], *plain(503, wrong, {b"retry-after": b"10"}))
        else:
            await say(send, scope["method"], *plain(200, "ready"))

    async def metrics(self, scope: Scope, _receive: Receive, send: Send) -> None:
        settings = self._room.config.web
        if not among(client_address(Request(scope), settings.proxies), settings.metrics):
            await say(send, scope["method"], *plain(404, "There is nothing here."))
            return
        try:
            async with asyncio.timeout(PATIENCE * 3), self._looking:
                now = self._room.clock()
                if self._figures.seen is None or now - self._figures.seen.at > ANEW:
                    self._figures.seen = await asyncio.to_thread(look, self._room, now)
        except (StorageError, TimeoutError):
            self._figures.seen = None  # what the process counts itself is told all the same
        encode, content_type = choose_encoder(Request(scope).headers.get("accept", ""))
        body = encode(self._registry)
        headers = [
            (b"content-type", content_type.encode("ascii")),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        message = {"type": "http.response.body", "body": body, "more_body": False}
        await say(send, scope["method"], start(200, headers), message)

    async def _wrong(self) -> str:
        """Say what keeps us from serving; empty when nothing does."""
        if not self._tree.ready:
            return "the public tree is not there yet"
        async with self._looking:
            now = self._room.clock()
            if self._looked is None or now - self._looked[0] > ANEW:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await asyncio.to_thread(self._ask)
                    self._looked = now, ""
                except SchemaError:  # whose message names the place, which is nobody's business
                    self._looked = now, "the database is empty, or another one than ours"
                except (StorageError, TimeoutError):
                    self._looked = now, "the database does not answer"
            return self._looked[1]

    def _ask(self) -> None:
        ready(self._room.engine)
