"""The rows of single letters: claimed once, started by their owner alone, taken back after a crash."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from storage import letters
from storage.engine import reading, writing
from storage.leases import Lease
from storage.letters import Letter, NewLetter
from storage.schema import letters as table
from tests.scenarios import NOW

LATER = NOW + timedelta(minutes=10)


def queued(engine: Engine, *addresses: str, now: datetime = NOW) -> list[int]:
    with writing(engine) as conn:
        new = [NewLetter("confirm", each, each, "sv", ("weekly",), 1, LATER) for each in addresses]
        return [letters.queue(conn, each, now) for each in new]


def claim(engine: Engine, owner: str = "me", now: datetime = NOW, limit: int = 10) -> list[Letter]:
    with writing(engine) as conn:
        return letters.claim(conn, Lease(owner, now, now + timedelta(minutes=10)), limit)


def start(engine: Engine, number: int, owner: str = "me", now: datetime = NOW) -> bool:
    with writing(engine) as conn:
        return letters.start(conn, number, Lease(owner, now, now + timedelta(minutes=10)))


def finish(engine: Engine, number: int, state: str = "sent", owner: str = "me") -> bool:
    with writing(engine) as conn:
        return letters.finish(conn, number, owner, state=state, reply="250 ok", next_attempt=LATER, now=NOW)


def states(engine: Engine) -> list[str]:
    with reading(engine) as conn:
        return list(conn.execute(select(table.c.state).order_by(table.c.id)).scalars())


def test_a_letter_is_claimed_once_the_oldest_first(database: Engine) -> None:
    queued(database, "b@example.org", now=NOW + timedelta(seconds=1))
    queued(database, "a@example.org")
    first = claim(database, now=LATER, limit=1)
    assert [(each.address, each.newsletters, each.attempts) for each in first] == [
        ("a@example.org", ("weekly",), 0)
    ]
    assert [each.address for each in claim(database, "other", LATER)] == ["b@example.org"]
    assert claim(database, "third", LATER) == []


def test_a_letter_is_not_claimed_before_its_time(database: Engine) -> None:
    queued(database, "a@example.org", now=LATER)
    assert claim(database) == []
    with reading(database) as conn:
        assert letters.next_due(conn) == LATER


def test_only_the_owner_of_a_lease_that_lasts_starts_and_ends_a_letter(database: Engine) -> None:
    (number,) = queued(database, "a@example.org")
    claim(database)
    assert not start(database, number, "other")
    assert not start(database, number, now=NOW + timedelta(minutes=10))
    assert start(database, number)
    assert not finish(database, number, owner="other")
    assert finish(database, number)
    assert not finish(database, number)
    assert states(database) == ["sent"]


def test_a_letter_that_is_put_off_is_claimed_again_with_its_attempts(database: Engine) -> None:
    (number,) = queued(database, "a@example.org")
    claim(database)
    start(database, number)
    finish(database, number, "deferred")
    assert claim(database) == []
    assert [each.attempts for each in claim(database, now=LATER)] == [1]


@pytest.mark.parametrize("by", ["lease", "gone"])
def test_what_a_crash_leaves_is_taken_back(database: Engine, by: str) -> None:
    first, _ = queued(database, "a@example.org", "b@example.org")
    claim(database)
    start(database, first)
    now, gone = (LATER, ()) if by == "lease" else (NOW, ("me",))
    with writing(database) as conn:
        assert letters.reclaim(conn, NOW, copies=3) == 0
        assert letters.reclaim(conn, now, gone=gone, copies=3) == 2
        assert letters.owners(conn) == set()
    assert states(database) == ["uncertain", "queued"]
    assert len(claim(database, "other", LATER)) == 2


def test_a_letter_by_which_a_process_falls_each_time_is_given_up(database: Engine) -> None:
    (number,) = queued(database, "a@example.org")
    for _ in range(3):
        claim(database)
        start(database, number)
        with writing(database) as conn:
            assert letters.reclaim(conn, NOW, gone=["me"], copies=3) == 1
    assert states(database) == ["failed"]


def test_what_was_not_started_is_given_back(database: Engine) -> None:
    first, _ = queued(database, "a@example.org", "b@example.org")
    claim(database)
    start(database, first)
    with writing(database) as conn:
        assert letters.give_back(conn, "me") == 1
        assert letters.counts(conn) == {("confirm", "sending"): 1, ("confirm", "queued"): 1}


def test_letters_are_forgotten_by_address_and_by_age(database: Engine) -> None:
    first, *_ = queued(database, "a@example.org", "b@example.org", "c@example.org")
    (letter, *_) = claim(database, limit=1)
    start(database, first)
    finish(database, first)
    with writing(database) as conn:
        assert letters.forget_old(conn, NOW) == 0
        assert letters.forget_old(conn, LATER) == 1
        assert letters.forget(conn, letter.address_hash) == 0
        (second, *_) = letters.claim(conn, Lease("me", NOW, LATER), 1)
        assert letters.forget(conn, second.address_hash) == 1
    assert states(database) == ["queued"]
