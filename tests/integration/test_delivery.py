"""Issue 2, "must be shown" 6: a thousand subscribers and a server that has its moods, over real SMTP."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from newsletter import message, smtp
from newsletter.delivery import Means
from newsletter.errors import CourierDown
from newsletter.settings import SmtpSettings
from pressroom.sink import Received, Sink
from pressroom.sink_session import Answer
from storage import deliveries, delivery_history, suppressions
from storage.delivery_history import DeliveryRow
from storage.engine import open_engine, reading, writing
from storage.suppressions import address_hash
from tests.mailing import (
    KEY,
    TEMPLATE,
    TestClock,
    an_issue_to,
    issue_state,
    means,
    reader,
    send,
    set_issue_state,
    states,
)
from tests.scenarios import NOW

MANY = 1000


FOR_GOOD = {
    ("rcpt", 2): Answer("550 5.1.1 <{0}>: user unknown"),
    ("end", 3): Answer("554 5.7.1 looks like spam"),
    ("rcpt", 12): Answer("552 5.2.2 mailbox full"),
}
ONCE = {
    ("rcpt", 1): Answer("451 4.7.1 greylisted, come back later"),
    ("data", 4): Answer("451 4.3.0 not now"),
    ("rcpt", 5): Answer(drop=True),
    ("end", 6): Answer(drop=True),
    ("data", 7): Answer("421 4.3.2 shutting down"),
    ("content", 8): Answer(drop=True),
    ("end", 9): Answer("450 4.2.1 later"),
}


class Moods:
    """Answers by the reader's number: some are refused for good, some once, some connections break."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, stage: str, recipient: str) -> Answer | None:
        if not recipient.startswith("reader"):
            return None
        self.seen[stage, recipient] += 1
        kind = (stage, number_of(recipient) % 20)
        if kind in FOR_GOOD:
            answer = FOR_GOOD[kind]
            return Answer(answer.line.format(recipient))
        return ONCE.get(kind) if self.seen[stage, recipient] == 1 else None


def number_of(recipient: str) -> int:
    return int(recipient.removeprefix("reader").partition("@")[0])


def over_smtp(engine: Engine, sink: Sink, **over: Any) -> Means:
    settings = SmtpSettings(url=sink.url, connections=10, local_hostname="mail.example.org")
    return means(engine, couriers=smtp.couriers(settings), connections=10, **over)


async def test_a_thousand_readers_and_a_moody_server(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(MANY)])
    mails: list[Received] = []
    async with Sink(mails.append, Moods()).listening() as sink:
        by = over_smtp(database, sink)
        tally = await send(by, issue, patience=timedelta(days=3))
        received = len(mails)
        again = await send(by, issue, patience=timedelta(days=3))

    failing = {n for n in range(MANY) if n % 20 in (2, 3, 12)}
    assert (tally.failed, tally.finished) == (len(failing), True)
    assert states(database, issue) == {"sent": MANY - len(failing), "failed": len(failing)}
    assert issue_state(database, issue) == "sent"
    assert (again.sent, len(mails)) == (0, received), "a second run mails nobody twice"

    times = Counter(number_of(mail.recipient) for mail in mails)
    assert set(times) == set(range(MANY)) - failing
    twice = {n for n, number in times.items() if number == 2}
    assert twice == {n for n in range(MANY) if n % 20 == 6}, "only where the server broke off after the dot"
    assert max(times.values()) == 2
    for mail in mails:
        expected = message.recipient(KEY, "weekly", 1, NOW, ids[mail.recipient], mail.recipient)
        assert mail.message == message.fill(TEMPLATE, expected)

    rows = {row.subscriber_id: row for row in rows_of(database, issue)}
    assert rows[ids[reader(2)]].reply == f"550 5.1.1 <{reader(2)}>: user unknown"
    assert rows[ids[reader(3)]].reply == "554 5.7.1 looks like spam"
    assert {rows[ids[reader(n)]].attempts for n in (1, 4, 5, 6, 7, 8, 9)} == {2}
    assert suppressed(database) == {n for n in range(MANY) if n % 20 == 2}


def rows_of(engine: Engine, issue: int) -> list[DeliveryRow]:
    with reading(engine) as conn:
        return list(delivery_history.listed(conn, issue, ["sent", "failed"]))


def suppressed(engine: Engine) -> set[int]:
    with reading(engine) as conn:
        found = suppressions.among(conn, [address_hash(reader(n)) for n in range(MANY)])
    return {n for n in range(MANY) if address_hash(reader(n)) in found}


async def test_a_server_that_is_down_leaves_everything_queued(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(20)])
    mails: list[Received] = []
    async with Sink(mails.append).listening() as sink:
        pass
    clock = TestClock()
    with pytest.raises(CourierDown, match=rf"127\.0\.0\.1:{sink.port}: .*sending has stopped"):
        await send(over_smtp(database, sink, clock=clock), issue)
    assert states(database, issue) == {"queued": 20}
    async with Sink(mails.append).listening(sink.port):
        assert (await send(over_smtp(database, sink), issue)).sent == 20


async def test_a_held_delivery_is_only_sent_again_when_a_person_says_so(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(6), reader(10)])
    mails: list[Received] = []
    async with Sink(mails.append, Moods()).listening() as sink:
        by = over_smtp(database, sink, smtp={"uncertain": "hold"})
        tally = await send(by, issue, patience=timedelta(days=1))
        assert (tally.uncertain, tally.finished) == (1, True)
        assert states(database, issue) == {"sent": 1, "held": 1}
        with writing(database) as conn:
            assert deliveries.retry_failed(conn, issue, NOW) == 1
        set_issue_state(database, issue, "queued")
        await send(by, issue)
    assert states(database, issue) == {"sent": 2}


async def test_a_server_that_stalls_holds_up_only_its_own_connection(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    issue, _ = an_issue_to(engine, [reader(n) for n in range(40)])

    def stall(stage: str, recipient: str) -> Answer | None:
        return Answer(delay=1.0) if stage == "rcpt" and recipient == reader(0) else None

    times: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    async with Sink(lambda mail: times.update({mail.recipient: loop.time()}), stall).listening() as sink:
        tally = await send(over_smtp(engine, sink), issue)
    engine.dispose()
    assert tally.sent == 40
    assert max(times, key=lambda recipient: times[recipient]) == reader(0)
