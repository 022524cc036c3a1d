"""Delivers letters: claims them, writes each anew, hands it to a courier, notes what came of it.

The same couriers, outcomes and retries as for issues (`newsletter.delivery`), beside them, so that a
confirmation does not wait behind a hundred thousand digests. A process that is killed leaves claimed
letters, which are queued again, and at most one for each connection whose outcome nobody knows: it is
sent again with the same Message-ID, whatever `smtp.uncertain` says, because nobody looks through letters.
What may be sent is asked when it is started: nothing goes to a suppressed address, no question to
somebody who has answered it, no welcome to somebody who has left. Called by the service.
"""

import asyncio
import logging
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from content.errors import ContentError
from newsletter.closing import MOST_COPIES, code, finish_of
from newsletter.courier import Courier, Envelope
from newsletter.delivery import Means
from newsletter.errors import CourierDown, NewsletterError, NoConnection, SenderRefused
from newsletter.letters import Stationery
from newsletter.outcome import Kind, Outcome, Suppress, for_log
from storage import letters, signups, subscribers, suppressions
from storage.engine import reading, writing
from storage.leases import Claimed, Lease
from storage.letters import Letter

log = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=10)
CONNECTIONS = 4
HARD_BOUNCE = "hard bounce"


class Verdict(StrEnum):
    """Whether a letter may go out now; for the two that end it, the state that it gets."""

    SEND = "send"
    UNWANTED = "suppressed"
    UNWRITABLE = "failed"
    NOT_OURS = "not ours"


@dataclass(frozen=True, slots=True)
class Post:
    """What one call did; `again_at` is when there is more to do."""

    counts: dict[str, int]
    again_at: datetime | None


async def deliver_letters(means: Means, stationery: Stationery, stop: asyncio.Event) -> Post:
    """Send every letter that is due. Raises CourierDown or SenderRefused; what was not sent stays queued."""
    return await _Round(means, stationery, stop).run()


class _Round:
    """One call: the letters that are due, and a few workers with a courier each."""

    def __init__(self, means: Means, stationery: Stationery, stop: asyncio.Event) -> None:
        self._means = means
        self._stationery = stationery
        self._stop = stop
        self._pool: deque[Letter] = deque()
        self._counts: Counter[str] = Counter()
        self._claiming = asyncio.Lock()
        self._failure: Exception | None = None

    async def run(self) -> Post:
        again = await asyncio.to_thread(self._look)
        if again is None or again > self._means.clock():
            return Post({}, again)
        workers = min(CONNECTIONS, self._means.settings.connections)
        try:
            await asyncio.gather(*(self._work() for _ in range(workers)))
        finally:
            again = await asyncio.to_thread(self._conclude)
        if self._failure is not None:
            raise self._failure
        return Post(dict(self._counts), again)

    def _look(self) -> datetime | None:
        """Take over what ended processes left; give when something is due."""
        with reading(self._means.engine) as conn:
            owners, due = letters.owners(conn), letters.next_due(conn)
        gone = [owner for owner in owners if self._means.gone(owner)]
        if due is None or (due > self._means.clock() and not gone):
            return due
        with writing(self._means.engine) as conn:
            letters.reclaim(conn, self._means.clock(), gone=gone, copies=MOST_COPIES)
            return letters.next_due(conn)

    def _conclude(self) -> datetime | None:
        with writing(self._means.engine) as conn:
            letters.give_back(conn, self._means.owner)
            return letters.next_due(conn)

    async def _work(self) -> None:
        """Be one worker; never raises but when cancelled."""
        courier: Courier | None = None
        try:
            while (letter := await self._next()) is not None:
                courier = courier or self._means.couriers()
                await self._deliver(courier, letter)
        except Exception as error:
            self._failure = self._failure or error
        finally:
            if courier is not None:
                await courier.close()

    async def _next(self) -> Letter | None:
        async with self._claiming:
            if self._stop.is_set() or self._failure is not None:
                return None
            if not self._pool:
                self._pool.extend(await asyncio.to_thread(self._claim))
            return self._pool.popleft() if self._pool else None

    def _claim(self) -> list[Letter]:
        with writing(self._means.engine) as conn:
            return letters.claim(conn, self._lease(), BATCH)

    async def _deliver(self, courier: Courier, letter: Letter) -> None:
        try:
            await courier.ready()
        except NoConnection as error:
            raise CourierDown(str(error)) from error
        verdict, envelope = await asyncio.to_thread(self._start, letter)
        if envelope is None:
            if verdict is not Verdict.NOT_OURS:
                self._counts[verdict.value] += 1
            return
        outcome = Outcome(Kind.UNCERTAIN, "sending was interrupted")
        try:
            outcome = await courier.deliver(envelope)
        finally:
            await asyncio.to_thread(self._finish, letter, outcome)
        if outcome.kind is Kind.HALT:
            raise SenderRefused(for_log(outcome.reply))

    def _start(self, letter: Letter) -> tuple[Verdict, Envelope | None]:
        """Write the letter, and commit that it goes over the wire now, if it still may."""
        now = self._means.clock()
        with writing(self._means.engine) as conn:
            try:
                envelope = self._envelope(letter) if wanted(conn, letter, now) else None
            except (NewsletterError, ContentError) as error:
                self._end(conn, letter, Verdict.UNWRITABLE, for_log(str(error)))
                log.warning("letter %s: cannot be written: %s", letter.id, for_log(str(error)))
                return Verdict.UNWRITABLE, None
            if envelope is None:
                self._end(conn, letter, Verdict.UNWANTED, "")
                return Verdict.UNWANTED, None
            if not letters.start(conn, letter.id, self._lease()):
                return Verdict.NOT_OURS, None
            return Verdict.SEND, envelope

    def _envelope(self, letter: Letter) -> Envelope:
        mail = self._stationery.write(letter)
        return Envelope(self._stationery.sender(letter).address, letter.address, mail)

    def _end(self, conn: Connection, letter: Letter, verdict: Verdict, reply: str) -> None:
        now, owner = self._means.clock(), self._means.owner
        state = verdict.value
        letters.finish(conn, letter.id, owner, state=state, reply=reply, next_attempt=now, now=now)

    def _finish(self, letter: Letter, outcome: Outcome) -> None:
        means, now = self._means, self._means.clock()
        claimed = Claimed(letter.id, 0, letter.address, letter.address_hash, letter.attempts, letter.queued)
        ended = finish_of(claimed, outcome, means.settings, now, means.chance(), most=MOST_COPIES)
        state = "failed" if ended.held else ended.state  # nobody looks at letters that are held
        with writing(means.engine) as conn:
            letters.finish(
                conn,
                letter.id,
                means.owner,
                state=state,
                reply=ended.reply,
                next_attempt=ended.next_attempt,
                now=now,
            )
            if outcome.suppress is Suppress.NOW:
                detail = code(outcome.reply)
                suppressions.add(conn, letter.address_hash, reason=HARD_BOUNCE, detail=detail, now=now)
        self._counts[state] += 1
        if state != "sent":
            log.info("letter %s: %s %s", letter.id, state, code(outcome.reply))

    def _lease(self) -> Lease:
        now = self._means.clock()
        return Lease(self._means.owner, now, now + LEASE)


def wanted(conn: Connection, letter: Letter, now: datetime) -> bool:
    """Say whether a letter still has somebody to reach and something to say."""
    if suppressions.barred(conn, letter.address_hash, letter.newsletters):
        return False
    if letter.expires <= now:
        return False
    if letter.kind == "confirm":
        signup = signups.find(conn, letter.number)
        return signup is not None and signup.confirmed is None
    if letter.kind == "change":
        move = signups.find_move(conn, letter.number)
        return move is not None and suppressions.address_hash(move.address_key) == letter.address_hash
    held = subscribers.subscriptions_among(conn, [letter.number]).get(letter.number, [])
    return any(row.newsletter in letter.newsletters and row.state == "active" for row in held)
