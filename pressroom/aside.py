"""Runs asynchronous work in a thread with an event loop of its own, and stops it when we are stopped.

For sending: between two mails it writes to the ledger and waits for the disk. In the loop that answers
readers each of them would wait as well; in a thread only those wait who send.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[asyncio.Event], Awaitable[T]], stop: asyncio.Event) -> T:
    """Give what `work` gives; it is handed an event that is set after `stop` is, and ends in its own time."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> T:
        theirs = asyncio.Event()
        begun.set_result((asyncio.get_running_loop(), theirs))
        return await work(theirs)

    def run() -> T:
        return asyncio.run(main())

    running = asyncio.create_task(asyncio.to_thread(run))
    loop, theirs = await asyncio.wrap_future(begun)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        with suppress(RuntimeError):  # it has ended, and its loop with it
            loop.call_soon_threadsafe(theirs.set)
        return await running
    finally:
        stopping.cancel()
