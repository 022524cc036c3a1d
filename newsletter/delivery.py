"""Delivers an issue: claims its deliveries, hands them to couriers, writes down what came of each.

States: queued -> sending -> sent | deferred | failed | suppressed | uncertain; deferred and uncertain
ones are claimed again when their time comes. Every worker has one courier and does, for one delivery
after the other: (1) have a connection, (2) commit `started`, which asks once more whether this address
may be mailed, (3) the SMTP transaction, (4) note the outcome, which is committed no later than the
worker's next `started`. A process that is killed (kill -9, power) leaves this behind:

- before (2): the row is claimed, not started. Nothing can have been sent. When the lease has run out,
  or the process is known to be gone, the row is queued again.
- between (2) and the commit of (4): the row is started. The mail may have been sent or not, nobody can
  know: `uncertain`. It is sent again (the default) or held for a look, as `smtp.uncertain` says. There
  is at most one such row per worker, and a repeated mail has the same Message-ID, by which mailbox
  servers recognise it.
- after the commit of (4): nothing is left to do.

So nothing is lost, and repeated are at most the SMTP transactions that were open at that moment. The
same holds when the lease of a live process runs out (it was suspended): it may no longer start what it
had claimed. A break of the connection after the message has begun is `uncertain` in the same way.

What is the server's or our own fault concerns no recipient: without a connection nothing is started,
and when tries are used up sending stops with CourierDown or SenderRefused and all the rest stays queued.
"""

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from newsletter import headers, message
from newsletter.bookkeeping import Bookkeeper, Closing, Post
from newsletter.closing import code, copies, finish_of
from newsletter.courier import Courier, CourierFactory, Envelope
from newsletter.errors import CourierDown, DeliveryError, HeaderError, NoConnection, SenderRefused
from newsletter.issue import from_json
from newsletter.outcome import Kind, Outcome, for_log
from newsletter.settings import SmtpSettings
from storage import deliveries, editions, issues, leases
from storage.engine import reading
from storage.issues import IssueRow
from storage.leases import Claimed

log = logging.getLogger(__name__)

BATCH_PER_WORKER = 20
TEMPLATES_KEPT = 16
SHORTEST_LEASE = timedelta(minutes=10)
# More than the longest transaction: every command may take its time-out, and the last answer five.
LEASE_IN_TIMEOUTS = 15
STRIKES = 5
LONGEST_PAUSE = 60.0
COUNTED = ("total", "sent", "deferred", "failed", "suppressed", "uncertain")


def at_once() -> float:
    """Rest not at all."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Means:
    """What delivering needs from outside. `gone` says of another process whether it is surely no more.

    `courtesy` gives the seconds to rest before a mail, so that others on this machine are served first.
    """

    engine: Engine
    settings: SmtpSettings
    couriers: CourierFactory
    key: bytes
    owner: str
    gone: Callable[[str], bool]
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    courtesy: Callable[[], float] = at_once


@dataclass(frozen=True, slots=True)
class Tally:
    """What one call did. `total` was unfinished when it began; `again_at` is when there is more to do."""

    total: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    suppressed: int = 0
    uncertain: int = 0
    finished: bool = False
    again_at: datetime | None = None


Progress = Callable[[Tally], None]


def _quiet(_tally: Tally) -> None:
    return None


async def deliver(
    means: Means, issue_id: int, *, stop: asyncio.Event, on_progress: Progress = _quiet
) -> Tally:
    """Send what is due of an issue; when there is more to do is told by the tally.

    Safe to call again at any time, and from several processes at once. `stop` ends it after the open
    transactions; what was claimed is given back. Raises CourierDown or SenderRefused.
    """
    run = _Run(means, await asyncio.to_thread(_issue, means.engine, issue_id), stop, on_progress)
    try:
        if await run.open():
            await run.send_what_is_due()
    finally:
        await run.close()
    return run.tally()


def _gave_up(reason: str) -> str:
    return f"{reason}; sending has stopped, what is left stays queued and goes out when this is mended"


def _issue(engine: Engine, issue_id: int) -> IssueRow:
    with reading(engine) as conn:
        row = issues.get(conn, issue_id)
    if row is None:
        message = f"there is no issue with the id {issue_id}"
        raise DeliveryError(message)
    return row


class _Run:
    """One call of `deliver`: what its workers share."""

    def __init__(self, means: Means, row: IssueRow, stop: asyncio.Event, on_progress: Progress) -> None:
        lease = max(SHORTEST_LEASE, means.settings.timeout * LEASE_IN_TIMEOUTS)
        self._means = means
        self._row = row
        self._sender = headers.parse_mailbox(from_json(row.content).sender).address
        self._post = Post(row.id, row.newsletter, means.owner, lease)
        self._book = Bookkeeper(means.engine, self._post, means.clock, means.sleep)
        self._stop = stop
        self._on_progress = on_progress
        self._pool: deque[Claimed] = deque()
        self._claiming = asyncio.Lock()
        self._templates: OrderedDict[int, bytes] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._workers = 0
        self._smooth = 0  # deliveries that met no trouble with the server, whatever became of them
        self._exhausted = False
        self._broken = asyncio.Event()
        self._failure: Exception | None = None
        self._finished = False
        self._again_at: datetime | None = None

    async def open(self) -> bool:
        """Take over what gone processes left; False when this issue is not to be sent now."""
        return await self._book.ask(self._open)

    async def close(self) -> None:
        """Write what is noted, give back what was not started, and see whether the issue is done."""
        try:
            await self._book.settle()
            await self._book.ask(self._conclude)
        finally:
            await self._book.close()

    async def send_what_is_due(self) -> None:
        await asyncio.gather(*(self._work() for _ in range(self._means.settings.connections)))
        await self._book.settle()
        if self._failure is not None:
            raise self._failure

    def tally(self) -> Tally:
        done = {name: self._counts[name] for name in COUNTED}
        return Tally(**done, finished=self._finished, again_at=self._again_at)

    def _open(self, conn: Connection) -> bool:
        now = self._means.clock()
        issues.set_state(conn, self._row.id, "sending", only_from=("queued",), now=now)
        current = issues.get(conn, self._row.id)
        if current is None or current.state not in deliveries.SENDABLE_ISSUES:
            return False
        self._reclaim(conn)
        counted = deliveries.counts(conn, self._row.id)
        self._counts["total"] = sum(counted.get(state, 0) for state in deliveries.UNFINISHED)
        return True

    def _reclaim(self, conn: Connection) -> None:
        gone = [name for name in leases.owners(conn, self._row.id) if self._means.gone(name)]
        most = copies(self._means.settings)
        lost = leases.reclaim(conn, self._row.id, self._means.clock(), gone=gone, copies=most)
        if lost.queued or lost.uncertain:
            log.warning(
                "issue %s: taken over from ended processes: %s not sent, %s uncertain",
                self._row.id, lost.queued, lost.uncertain,
            )  # fmt: skip

    def _conclude(self, conn: Connection) -> None:
        # Otherwise what is being queued again at this moment would not be seen, and left in a finished issue.
        issues.hold(conn, self._row.id)
        leases.give_back(conn, self._row.id, self._means.owner)
        self._again_at = deliveries.next_due(conn, self._row.id)
        if not deliveries.unfinished(conn, self._row.id):
            sendable = deliveries.SENDABLE_ISSUES
            now = self._means.clock()
            self._finished = issues.set_state(conn, self._row.id, "sent", only_from=sendable, now=now)

    async def _work(self) -> None:
        """Be one worker, with one courier; never raises but when cancelled."""
        courier = self._means.couriers()
        self._workers += 1
        try:
            await self._send_in_turn(courier)
        except Exception as error:
            self._fail(error)
        finally:
            self._workers -= 1
            await courier.close()

    async def _send_in_turn(self, courier: Courier) -> None:
        strikes, smooth_before = 0, 0
        while (claimed := await self._next()) is not None:
            if rest := self._means.courtesy():
                await self._means.sleep(rest)
            trouble = await self._deliver(courier, claimed)
            if trouble is None:
                self._smooth += 1
                strikes = 0
                continue
            smooth_before = smooth_before if strikes else self._smooth
            strikes += 1
            if strikes > STRIKES:
                if self._smooth == smooth_before:
                    raise CourierDown(_gave_up(trouble))
                if self._workers > 1:
                    return  # the others get through: the server wants fewer connections
                strikes = 0
            await self._pause(min(2.0 ** (strikes - 1), LONGEST_PAUSE))

    async def _deliver(self, courier: Courier, claimed: Claimed) -> str | None:
        """Deliver one mail; give what is wrong with the connection or the sender, if anything is."""
        try:
            await courier.ready()
        except NoConnection as error:
            self._pool.appendleft(claimed)
            if not error.passing:
                raise CourierDown(_gave_up(str(error))) from error
            return str(error)
        try:
            envelope = await self._envelope(claimed)
        except HeaderError as error:
            self._record(claimed, Outcome(Kind.NEVER, str(error)))
            return None
        started = await self._book.start(claimed)
        if claimed.subscriber_id not in started.ready:
            self._count("suppressed", by=claimed.subscriber_id in started.suppressed)
            return None
        outcome = await self._hand_over(courier, claimed, envelope)
        if outcome.kind is Kind.HALT:
            self._fail(SenderRefused(for_log(outcome.reply)))
        return for_log(outcome.reply) if outcome.slow else None

    async def _hand_over(self, courier: Courier, claimed: Claimed, envelope: Envelope) -> Outcome:
        try:
            outcome = await courier.deliver(envelope)
        except BaseException:
            self._record(claimed, Outcome(Kind.UNCERTAIN, "sending was interrupted"))
            raise
        self._record(claimed, outcome)
        return outcome

    def _record(self, claimed: Claimed, outcome: Outcome) -> None:
        means, settings = self._means, self._means.settings
        finish = finish_of(claimed, outcome, settings, means.clock(), means.chance(), most=copies(settings))
        self._book.finish(Closing(claimed, finish, outcome))
        self._count(finish.state)
        if finish.state != "sent":
            where = (self._row.id, claimed.subscriber_id, finish.state, code(outcome.reply))
            log.info("issue %s: subscriber %s: %s %s", *where)

    def _count(self, state: str, *, by: int = 1) -> None:
        self._counts[state] += by
        self._on_progress(self.tally())

    async def _next(self) -> Claimed | None:
        async with self._claiming:
            if self._stop.is_set() or self._broken.is_set():
                return None
            if not self._pool and not self._exhausted:
                self._pool.extend(await self._book.claim(self._batch()))
                self._exhausted = not self._pool
            return self._pool.popleft() if self._pool else None

    def _batch(self) -> int:
        return BATCH_PER_WORKER * self._means.settings.connections

    async def _envelope(self, claimed: Claimed) -> Envelope:
        if not claimed.address:  # erased meanwhile: `start` will see to it
            return Envelope(self._sender, "", b"")
        template = await self._template(claimed.edition_id)
        row, reader = self._row, claimed.subscriber_id
        to = message.recipient(
            self._means.key, row.newsletter, row.number, row.composed, reader, claimed.address
        )
        return Envelope(self._sender, claimed.address, message.fill(template, to))

    async def _template(self, edition_id: int) -> bytes:
        if edition_id not in self._templates:
            edition = await self._book.ask(lambda conn: editions.find(conn, edition_id))
            if edition is None:
                error = f"issue {self._row.id}: the edition {edition_id} is missing"
                raise DeliveryError(error)
            self._templates[edition_id] = edition.message
            while len(self._templates) > TEMPLATES_KEPT:
                self._templates.popitem(last=False)
        return self._templates[edition_id]

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._broken.set()

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not when sending is over."""
        naps: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._means.sleep(seconds))]
        naps += [asyncio.ensure_future(event.wait()) for event in (self._stop, self._broken)]
        try:
            await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for nap in naps:
                nap.cancel()
            await asyncio.gather(*naps, return_exceptions=True)
