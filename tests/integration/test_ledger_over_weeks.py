"""Promises 1 and 2 over time: whatever happens to items, runs and clocks in 30 weeks, each item goes out
in exactly one issue, and each slot has one issue or one reason.

The weeks are drawn from a seed and played against the real ledger, on both databases. Runs that fire twice
do so at once, from threads with connections of their own; one fixed scenario does it from real processes.
"""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from content.newsroom import Item
from newsletter import lifecycle
from newsletter.compose import Composition
from newsletter.issue import from_json
from newsletter.issuing import Decision
from newsletter.schedule import Schedule, instant, slot_name, wall_clock
from storage import issues, slots
from storage.engine import open_engine, reading
from tests import processes
from tests.newsletter.issuers import FakeRenderer, run
from tests.scenarios import NOW, STOCKHOLM, an_item, subscribe

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
WEEKS = 30
ROOM = 4
CATEGORIES = ["news", "press"]
SEEDS = [1, 2, 3, 4]


@dataclass
class World:
    """The newsroom as it changes, and what the tests hold about it without asking the ledger.

    `visible` is since when each item could be seen; an embargoed one is not there before. `archive` is
    what was old when the newsletter started.
    """

    engine: Engine
    chance: random.Random
    items: dict[str, Item] = field(default_factory=dict)
    visible: dict[str, datetime] = field(default_factory=dict)
    archive: set[str] = field(default_factory=set)
    composed: list[tuple[datetime, Composition]] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)

    def add(self, now: datetime, **over: Any) -> str:
        key = f"i{len(self.items):03}"
        published = over.pop("published", now - timedelta(hours=self.chance.randrange(1, 100)))
        self.items[key] = an_item(key=key, published=published, **over)
        self.visible[key] = max(now, published)
        return key

    def public(self, now: datetime) -> list[Item]:
        return [item for item in self.items.values() if self.visible[item.key] <= now]

    def fire(self, now: datetime, **settings: Any) -> Decision:
        seen = {key: since for key, since in self.visible.items() if since <= now}
        rules = {"categories": CATEGORIES, "max_items": ROOM, "schedule": "fri 07:00"}
        slow = FakeRenderer(then=lambda: time.sleep(0.01))  # so that two at once overlap
        decision = run(
            self.engine, self.public(now), now=now, visible_since=seen, renderer=slow, **rules | settings
        )
        self.happened["lost"] += not decision.won
        if decision.won and decision.composition is not None and decision.outcome == "issue":
            self.composed.append((now, decision.composition))
        self.happened[decision.outcome] += 1
        return decision


def happen(world: World, now: datetime) -> None:
    """Let a week's worth of things happen to the newsroom before `now`."""
    chance = world.chance
    for _ in range(chance.choice([0, 1, 2, 3, 4, 9])):
        kind = chance.choice(["plain", "plain", "late", "embargoed", "pinned", "elsewhere"])
        category = "blog" if kind == "elsewhere" else chance.choice(CATEGORIES)
        over: dict[str, Any] = {"category": category, "pinned": kind == "pinned" and chance.random() < 0.5}
        if kind == "late":
            over["published"] = now - timedelta(days=chance.randrange(10, 3000))
        if kind == "embargoed":
            over["published"] = now + timedelta(days=chance.randrange(1, 30))
        world.add(now - HOUR, **over)
        world.happened[kind] += 1
    for key in chance.sample(sorted(world.items), k=min(3, len(world.items))):
        world.items[key] = change(world, world.items[key], now)


def change(world: World, item: Item, now: datetime) -> Item:
    kind = world.chance.choice(["edited", "edited", "re-dated", "withdrawn", "restored", "moved"])
    if item.key in world.archive and kind == "re-dated":
        kind = "edited"  # an archive item with a new date is a new item to everybody; not what is tested here
    world.happened[kind] += 1
    if kind == "edited":
        return replace(item, title=f"{item.title}!", updated=now)
    if kind == "re-dated" and world.visible[item.key] <= now:
        return replace(item, published=now - timedelta(days=world.chance.randrange(0, 400)))
    if kind == "withdrawn":
        return replace(item, withdrawn=now)
    if kind == "restored":
        return replace(item, withdrawn=None)
    if kind == "moved" and item.category in CATEGORIES:
        return replace(item, category=world.chance.choice(CATEGORIES))
    return item


def fire_late(world: World, now: datetime) -> None:
    world.fire(now + timedelta(minutes=world.chance.randrange(1, 360)))


def fire_twice(world: World, now: datetime) -> None:
    at_once(lambda: world.fire(now), lambda: world.fire(now + timedelta(seconds=1)))


def fire_by_hand(world: World, now: datetime) -> None:
    """By hand, in the very minute of the slot, beside the scheduler."""
    at_once(lambda: world.fire(now, by_hand=True), lambda: world.fire(now))


def fire_again(world: World, now: datetime) -> None:
    """The clock is set back, and the hours come again."""
    for moment in (now, now - 2 * HOUR, now):
        world.fire(moment)


def fire_paused(world: World, now: datetime) -> None:
    lifecycle.pause(world.engine, "weekly", now - HOUR)
    world.fire(now)
    lifecycle.resume(world.engine, "weekly")


def fire_approved(world: World, now: datetime) -> None:
    made = world.fire(now, approval="required")
    if made.issue is not None:
        lifecycle.approve(world.engine, "weekly", made.issue.number, FakeRenderer(), now + HOUR)


def fire_refused(world: World, now: datetime) -> None:
    made = world.fire(now, approval=world.chance.choice(["none", "required"]))
    if made.issue is not None:
        lifecycle.cancel(world.engine, "weekly", made.issue.number, now + HOUR)


RUNS: dict[str, Callable[[World, datetime], object]] = {
    "once": World.fire,
    "late": fire_late,
    "twice": fire_twice,
    "by hand": fire_by_hand,
    "clock set back": fire_again,
    "missed": lambda _world, _now: None,
    "paused": fire_paused,
    "approved": fire_approved,
    "not approved": lambda world, now: world.fire(now, approval="required"),
    "cancelled": fire_refused,
}


def at_once(*calls: Any) -> None:
    """Call from threads of their own, all at one moment; fail if one fails."""
    barrier, failures = threading.Barrier(len(calls)), []

    def work(call: Any) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def play(world: World) -> datetime:
    """Play the weeks, then quiet ones until what waits has gone out; give the last moment."""
    for key in ("old1", "old2"):
        world.items[key] = an_item(key=key, published=NOW - timedelta(days=30))
        world.visible[key] = NOW - timedelta(days=30)
    world.archive = {"old1", "old2"}
    world.add(NOW - HOUR)
    assert world.fire(NOW).outcome == "no-subscribers"
    subscribe(world.engine)
    subscribe(world.engine, "bo@example.org", categories=("press",), language="en")
    now = NOW
    runs = [*RUNS] * (WEEKS // len(RUNS))
    world.chance.shuffle(runs)
    for kind in runs:
        now = wall_week_later(now)
        happen(world, now)
        RUNS[kind](world, now)
    for _ in range(WEEKS * 2):
        now = wall_week_later(now)
        if world.fire(now).outcome == "nothing-new":
            break
    return now


def wall_week_later(now: datetime) -> datetime:
    """The next Friday at seven in Stockholm, over both changes of the clock."""
    return instant(wall_clock(now, STOCKHOLM) + WEEK, STOCKHOLM)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_item_is_in_one_issue_and_each_slot_has_one_issue_or_one_reason(
    database: Engine, seed: int
) -> None:
    world = World(database, random.Random(seed))  # noqa: S311
    end = play(world)
    with reading(database) as conn:
        rows = [issues.get(conn, row.id) for row in issues.listed(conn, "weekly", 1000)]
        decided = slots.recent(conn, "weekly", 1000)
        booked = issues.mailed_items(conn, "weekly")
    made = [row for row in rows if row is not None and row.state != "cancelled"]
    contents = [(row, from_json(row.content)) for row in made]
    sent = Counter(item.key for _, issue in contents for item in issue.items)

    assert max(sent.values()) == 1, "an item in two issues"
    assert booked == {item.key: row.number for row, issue in contents for item in issue.items}
    due = {item.key for item in world.public(end) if item.category in CATEGORIES and not item.withdrawn}
    assert due - world.archive <= sent.keys(), "an item in no issue"
    assert not world.archive & sent.keys(), "the archive was mailed"
    for row, issue in contents:
        assert len(issue.items) <= ROOM
        assert all(world.visible[item.key] <= row.composed for item in issue.items), "an embargo was broken"
        assert all(item.withdrawn is None and item.category in CATEGORIES for item in issue.items)

    scheduled = Schedule.parse("fri 07:00").between(
        wall_clock(NOW - HOUR, STOCKHOLM), wall_clock(end, STOCKHOLM)
    )
    names = [row.slot for row in decided]
    assert len(names) == len(set(names))
    assert {slot_name(local) for local in scheduled} <= set(names), "a slot without issue or reason"
    with_issue = {row.slot: row.issue_id for row in decided if row.outcome == "issue"}
    by_hand = {row.slot for row in rows if row is not None and row.reason == "cancelled by hand"}
    assert {row.slot: row.id for row in made}.items() <= with_issue.items()
    assert with_issue.keys() - by_hand == {row.slot for row in made}
    assert sorted(row.number for row in rows if row is not None) == list(range(1, len(rows) + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_starves(sqlite_url: str, seed: int) -> None:
    """Whoever is left waiting has not waited longer than anyone who was taken (the pinned apart)."""
    engine = open_engine(sqlite_url)
    world = World(engine, random.Random(seed))  # noqa: S311
    play(world)
    engine.dispose()
    previous: datetime | None = None
    overflowed = 0
    for now, made in sorted(world.composed, key=lambda pair: pair[0]):
        for item in (item for item in made.items if not item.pinned):
            for other in (other for other in made.waiting if not other.pinned):
                overflowed += 1
                if previous is not None and world.visible[other.key] <= previous:
                    assert world.visible[item.key] <= world.visible[other.key]
        previous = now
    assert overflowed, "the scenario has no overflow"


def test_the_weeks_reach_everything_that_they_are_about(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    world = World(engine, random.Random(SEEDS[0]))  # noqa: S311
    play(world)
    engine.dispose()
    kinds = {
        "late",
        "embargoed",
        "pinned",
        "elsewhere",
        "edited",
        "re-dated",
        "withdrawn",
        "restored",
        "moved",
    }
    outcomes = {"lost", "not-due", "issue", "nothing-new", "no-subscribers", "paused"}
    assert kinds | outcomes <= (+world.happened).keys()


ISSUE = """
from storage.engine import open_engine
from tests.newsletter.issuers import run
from tests.scenarios import an_item
engine = open_engine(arguments[0])
ready()
decision = run(engine, [an_item(key="a"), an_item(key="b")])
print(decision.won, decision.outcome, decision.issue and decision.issue.id, decision.queued)
"""


def test_two_processes_at_once_make_one_issue(database: Engine, database_url: str) -> None:
    for number in range(20):
        subscribe(database, f"p{number}@example.org")
    ended = processes.together(ISSUE, [database_url], [database_url])
    assert [process.stderr for process in ended] == ["", ""]
    other, winner = sorted(
        (process.stdout.strip() for process in ended), key=lambda said: said.endswith(" 20")
    )
    assert winner == "True issue 1 20"
    # The other lost the race, or came when all was done.
    assert other in ("False issue 1 0", "True not-due None 0")
    with reading(database) as conn:
        assert len(issues.listed(conn)) == 1
        assert issues.mailed_items(conn, "weekly") == {"a": 1, "b": 1}


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_at_any_statement_leaves_nothing_or_everything(database: Engine) -> None:
    subscribe(database)
    reached = 0
    for at in range(1, 200):
        finished, reached = _crashing_run(database, at), at
        with reading(database) as conn:
            rows = (issues.listed(conn), slots.recent(conn, "weekly", 9), issues.mailed_items(conn, "weekly"))
        state = tuple(map(len, rows))
        if finished:
            assert state == (1, 1, 1)
            break
        assert state == (0, 0, 0), f"half of an issue after statement {at}"
    assert reached > 20, "the run has fewer statements than it should"


def _crashing_run(engine: Engine, at: int) -> bool:
    left = iter(range(at, 0, -1))

    def count(*_: Any) -> None:
        if next(left, 0) == 1:
            raise Crash

    event.listen(engine, "before_cursor_execute", count)
    try:
        run(engine, [an_item()])
    except Crash:
        return False
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return True


KILLED = """
import os, signal
from sqlalchemy import event
from storage.engine import open_engine
from tests.newsletter.issuers import run
from tests.scenarios import an_item
engine = open_engine(arguments[0])
def end(_conn, _cursor, statement, *_):
    if statement.startswith("INSERT INTO deliveries"):
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(engine, "after_cursor_execute", end)
ready()
run(engine, [an_item()])
"""


def test_a_process_killed_in_the_middle_leaves_the_slot_to_the_next(
    database: Engine, database_url: str
) -> None:
    subscribe(database)
    (killed,) = processes.together(KILLED, [database_url])
    assert killed.returncode == -signal.SIGKILL
    decision = run(database, [an_item()])
    assert (decision.outcome, decision.won, decision.queued) == ("issue", True, 1)
    assert decision.issue is not None
    assert decision.issue.number == 1
