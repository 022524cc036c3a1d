"""Writes down what happens to deliveries, many in one transaction, away from the event loop.

Every database call of a sending process is made in one thread, one after the other. While one
transaction is being committed, what the workers say meanwhile is gathered and written by the next:
a commit costs the same for one row as for fifty. Used by `newsletter.delivery` only.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, Engine

from newsletter import outcome
from newsletter.closing import code
from newsletter.outcome import Outcome, Suppress
from storage import delivery_history, leases, suppressions
from storage.engine import writing
from storage.errors import StorageError
from storage.leases import Claimed, Finish, Lease, Started

Answer = TypeVar("Answer")

HARD_BOUNCE = "hard bounce"
WAITS = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Post:
    """The issue being sent, and in whose name its deliveries are taken."""

    issue_id: int
    newsletter: str
    owner: str
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Closing:
    """How one delivery ended, to be written; `outcome` None when no server was asked."""

    claimed: Claimed
    finish: Finish
    outcome: Outcome | None = None


class Bookkeeper:
    """The thread with the database, and what waits to be written there."""

    def __init__(
        self,
        engine: Engine,
        post: Post,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._post = post
        self._clock = clock
        self._sleep = sleep
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._starts: dict[int, asyncio.Future[Started]] = {}
        self._closings: list[Closing] = []
        self._busy = asyncio.Lock()

    async def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """Run one function in a writing transaction of its own."""
        return await self._in_thread(lambda: self._in_transaction(question))

    async def claim(self, limit: int) -> list[Claimed]:
        return await self.ask(lambda conn: leases.claim(conn, self._post.issue_id, self._lease(), limit))

    async def start(self, claimed: Claimed) -> Started:
        """Mark a delivery as going over the wire; returns when that, and all said before, is committed."""
        answer: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        self._starts[claimed.subscriber_id] = answer
        await self._write_what_waits(until=answer)
        return answer.result()

    def finish(self, closing: Closing) -> None:
        """Note how a delivery ended; written by the next transaction, at the latest by `settle`."""
        self._closings.append(closing)

    async def settle(self) -> None:
        """Write everything that was noted, in spite of a database that fails for a while."""
        for wait in (*WAITS, None):
            try:
                await self._write_what_waits()
            except StorageError:
                if wait is None:
                    raise
                await self._sleep(wait)
            else:
                return

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)

    async def _write_what_waits(self, until: "asyncio.Future[Started] | None" = None) -> None:
        async with self._busy:
            if until is not None and until.done():
                return
            starts, self._starts = self._starts, {}
            closings, self._closings = self._closings, []
            try:
                started = await self._in_thread(
                    lambda: self._in_transaction(lambda conn: self._write(conn, closings, list(starts)))
                )
            except BaseException as error:
                # What was sent is not forgotten: it is written by the next attempt.
                self._closings = closings + self._closings
                _fail(starts, error)
                raise
        for answer in starts.values():
            answer.set_result(started)

    def _write(self, conn: Connection, closings: list[Closing], starts: list[int]) -> Started:
        post, now = self._post, self._clock()
        leases.finish(conn, post.issue_id, [closing.finish for closing in closings], post.owner, now)
        for closing in closings:
            if closing.outcome is not None and closing.outcome.suppress is not Suppress.NO:
                _suppress(conn, post.issue_id, closing.claimed, closing.outcome, now)
        if not starts:
            return Started(frozenset(), frozenset())
        return leases.start(conn, post.issue_id, post.newsletter, starts, self._lease())

    def _lease(self) -> Lease:
        now = self._clock()
        return Lease(self._post.owner, now, now + self._post.lease)

    def _in_transaction(self, work: Callable[[Connection], Answer]) -> Answer:
        with writing(self._engine) as conn:
            return work(conn)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _fail(starts: "dict[int, asyncio.Future[Started]]", error: BaseException) -> None:
    for answer in starts.values():
        if isinstance(error, Exception):
            answer.set_exception(error)
            answer.exception()  # seen: its worker may have been cancelled meanwhile
        else:
            answer.cancel()


def _suppress(conn: Connection, issue_id: int, claimed: Claimed, said: Outcome, now: datetime) -> None:
    """Suppress an address where nobody is, or that is said for the second time to be shut."""
    if said.suppress is Suppress.WHEN_REPEATED:
        earlier = delivery_history.failures(conn, claimed.subscriber_id, apart_from=issue_id)
        if not outcome.repeated(said, earlier):
            return
    # The words name the address more often than not, and a suppression outlives the person's erasure.
    detail = code(said.reply)
    suppressions.add(conn, claimed.address_hash, reason=HARD_BOUNCE, detail=detail, now=now)
