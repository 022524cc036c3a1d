"""The whole web application: the public tree before all, then health, then the pages that do something.

Composition only. `application` is called by `pressroom.service`, once for each configuration; `routes` are
those of the pages for followers, and paths in them count from `web.url`. A handler finds the tallies
that become metrics in `request.app.state.tallies`.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pressroom.bootstrap import Pressroom
from pressroom.web.answers import Answers
from pressroom.web.health import Health
from pressroom.web.mishaps import Watched, apologising
from pressroom.web.publicfiles import PublicFiles
from pressroom.web.refusals import Guarded
from pressroom.web.representations import NOTHING, plain, say, start
from pressroom.web.requestlog import Logged
from pressroom.web.settings import listening
from pressroom.web.tallies import Tallies
from pressroom.web.tree import PublicTree

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def application(
    room: Pressroom,
    tree: PublicTree,
    routes: Sequence[BaseRoute] = (),
    tallies: Tallies | None = None,
) -> ASGIApp:
    """Give the application."""
    tallies = tallies or Tallies()
    errors: dict[Any, Any] = {HTTPException: _plainly, Exception: apologising(Answers(room))}
    pages = Starlette(routes=[*routes, *_with_slash(routes)], exception_handlers=errors)
    pages.router.redirect_slashes = False
    pages.state.room, pages.state.tallies = room, tallies
    below = _Below(base_path(room), Guarded(pages, _hosts(room)))
    files = PublicFiles(tree, below, room.clock)
    files.served = tallies.served
    below.files = files
    health = Health(room, tree, tallies)
    whole = Watched(Dispatch(files, health))
    return Logged(whole, base_path(room)) if room.config.web.request_log else whole


def _with_slash(routes: Iterable[BaseRoute]) -> list[Route]:
    """Lead on from an address with a slash too many.

    Not to a whole address, as Starlette would: behind a proxy that speaks https for us it would begin with
    http, and whoever had sent a form would send it again in the open.
    """
    paths = [route.path for route in routes if isinstance(route, Route)]
    return [Route(f"{path}/", _without_slash, methods=["GET", "POST"]) for path in paths]


async def _without_slash(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(request.url.path.rstrip("/") + query, 308)


def base_path(room: Pressroom) -> str:
    """Give the path of web.url: empty, or as "/news"."""
    return urlsplit(room.config.web.url).path


def _hosts(room: Pressroom) -> set[str]:
    public = urlsplit(room.config.web.url).netloc.lower()
    host, _ = listening(room.config.web.listen)
    return {public, public.partition(":")[0], host, *LOOPBACK}


class Dispatch:
    """The first fork: what is about the service itself, and all the rest.

    Whoever names no host, or two, is refused before (RFC 9112, 3.2): a proxy may understand it otherwise.
    """

    def __init__(self, files: PublicFiles, health: Health) -> None:
        self._files = files
        self._own = {**health.answers, "*": _of_the_server}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if not _names_one_host(scope):
            return say(send, scope["method"], *plain(400, "A request names one host."))
        own = self._own.get(scope["path"])
        return self._files(scope, receive, send) if own is None else own(scope, receive, send)


def _names_one_host(scope: Scope) -> bool:
    """Tell whether it does, or need not: our server gives an empty host for none, and "1" for HTTP/1.0."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) == 1 and hosts[0]:
        return True
    return len(hosts) < 2 and scope["http_version"] != "1.1"  # noqa: PLR2004


async def _of_the_server(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer OPTIONS *; nothing else may be asked of the server as a whole (RFC 9112, 3.2.4)."""
    if scope["method"] == "OPTIONS":
        await say(send, scope["method"], start(204, [(b"allow", b"GET, HEAD, POST, OPTIONS")]), NOTHING)
    else:
        await say(send, scope["method"], *plain(400, "This is no address."))


class _Below:
    """Passes on what lies below the base path, and has the tree's own page for what is nowhere."""

    files: PublicFiles

    def __init__(self, base: str, app: ASGIApp) -> None:
        self._base = base
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(f"{self._base}/"):
            await self.files.not_found(scope, send)
            return
        await self._app({**scope, "root_path": self._base, "not_found": self.files.not_found}, receive, send)


async def _plainly(request: Request, error: HTTPException) -> Response:
    """Answer an error: what is nowhere by the tree's page, the rest in a sentence."""
    if error.status_code == 404:  # noqa: PLR2004
        return _Missing(request.scope["not_found"])
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)


class _Missing(Response):
    def __init__(self, not_found: Callable[[Scope, Send], Awaitable[None]]) -> None:
        super().__init__(status_code=404)
        self._not_found = not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._not_found(scope, send)
