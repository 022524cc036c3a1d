"""Jobs side by side: a failure of one is logged and made up for, and concerns no other."""

import asyncio
import logging

import pytest

from pressroom import supervising
from pressroom.supervising import keep_running, pause
from storage.errors import DatabaseError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_WAIT", 0.01)


async def test_a_job_that_fails_is_started_again_and_the_other_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stop, tries, others = asyncio.Event(), [], []

    async def failing() -> None:
        tries.append(1)
        if len(tries) == 1:
            message = "the database is away"
            raise DatabaseError(message)
        if len(tries) == 2:
            raise ZeroDivisionError
        await stop.wait()

    async def other() -> None:
        while len(tries) < 3:
            others.append(1)
            await asyncio.sleep(0.001)
        stop.set()

    with caplog.at_level(logging.INFO, logger="pressroom"):
        await asyncio.wait_for(keep_running({"failing": failing, "other": other}, stop), 5)
    assert len(tries) == 3
    assert len(others) > 3
    first, second = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert first.fields["error"] == "the database is away"  # type: ignore[attr-defined]
    assert second.exc_info, "a mistake of the program is logged with its place"


async def test_a_job_that_ends_is_not_started_again() -> None:
    stop, runs = asyncio.Event(), []

    async def once() -> None:
        runs.append(1)

    await asyncio.wait_for(keep_running({"once": once}, stop), 5)
    assert runs == [1]


async def test_a_pause_ends_when_it_is_time_to_stop() -> None:
    stop = asyncio.Event()
    assert not await pause(stop, 0)
    asyncio.get_running_loop().call_soon(stop.set)
    assert await asyncio.wait_for(pause(stop, 60), 5)
