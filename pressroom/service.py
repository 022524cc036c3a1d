"""The service: one process that watches the files, publishes, decides what is due, and delivers.

Jobs side by side, none of which stops the others: `watch` tells of changed files, `publish` builds
when told, when an embargo ends and when a day begins, `follow` serves what another process has published
(`pressroom.upkeep`), `decide` makes the issue that is due, `deliver` sends what is open, also what another
process made, `letters`, `tidy` and `count` are those of following by mail (`pressroom.postroom`). All that
must outlive the process is in the ledger; a service that is killed anywhere goes on where it was when it is
started again.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from content.newsroom import Problem
from newsletter.delivery import Tally
from newsletter.issuing import Decision
from pressroom import logbook, postroom
from pressroom.apart import Apart
from pressroom.aside import aside
from pressroom.bootstrap import Pressroom
from pressroom.courtesy import Courtesy
from pressroom.duty import due_newsletters
from pressroom.making import Made, make
from pressroom.scheduler import waking
from pressroom.sending import Delivered, deliver_open, earliest, open_issues
from pressroom.settings import Config
from pressroom.supervising import EXPECTED, Job, keep_running
from pressroom.upkeep import Upkeep
from pressroom.watching import watch, watched
from pressroom.web.application import application, base_path
from pressroom.web.following import routes
from pressroom.web.tallies import Tallies
from pressroom.web.tree import PublicTree
from storage.issues import IssueRow

LOOK_FOR_MAIL = 15.0
"""Seconds until it is looked for issues that another process has made or approved."""

TRY_AGAIN = timedelta(minutes=1)


class Service:
    """Holds what the jobs tell each other. `reload` is set when a new one has to take its place."""

    def __init__(self, room: Pressroom, stop: asyncio.Event, *, seconds: str = "0") -> None:
        self._room = room
        self._stop = stop
        self._seconds = seconds
        self._changed = asyncio.Event()
        self._tick = asyncio.Event()
        self._mail = asyncio.Event()
        # One build, or one decision with its build, at a time: each loads the whole newsroom.
        self._building = asyncio.Lock()
        self._apart = Apart(EXPECTED)
        self._public: frozenset[int] = frozenset()
        self._told: frozenset[Problem] = frozenset()
        self.reload = False
        self.tallies = Tallies()
        self._courtesy = Courtesy(self.tallies.answered)
        self.tree = PublicTree(room.config.feeds.output, base_path(room), room.clock)
        self._upkeep = Upkeep(room, self.tree, self._building)
        self.application = application(room, self.tree, routes(room, room.clock), self.tallies)

    async def run(self) -> None:
        """Do all jobs until `stop` is set."""
        jobs: dict[str, Job] = {
            "watch": self.watch,
            "publish": self.publish,
            "follow": partial(self._upkeep.follow, self._stop),
            "decide": self.decide,
            "deliver": self.deliver,
            "letters": self.send_letters,
            "tidy": self.keep_tidy,
            "count": self.count_signups,
        }
        await self._upkeep.take_up()
        self._tick.set()
        with waking(self._tick.set, second=self._seconds):
            await keep_running(jobs, self._stop, self._failed)

    def _failed(self, job: str) -> None:
        self.tallies.failed[job] = self._room.clock()

    async def watch(self) -> None:
        """Tell of changed files."""
        config = self._room.config

        def changed(paths: frozenset[Path]) -> None:
            logbook.event("files-changed", count=len(paths))
            self._changed.set()
            if any(_needs_new_start(path, config) for path in paths):
                self.reload = True
                self._stop.set()

        await watch(watched(self._room.config), changed, self._stop)

    async def publish(self) -> None:
        """Build now, when files have changed, and when time makes a difference."""
        while not self._stop.is_set():
            self._changed.clear()
            wake = await self._build()
            await self._first_of(self._changed, until=wake)

    async def decide(self) -> None:
        """At every tick, make the issues that are due."""
        while not self._stop.is_set():
            self._tick.clear()
            names = await asyncio.to_thread(due_newsletters, self._room, self._room.clock())
            if names:
                async with self._building:
                    await self._make(names, self._room.clock())
                self._mail.set()
            await self._first_of(self._tick)

    async def deliver(self) -> None:
        """Deliver whatever is open, and again when something that was put off is due."""
        while not self._stop.is_set():
            self._mail.clear()
            waiting = await asyncio.to_thread(open_issues, self._room)
            if {issue.id for issue in waiting} - self._public:
                await self._build()
            done = await aside(self._deliver_open, self._stop) if waiting else []
            for each in done:
                self._tell_delivered(each)
            again = earliest(done)
            soon = self._room.clock() + timedelta(seconds=LOOK_FOR_MAIL)
            await self._first_of(self._mail, until=min(again or soon, soon))

    async def _deliver_open(self, stop: asyncio.Event) -> list[Delivered]:
        return await deliver_open(self._room, None, stop, _unwatched, self._courtesy)

    async def send_letters(self) -> None:
        """Send confirmations and the like as they are asked for; they do not wait behind an issue."""
        await aside(partial(postroom.send_letters, self._room), self._stop)

    async def keep_tidy(self) -> None:
        """Forget sign-ups that nobody confirmed."""
        await postroom.keep_tidy(self._room, self._stop)

    async def count_signups(self) -> None:
        """Tell in the log how many signed up."""
        await postroom.count_signups(self.tallies, self._stop)

    async def _build(self) -> datetime:
        """Publish what is there now; give when to do so again if no file changes before."""
        async with self._building:
            now = self._room.clock()
            try:
                return await self._make((), now)
            except EXPECTED as error:
                logbook.problem("build-failed", error)
                self._failed("build")
                await self._upkeep.take_up(mixed=True)
                return now + TRY_AGAIN

    async def _make(self, newsletters: Sequence[str], now: datetime) -> datetime:
        """Do a round in a process of its own, serve what it published, and give when the next one is due."""
        made = await self._apart.run(make, self._room.config, newsletters, now)
        await self._upkeep.take_up()
        self._public |= made.going_out
        for decision in made.decisions:
            _tell(decision)
        self._tell_built(made)
        return min(made.next_embargo or _next_day(self._room, now), _next_day(self._room, now))

    def _tell_built(self, made: Made) -> None:
        self._tell_problems(made.problems)
        for known in made.newly_withdrawn:
            logbook.event("withdrawn", key=known.key, file=known.source)
        for failed in made.published.failed:
            logbook.event("media-failed", message=failed)
        if made.published.written or made.published.removed:
            logbook.event(
                "built",
                items=made.items,
                events=made.events,
                written=len(made.published.written),
                unchanged=made.published.unchanged,
                removed=len(made.published.removed),
            )

    def _tell_problems(self, problems: Sequence[Problem]) -> None:
        """Log what is wrong with the content once, and not again with every build."""
        for problem in problems:
            if problem not in self._told:
                place = {"file": problem.file, "line": problem.line, "key": problem.key}
                logbook.event("problem", logging.WARNING, **place, message=problem.message)
        self._told = frozenset(problems)

    def _tell_delivered(self, done: Delivered) -> None:
        """Log what was done; nothing when a round only looked whether it was time."""
        tally = done.tally
        if not (tally.finished or any((tally.sent, tally.deferred, tally.failed, tally.uncertain))):
            return
        logbook.event(
            "delivered" if tally.finished else "delivery-waits",
            newsletter=done.issue.newsletter,
            issue=done.issue.number,
            sent=tally.sent,
            deferred=tally.deferred,
            failed=tally.failed,
            suppressed=tally.suppressed,
            uncertain=tally.uncertain,
            again=tally.again_at,
        )

    async def _first_of(self, event: asyncio.Event, until: datetime | None = None) -> None:
        """Wait for the event, for the time, or for the end of the service."""
        seconds = None if until is None else max((until - self._room.clock()).total_seconds(), 0.1)
        waits = [asyncio.ensure_future(each.wait()) for each in (event, self._stop)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _needs_new_start(path: Path, config: Config) -> bool:
    """Tell whether a changed file is one that is read only once: configuration, templates, translations."""
    look = config.templates
    return path == config.file.absolute() or (look is not None and path.is_relative_to(look))


def _next_day(room: Pressroom, now: datetime) -> datetime:
    """Give the next midnight of the organisation: what is coming and what is over changes then."""
    zone = ZoneInfo(room.config.organisation.timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone)


def _tell(decision: Decision) -> None:
    if not decision.won or decision.outcome == "not-due":
        return
    issue = decision.issue
    logbook.event(
        "issue-made" if issue else "no-issue",
        newsletter=decision.newsletter,
        slot=decision.slot,
        outcome=decision.outcome,
        detail=decision.detail,
        issue=issue.number if issue else None,
        state=issue.state if issue else None,
        queued=decision.queued,
    )


def _unwatched(_issue: IssueRow, _tally: Tally) -> None:
    return None
