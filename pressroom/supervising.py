"""Keeps jobs running side by side: one that fails is started again after a while, the others go on.

A failure is logged, whatever it was; the wait doubles from one to the next and is short again after
the job has run well for a time. A database that is away, a folder that is not mounted and a mistake in
the program are all dealt with in this way.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from content.errors import ContentError
from feeds.errors import FeedsError
from newsletter.errors import NewsletterError
from pressroom import logbook
from pressroom.errors import PressroomError
from storage.errors import StorageError

Job = Callable[[], Awaitable[None]]

EXPECTED = (ContentError, FeedsError, NewsletterError, PressroomError, StorageError, OSError)
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
RAN_WELL = 120.0


async def keep_running(
    jobs: Mapping[str, Job], stop: asyncio.Event, failed: Callable[[str], None] = lambda _job: None
) -> None:
    """Run jobs until `stop` is set and each of them has come to its end; `failed` is told of each failure."""
    async with asyncio.TaskGroup() as group:
        for name, job in jobs.items():
            group.create_task(_kept(name, job, stop, failed), name=name)


async def _kept(name: str, job: Job, stop: asyncio.Event, failed: Callable[[str], None]) -> None:
    wait = FIRST_WAIT
    while not stop.is_set():
        begun = time.monotonic()
        try:
            await job()
        except EXPECTED as error:
            logbook.problem("job-failed", error, job=name, again_in=wait)
        except Exception:
            logging.getLogger("pressroom").exception("job %s failed by a mistake of the program", name)
        else:
            return
        failed(name)
        if time.monotonic() - begun > RAN_WELL:
            wait = FIRST_WAIT
        await pause(stop, wait)
        wait = min(wait * 2, LONGEST_WAIT)


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for so long, or until `stop` is set; say whether it is."""
    try:
        await asyncio.wait_for(stop.wait(), max(seconds, 0.0))
    except TimeoutError:
        return False
    return True
