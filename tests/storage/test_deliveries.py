from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from storage import deliveries, delivery_history, editions, leases, subscribers, suppressions
from storage.engine import open_engine, reading, writing
from storage.leases import Claimed, Finish, Lease
from storage.schema import deliveries as table
from storage.subscribers import NewSubscriber, Subscription
from storage.suppressions import address_hash
from tests.mailing import an_issue_to, queue_issue, reader, set_issue_state
from tests.scenarios import NOW

HOUR = timedelta(hours=1)


def a_lease(owner: str = "me", now: datetime = NOW, length: timedelta = HOUR) -> Lease:
    return Lease(owner, now, now + length)


def claim(engine: Engine, issue: int, lease: Lease | None = None, limit: int = 100) -> list[Claimed]:
    with writing(engine) as conn:
        return leases.claim(conn, issue, lease or a_lease(), limit)


def start(engine: Engine, issue: int, numbers: list[int], lease: Lease | None = None) -> leases.Started:
    with writing(engine) as conn:
        return leases.start(conn, issue, "weekly", numbers, lease or a_lease())


def finish(engine: Engine, issue: int, number: int, state: str, owner: str = "me", **over: object) -> None:
    values = {"reply": "250 ok", "next_attempt": NOW, **over}
    with writing(engine) as conn:
        leases.finish(conn, issue, [Finish(number, state, **values)], owner, NOW)  # type: ignore[arg-type]


def counts(engine: Engine, issue: int) -> dict[str, int]:
    with reading(engine) as conn:
        return deliveries.counts(conn, issue)


def reclaim(engine: Engine, issue: int, now: datetime, *, copies: int = 3, **over: object) -> tuple[int, int]:
    with writing(engine) as conn:
        lost = leases.reclaim(conn, issue, now, copies=copies, **over)  # type: ignore[arg-type]
    return lost.queued, lost.uncertain


def test_queueing_twice_adds_nobody_twice(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(5)])
    with writing(database) as conn:
        assert deliveries.queue(conn, issue, "weekly", "sv", NOW) == 0
        newcomers = subscribers.add(conn, [NewSubscriber("new@example.org", "new@example.org", None, NOW)])
        subscribers.subscribe(
            conn, [Subscription(number, "weekly", "active", NOW) for number in newcomers.values()]
        )
        assert deliveries.queue(conn, issue, "weekly", "sv", NOW) == 1
    assert counts(database, issue) == {"queued": 6}


def test_everybody_is_queued_with_the_edition_of_their_choice_and_language(database: Engine) -> None:
    issue = queue_issue(database)
    wishes = {
        "a": (None, None),
        "b": ("sv", None),
        "c": ("en", None),
        "d": (None, ("press", "news")),
        "e": ("fi", None),
        "f": ("en", ("news", "press")),
    }
    with writing(database) as conn:
        people = [NewSubscriber(name, name, language, NOW) for name, (language, _) in wishes.items()]
        ids = subscribers.add(conn, people)
        subscribers.subscribe(
            conn, [Subscription(ids[name], "weekly", "active", NOW, wishes[name][1]) for name in wishes]
        )
        for choice, language in (("*", "en"), ("news,press", "sv"), (editions.WEB, "sv")):
            editions.add(conn, issue, choice, language, "An issue", b"")
        assert deliveries.queue(conn, issue, "weekly", "sv", NOW) == 4
        made = {row.id: (row.choice, row.language) for row in editions.of_issue(conn, issue)}
        queued = conn.execute(select(table.c.subscriber_id, table.c.edition_id)).all()
    names = {number: name for name, number in ids.items()}
    assert {names[row.subscriber_id]: made[row.edition_id] for row in queued} == {
        "a": ("*", "sv"),
        "b": ("*", "sv"),
        "c": ("*", "en"),
        "d": ("news,press", "sv"),
    }, "for the others no edition was made"


def test_two_claims_never_hold_the_same_row(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(10)])
    mine = claim(database, issue, a_lease("me"), 6)
    theirs = claim(database, issue, a_lease("they"), 100)
    assert (len(mine), len(theirs)) == (6, 4)
    assert {row.subscriber_id for row in mine + theirs} == set(ids.values())
    assert claim(database, issue) == []
    assert mine[0].address in ids
    assert (mine[0].attempts, mine[0].queued) == (0, NOW)


def test_claims_in_two_open_transactions_pass_each_other_over(postgresql_url: str) -> None:
    """SKIP LOCKED: on PostgreSQL nobody waits for the other's batch."""
    engine = open_engine(postgresql_url)
    issue, _ = an_issue_to(engine, [reader(n) for n in range(10)])
    with writing(engine) as one, writing(engine) as two:
        mine = leases.claim(one, issue, a_lease("me"), 4)
        theirs = leases.claim(two, issue, a_lease("they"), 100)
    engine.dispose()
    assert (len(mine), len(theirs)) == (4, 6)


@pytest.mark.parametrize("state", ["awaiting-approval", "paused", "cancelled", "sent"])
def test_nothing_is_claimed_or_started_of_an_issue_that_may_not_be_sent(database: Engine, state: str) -> None:
    issue, ids = an_issue_to(database, [reader(1), reader(2)])
    claim(database, issue, limit=1)
    set_issue_state(database, issue, state)
    assert claim(database, issue) == []
    assert start(database, issue, list(ids.values())) == leases.Started(frozenset(), frozenset())


def test_what_is_not_due_is_not_claimed(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    [row] = claim(database, issue)
    start(database, issue, [row.subscriber_id])
    finish(database, issue, row.subscriber_id, "deferred", next_attempt=NOW + HOUR)
    assert claim(database, issue, a_lease(now=NOW + HOUR - timedelta(seconds=1))) == []
    with reading(database) as conn:
        assert deliveries.next_due(conn, issue) == NOW + HOUR
    [again] = claim(database, issue, a_lease(now=NOW + HOUR))
    assert (again.subscriber_id, again.attempts) == (ids[reader(1)], 1)


def test_only_the_owner_starts_and_only_once_and_only_in_time(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    number = ids[reader(1)]
    claim(database, issue)
    assert start(database, issue, [number], a_lease("somebody else")).ready == frozenset()
    assert start(database, issue, [number], a_lease(now=NOW + HOUR)).ready == frozenset(), "the lease ran out"
    assert start(database, issue, [number]).ready == {number}
    assert start(database, issue, [number]).ready == frozenset()


def test_what_is_unwanted_at_the_moment_of_sending_is_suppressed(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(4)])
    claim(database, issue)
    with writing(database) as conn:
        subscribers.unsubscribe(conn, ids[reader(0)], "weekly", NOW)
        suppressions.add(conn, address_hash(reader(1)), reason="complaint", now=NOW)
        subscribers.erase(conn, ids[reader(2)])
    begun = start(database, issue, list(ids.values()))
    assert begun.ready == {ids[reader(3)]}
    assert begun.suppressed == {ids[reader(n)] for n in (0, 1, 2)}
    assert counts(database, issue) == {"suppressed": 3, "sending": 1}


def test_a_finish_by_somebody_who_lost_the_row_changes_nothing(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    number = ids[reader(1)]
    claim(database, issue)
    start(database, issue, [number])
    finish(database, issue, number, "failed", owner="somebody else")
    assert counts(database, issue) == {"sending": 1}
    finish(database, issue, number, "sent")
    finish(database, issue, number, "failed")
    assert counts(database, issue) == {"sent": 1}


def test_that_a_lost_delivery_was_sent_after_all_is_still_written_down(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1), reader(2)])
    claim(database, issue)
    start(database, issue, list(ids.values()))
    assert reclaim(database, issue, NOW + HOUR) == (0, 2)
    finish(database, issue, ids[reader(1)], "sent")
    finish(database, issue, ids[reader(2)], "failed")
    assert counts(database, issue) == {"sent": 1, "uncertain": 1}


def test_after_a_crash_what_was_not_started_is_queued_and_the_rest_uncertain(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(5)])
    claim(database, issue, limit=4)
    start(database, issue, [ids[reader(0)]])
    assert reclaim(database, issue, NOW + HOUR - timedelta(seconds=1)) == (0, 0), "the lease holds"
    assert reclaim(database, issue, NOW + HOUR) == (3, 1)
    assert counts(database, issue) == {"queued": 4, "uncertain": 1}
    assert len(claim(database, issue, a_lease(now=NOW + HOUR))) == 5


def test_a_started_delivery_has_a_new_lease_from_its_start(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    claim(database, issue)
    start(database, issue, list(ids.values()), a_lease(now=NOW + HOUR / 2))
    assert reclaim(database, issue, NOW + HOUR) == (0, 0)
    assert reclaim(database, issue, NOW + HOUR * 1.5) == (0, 1)


def test_an_uncertain_delivery_can_be_held_until_a_person_decides(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    claim(database, issue)
    start(database, issue, list(ids.values()))
    assert reclaim(database, issue, NOW + HOUR, copies=1) == (0, 1)
    assert counts(database, issue) == {"held": 1}
    assert claim(database, issue, a_lease(now=NOW + 2 * HOUR)) == []
    with writing(database) as conn:
        assert not deliveries.unfinished(conn, issue)
        assert deliveries.next_due(conn, issue) is None
        assert deliveries.retry_failed(conn, issue, NOW) == 1
        assert deliveries.unfinished(conn, issue)
    assert len(claim(database, issue)) == 1


def test_a_mail_by_which_a_process_falls_each_time_is_held_after_the_third(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    for hour in range(3):
        lease = a_lease(now=NOW + hour * HOUR)
        assert len(claim(database, issue, lease)) == 1
        start(database, issue, list(ids.values()), lease)
        assert reclaim(database, issue, NOW + (hour + 1) * HOUR) == (0, 1)
    assert counts(database, issue) == {"held": 1}
    assert claim(database, issue, a_lease(now=NOW + 9 * HOUR)) == []


def test_the_rows_of_a_process_that_is_gone_need_not_wait_for_their_lease(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(4)])
    claim(database, issue, a_lease("gone"), 2)
    claim(database, issue, a_lease("alive"), 1)
    with reading(database) as conn:
        assert leases.owners(conn, issue) == {"gone", "alive"}
    assert reclaim(database, issue, NOW, gone=["gone"]) == (2, 0)
    assert counts(database, issue) == {"queued": 3, "sending": 1}


def test_what_was_claimed_and_not_started_is_given_back(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(4)])
    claim(database, issue, a_lease("other"), 1)
    mine = claim(database, issue)
    start(database, issue, [mine[0].subscriber_id])
    with writing(database) as conn:
        assert leases.give_back(conn, issue, "me") == 2
        assert deliveries.unfinished(conn, issue)
    assert counts(database, issue) == {"sending": 2, "queued": 2}
    assert set(ids.values()) > {row.subscriber_id for row in claim(database, issue)}


def test_what_failed_can_be_queued_again_and_keeps_its_attempts(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1), reader(2)])
    claim(database, issue)
    start(database, issue, list(ids.values()))
    finish(database, issue, ids[reader(1)], "failed", reply="550 no")
    finish(database, issue, ids[reader(2)], "sent")
    with writing(database) as conn:
        assert deliveries.retry_failed(conn, issue, NOW + HOUR) == 1
    [row] = claim(database, issue, a_lease(now=NOW + HOUR))
    assert (row.subscriber_id, row.attempts, row.queued) == (ids[reader(1)], 1, NOW + HOUR)


def test_an_erased_person_leaves_rows_without_words(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1), reader(2)])
    number = ids[reader(1)]
    claim(database, issue)
    start(database, issue, [number])
    finish(database, issue, number, "failed", reply=f"550 {reader(1)} unknown")
    other = queue_issue(database, number=2)
    with writing(database) as conn:
        assert delivery_history.failures(conn, number, apart_from=other) == [f"550 {reader(1)} unknown"]
        assert delivery_history.failures(conn, number, apart_from=issue) == []
        delivery_history.forget(conn, number, NOW)
        subscribers.erase(conn, number)
        rows = delivery_history.of_subscriber(conn, number, 10)
        failed = list(delivery_history.listed(conn, issue, ["failed", "sending"], page=1))
    assert [(row.issue_id, row.state, row.reply, row.address) for row in rows] == [
        (other, "suppressed", "", None),
        (issue, "failed", "", None),
    ]
    assert [row.address for row in failed] == [None, reader(2)]
