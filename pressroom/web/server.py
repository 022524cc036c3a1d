"""The HTTP server: granian's embedded one, in the event loop of the service.

It outlives the services that follow each other when the configuration changes: `Front` is what it calls,
and passes each request to the application of the moment. `serving` listens for the length of a block, and
at its end lets the requests under way come to theirs.
"""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp, Receive, Scope, Send

from pressroom.errors import PressroomError
from pressroom.web.representations import plain
from pressroom.web.settings import listening

HEADER_MS = 15_000
"""Until a request's headers must be there; also how long a connection may be idle between two requests."""

BUFFER = 64 * 1024
BACKLOG = 2048
CONNECTIONS = 16_384
FILES = 65_536
DRAIN_SECONDS = 20.0


class ListenError(PressroomError):
    """We cannot listen where we should."""


class Front:
    """What the server calls: passes on to `app`, which may be replaced at any moment."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (self.app or _starting)(scope, receive, send)


async def _starting(scope: Scope, _receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        for message in plain(503, "Starting.", {b"retry-after": b"5"}):
            await send(message)


@asynccontextmanager
async def serving(listen: str, app: ASGIApp) -> AsyncIterator[None]:
    """Serve the application; raise ListenError when that cannot be."""
    host, port = listening(listen)
    host = host.strip("[]")
    _try(listen, host, port)
    _allow_files()
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,  # "auto" waits for ever to be told which one it is; proxies speak 1.1 to us
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS, max_buffer_size=BUFFER),
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve(), name="web server")
    try:
        await _until_listening(task, host, port)
        yield
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        done, _ = await asyncio.wait([task], timeout=DRAIN_SECONDS)
        if not done:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _try(listen: str, host: str, port: int) -> None:
    """Find out what is wrong before the server does, which says it less well."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"web.listen: cannot listen at {listen}: {reason}"
        raise ListenError(message) from error


async def _until_listening(task: asyncio.Task[None], host: str, port: int) -> None:
    while not task.done():
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host if host not in ("0.0.0.0", "::") else None, port)  # noqa: S104
            writer.close()
            return
        await asyncio.sleep(0.02)
    task.result()


def _allow_files() -> None:
    """Allow as many connections as the system lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
