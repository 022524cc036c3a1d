"""Wakes whoever decides, at the beginning of every minute; nothing is decided here.

Schedules are minutes, so this is as precise as they are. APScheduler's own jobs would fire twice in
autumn, forget what they missed, and know nothing of other processes: which slot is due, and whether
it was dealt with, is the ledger's to say (`newsletter.issuing`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger


@contextmanager
def waking(wake: Callable[[], None], *, second: str = "0") -> Iterator[None]:
    """Call `wake` at these seconds of every minute, in the running event loop, until the end of the block."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    trigger = CronTrigger(second=second, timezone=UTC)
    # A wake-up that comes late is as good as another: the ledger is asked what became due meanwhile.
    scheduler.add_job(wake, trigger, misfire_grace_time=None, coalesce=True, max_instances=1)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
