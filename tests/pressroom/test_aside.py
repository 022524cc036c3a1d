"""Work in a loop of its own: it blocks nobody, is told to stop, and its outcome comes back."""

import asyncio
import threading
import time

import pytest

from pressroom.aside import aside


async def test_work_that_blocks_keeps_nobody_else_waiting() -> None:
    async def work(_stop: asyncio.Event) -> int:
        time.sleep(0.5)
        return threading.get_ident()

    task = asyncio.create_task(aside(work, asyncio.Event()))
    begun = time.monotonic()
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert time.monotonic() - begun < 0.4
    assert await task != threading.get_ident()


async def test_it_is_told_when_we_are_stopped_and_ends_in_its_own_time() -> None:
    done: list[str] = []

    async def work(stop: asyncio.Event) -> str:
        await stop.wait()
        await asyncio.sleep(0.1)
        done.append("finished")
        return "told"

    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, stop.set)
    async with asyncio.timeout(10):
        assert await aside(work, stop) == "told"
    assert done == ["finished"]


async def test_what_fails_there_fails_here() -> None:
    async def work(_stop: asyncio.Event) -> None:
        message = "the mail server is down"
        raise ConnectionError(message)

    with pytest.raises(ConnectionError, match="is down"):
        await aside(work, asyncio.Event())
