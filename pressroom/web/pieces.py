"""A file on its way to a client, a piece in memory at a time, and not for longer than the client is there.

The server tells of a client that has gone by `receive` alone: a `send` that waits for it waits for ever,
and one after it does nothing and says nothing. So each piece runs against the end of the connection, and
against the clock: whoever takes nothing for a minute is let go. Called by `publicfiles`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Message, Receive, Send

CHUNK = 256 * 1024
PIECE_SECONDS = 60.0


async def send_part(descriptor: int, part: range, receive: Receive, send: Send) -> None:
    """Send a part of an open file as the body; stop when it is shorter than it was, or nobody takes it."""
    async with _watching(receive) as gone:
        while part and not gone.done():
            piece = await asyncio.to_thread(os.pread, descriptor, min(CHUNK, len(part)), part.start)
            part = part[len(piece) :]
            message = {"type": "http.response.body", "body": piece, "more_body": bool(part)}
            if not piece or not await _taken(send, message, gone):
                break


@asynccontextmanager
async def _watching(receive: Receive) -> AsyncIterator[asyncio.Task[None]]:
    """Give a task that is done when the client has gone."""
    gone = asyncio.create_task(_gone(receive))
    try:
        yield gone
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _taken(send: Send, message: Message, gone: asyncio.Task[None]) -> bool:
    """Send a piece; tell whether it was taken while the client was there, and in time."""
    sending = asyncio.create_task(_sent(send, message))
    try:
        await asyncio.wait((sending, gone), timeout=PIECE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        return sending.done() and sending.exception() is None
    finally:
        sending.cancel()


async def _sent(send: Send, message: Message) -> None:
    await send(message)
