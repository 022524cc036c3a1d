"""A client of plain sockets, that may behave as badly as it likes; and a server for it on a free port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from pressroom.web.server import serving

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve the application with the real server; give the port."""
    port = free_port()
    async with serving(f"127.0.0.1:{port}", app):
        yield port


async def ask(
    port: int, target: str = "/", method: str = "GET", body: bytes = b"", **headers: str
) -> Response:
    """Ask once, on a connection of its own. Names of headers are written with underscores."""
    given = {"Host": "news.example.org", "Connection": "close"}
    given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    if body:
        given.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
    return await send(port, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)


async def send(port: int, request: bytes, *, end: bool = False) -> Response:
    """Send it as it is; `end` says that nothing more comes."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            if end:
                writer.write_eof()
            return await read(reader)
        finally:
            writer.close()


async def read(reader: asyncio.StreamReader) -> Response:
    """Read one answer, to its length or to the end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    body = b""
    if status not in (204, 304):
        try:
            length = headers.get("content-length")
            body = await reader.readexactly(int(length)) if length else await reader.read()
        except asyncio.IncompleteReadError as cut:
            body = cut.partial
    return Response(status, headers, body)
