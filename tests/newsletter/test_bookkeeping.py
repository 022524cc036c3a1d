"""What was said is written, in order, many in one transaction, and in spite of a database that fails."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from newsletter.bookkeeping import WAITS, Bookkeeper, Closing, Post
from storage.errors import DatabaseError
from storage.leases import Claimed, Finish
from tests.mailing import an_issue_to, reader, states
from tests.scenarios import NOW


class Database:
    """Counts transactions by the questions for the time, and fails the next ones when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failures = 0
        self.slept: list[float] = []

    def clock(self) -> datetime:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            message = "the disk is full"
            raise DatabaseError(message)
        return NOW

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def a_book(engine: Engine, issue: int, database: Database) -> Bookkeeper:
    post = Post(issue, "weekly", "me", timedelta(minutes=10))
    return Bookkeeper(engine, post, database.clock, database.sleep)


def sent(claimed: Claimed) -> Closing:
    return Closing(claimed, Finish(claimed.subscriber_id, "sent", "250 ok", NOW))


async def test_what_many_workers_say_at_once_is_written_together(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(40)])
    asked = Database()
    book = a_book(database, issue, asked)
    claimed = await book.claim(40)
    before = asked.asked
    started = await asyncio.gather(*(book.start(row) for row in claimed))
    await book.close()
    assert all(row.subscriber_id in answer.ready for row, answer in zip(claimed, started, strict=True))
    assert asked.asked - before <= 4, "forty starts in one transaction or two"
    assert states(database, issue) == {"sending": 40}


async def test_an_outcome_is_committed_no_later_than_the_next_start(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1), reader(2)])
    book = a_book(database, issue, Database())
    first, second = await book.claim(2)
    await book.start(first)
    book.finish(sent(first))
    assert states(database, issue) == {"sending": 2}
    await book.start(second)
    assert states(database, issue) == {"sent": 1, "sending": 1}
    await book.close()


async def test_an_outcome_outlives_a_database_that_fails_for_a_while(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1), reader(2)])
    asked = Database()
    book = a_book(database, issue, asked)
    first, second = await book.claim(2)
    await book.start(first)
    book.finish(sent(first))
    asked.failures = 3
    with pytest.raises(DatabaseError):
        await book.start(second)
    await book.settle()
    await book.close()
    assert asked.slept == [1, 2]
    assert states(database, issue) == {"sent": 1, "sending": 1}


async def test_a_database_that_fails_for_long_is_said(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1)])
    asked = Database()
    book = a_book(database, issue, asked)
    [row] = await book.claim(1)
    await book.start(row)
    book.finish(sent(row))
    asked.failures = 100
    with pytest.raises(DatabaseError, match="disk is full"):
        await book.settle()
    await book.close()
    assert asked.slept == list(WAITS)
