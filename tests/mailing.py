"""A ledger with an issue ready to be sent, and the means to send it: what the tests of delivery share."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, update

from newsletter.courier import Courier, Envelope
from newsletter.delivery import COUNTED, Means, Tally, deliver
from newsletter.issue import to_json
from newsletter.outcome import Kind, Outcome
from newsletter.places import MESSAGE_ID, PREFERENCES, RECIPIENT, UNSUBSCRIBE
from newsletter.settings import SmtpSettings
from storage import deliveries, editions, issues, newsletters, subscribers
from storage.engine import reading, writing
from storage.schema import issues as issue_table
from storage.subscribers import NewSubscriber, Subscription
from tests.scenarios import NOW, an_issue

KEY = b"k" * 32
TEMPLATE = (
    f"From: News <news@example.org>\r\nTo: {RECIPIENT}\r\nSubject: An issue\r\n"
    f"Message-ID: <{MESSAGE_ID}@example.org>\r\n\r\n.A line with a dot\r\n"
    f"https://news.example.org/unsubscribe/{UNSUBSCRIBE}\r\n"
    f"https://news.example.org/preferences/{PREFERENCES}\r\n.\r\n..\r\nThe end.\r\n"
).encode()


class TestClock:
    """Stands still but for those who sleep on it."""

    __test__ = False

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class RememberingCourier:
    """Takes every mail; `outcomes` answers otherwise by recipient, one after the other."""

    def __init__(self, outcomes: Callable[[Envelope], Outcome | None] = lambda _: None) -> None:
        self.outcomes = outcomes
        self.mails: list[Envelope] = []
        self.readied = 0
        self.closed = 0

    async def ready(self) -> None:
        self.readied += 1

    async def deliver(self, envelope: Envelope) -> Outcome:
        self.mails.append(envelope)
        await asyncio.sleep(0)
        return self.outcomes(envelope) or Outcome(Kind.SENT, "250 2.0.0 kept")

    async def close(self) -> None:
        self.closed += 1


def reader(number: int) -> str:
    return f"reader{number}@example.com"


def subscribe(engine: Engine, addresses: list[str], newsletter: str = "weekly") -> dict[str, int]:
    people = [NewSubscriber(address, address, None, NOW) for address in addresses]
    with writing(engine) as conn:
        ids = subscribers.add(conn, people)
        subscribers.subscribe(
            conn, [Subscription(number, newsletter, "active", NOW) for number in ids.values()]
        )
    return ids


def an_issue_to(
    engine: Engine, addresses: list[str], *, template: bytes = TEMPLATE, number: int = 1
) -> tuple[int, dict[str, int]]:
    """Subscribe people and queue an issue to them; give its id and the subscribers'."""
    ids = subscribe(engine, addresses)
    return queue_issue(engine, template=template, number=number), ids


def queue_issue(engine: Engine, *, template: bytes = TEMPLATE, number: int = 1) -> int:
    with writing(engine) as conn:
        newsletters.meet(conn, "weekly", NOW)
        row = issues.create(
            conn,
            newsletter="weekly",
            number=number,
            slot=f"2026-10-{number:02d}T07:00",
            state="queued",
            subject="An issue",
            composed=NOW,
            content=to_json(an_issue(number=number)),
        )
        editions.add(conn, row.id, "*", "sv", "An issue", template)
        deliveries.queue(conn, row.id, "weekly", "sv", NOW)
    return row.id


def means(engine: Engine, courier: Courier | None = None, **over: Any) -> Means:
    clock = over.pop("clock", None) or TestClock()
    settings = SmtpSettings(connections=over.pop("connections", 3), **over.pop("smtp", {}))
    taker = courier or RememberingCourier()
    made = Means(
        engine=engine,
        settings=settings,
        couriers=lambda: taker,
        key=KEY,
        owner="this-process",
        gone=lambda _: False,
        clock=clock,
        sleep=clock.sleep,
        chance=lambda: 0.0,
    )
    return replace(made, **over)


async def send(by: Means, issue_id: int, patience: timedelta = timedelta(0), **over: Any) -> Tally:
    """Deliver what is due, and for as long as `patience` lasts what becomes due; tell it as one tally."""
    until, stop = by.clock() + patience, over.setdefault("stop", asyncio.Event())
    tally = await deliver(by, issue_id, **over)
    while tally.again_at is not None and tally.again_at <= until and not stop.is_set():
        if issue_state(by.engine, issue_id) not in deliveries.SENDABLE_ISSUES:
            break
        await by.sleep(max((tally.again_at - by.clock()).total_seconds(), 0.05))
        more = await deliver(by, issue_id, **over)
        counted = {name: getattr(tally, name) + getattr(more, name) for name in COUNTED if name != "total"}
        tally = replace(more, total=tally.total, **counted)
    return tally


def states(engine: Engine, issue_id: int) -> dict[str, int]:
    with reading(engine) as conn:
        return deliveries.counts(conn, issue_id)


def issue_state(engine: Engine, issue_id: int) -> str:
    with reading(engine) as conn:
        row = issues.get(conn, issue_id)
    return row.state if row else ""


def set_issue_state(engine: Engine, issue_id: int, state: str) -> None:
    with writing(engine) as conn:
        conn.execute(update(issue_table).where(issue_table.c.id == issue_id).values(state=state))


def file_url(path: Path) -> str:
    return f"sqlite:///{path}"
