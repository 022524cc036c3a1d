"""What an operator does to issues: approve, cancel, pause, resume, retry."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from newsletter import lifecycle
from newsletter.errors import IssueError
from newsletter.issuing import Decision
from storage import deliveries, editions, issues, leases, slots, subscribers
from storage.engine import reading, writing
from storage.issues import IssueRow
from storage.leases import Finish, Lease
from tests.newsletter.issuers import FakeRenderer, run
from tests.scenarios import NOW, an_item, subscribe

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
LEASE = Lease("worker", NOW, NOW + HOUR)


def state(database: Engine, number: int = 1) -> str:
    return issue(database, number).state


def issue(database: Engine, number: int = 1) -> IssueRow:
    with reading(database) as conn:
        row = issues.find(conn, "weekly", number)
    assert row is not None
    return row


def counts(database: Engine, number: int = 1) -> dict[str, int]:
    row = issue(database, number)
    with reading(database) as conn:
        return deliveries.counts(conn, row.id)


def awaiting(database: Engine) -> Decision:
    subscribe(database)
    return run(database, [an_item(key="a")], approval="required")


def test_an_approved_issue_is_queued_to_its_subscribers(database: Engine) -> None:
    awaiting(database)
    assert lifecycle.approve(database, "weekly", 1, FakeRenderer(), NOW + HOUR) == 1
    assert (state(database), counts(database)) == ("queued", {"queued": 1})


def test_who_subscribes_before_the_approval_gets_the_issue_too(database: Engine) -> None:
    awaiting(database)
    subscribe(database, "eva@example.org", language="en")
    renderer = FakeRenderer()
    assert lifecycle.approve(database, "weekly", 1, renderer, NOW + HOUR) == 2
    assert renderer.asked == [(1, "*", "en")], "only what is missing is rendered"


def test_a_group_that_appears_during_the_approval_gets_its_edition(database: Engine) -> None:
    awaiting(database)
    subscribe(database, "eva@example.org", language="en")
    late = FakeRenderer(then=lambda: subscribe(database, "li@example.org", categories=("news",)) and None)
    assert lifecycle.approve(database, "weekly", 1, late, NOW + HOUR) == 3
    with reading(database) as conn:
        made = editions.of_issue(conn, issue(database).id)
    assert sorted((edition.choice, edition.language) for edition in made) == [
        ("*", "en"),
        ("*", "sv"),
        ("news", "sv"),
    ]


def test_an_issue_is_approved_once(database: Engine) -> None:
    awaiting(database)
    lifecycle.approve(database, "weekly", 1, FakeRenderer(), NOW + HOUR)
    with pytest.raises(IssueError, match="cannot approve weekly 1: it is queued"):
        lifecycle.approve(database, "weekly", 1, FakeRenderer(), NOW + HOUR)
    assert counts(database) == {"queued": 1}


def test_an_issue_without_readers_keeps_waiting(database: Engine) -> None:
    person = subscribe(database)
    run(database, [an_item()], approval="required")
    with writing(database) as conn:
        subscribers.unsubscribe(conn, person, "weekly", NOW)
    with pytest.raises(IssueError, match="nobody to send it to"):
        lifecycle.approve(database, "weekly", 1, FakeRenderer(), NOW + HOUR)
    assert state(database) == "awaiting-approval"


def test_an_issue_that_the_next_one_replaced_cannot_be_approved(database: Engine) -> None:
    awaiting(database)
    run(database, [an_item(key="a")], now=NOW + WEEK, approval="required")
    with pytest.raises(IssueError, match=r"it is cancelled \(not approved before the next issue\)"):
        lifecycle.approve(database, "weekly", 1, FakeRenderer(), NOW + WEEK)


def test_cancelling_before_the_first_mail_gives_the_items_back(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item(key="a")])
    assert lifecycle.cancel(database, "weekly", 1, NOW, "wrong picture") == lifecycle.Cancelled(1, 1, 0)
    assert (state(database), issue(database).reason) == ("cancelled", "wrong picture")
    second = run(database, [an_item(key="a")], now=NOW + WEEK)
    assert second.issue is not None
    assert second.composition is not None
    assert [item.key for item in second.composition.items] == ["a"]


def test_nothing_is_claimed_of_a_cancelled_issue(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item()])
    lifecycle.cancel(database, "weekly", 1, NOW)
    with writing(database) as conn:
        assert leases.claim(conn, issue(database).id, LEASE, 10) == []


def test_cancelling_a_claimed_issue_that_nobody_got_gives_the_items_back(database: Engine) -> None:
    person = subscribe(database)
    run(database, [an_item()])
    issue_id = issue(database).id
    with writing(database) as conn:
        assert len(leases.claim(conn, issue_id, LEASE, 10)) == 1
    assert lifecycle.cancel(database, "weekly", 1, NOW).released == 1
    with writing(database) as conn:
        assert leases.start(conn, issue_id, "weekly", [person], LEASE).ready == frozenset()


def test_cancelling_after_the_first_mail_keeps_the_items(database: Engine) -> None:
    """Who has got the issue would get them twice."""
    first = subscribe(database)
    subscribe(database, "sven@example.org")
    run(database, [an_item(key="a")])
    issue_id = issue(database).id
    with writing(database) as conn:
        leases.claim(conn, issue_id, LEASE, 1)
        (ready,) = leases.start(conn, issue_id, "weekly", [first], LEASE).ready
        leases.finish(conn, issue_id, [Finish(ready, "sent", "250 ok", NOW)], "worker", NOW)
    assert lifecycle.cancel(database, "weekly", 1, NOW) == lifecycle.Cancelled(0, 1, 1)
    assert run(database, [an_item(key="a")], now=NOW + WEEK).outcome == "nothing-new"


def test_a_mail_that_may_have_gone_out_counts_also_when_it_is_queued_again(database: Engine) -> None:
    """Otherwise who got it, as nobody knows, would get its items once more."""
    person = subscribe(database)
    run(database, [an_item(key="a")])
    issue_id = issue(database).id
    with writing(database) as conn:
        leases.claim(conn, issue_id, LEASE, 1)
        leases.start(conn, issue_id, "weekly", [person], LEASE)
        leases.reclaim(conn, issue_id, LEASE.until, copies=1)
        issues.set_state(conn, issue_id, "sent", only_from=("queued",), now=NOW)
    assert lifecycle.retry_failed(database, "weekly", 1, NOW) == 1
    assert lifecycle.cancel(database, "weekly", 1, NOW).released == 0


def test_cancelling_waits_for_the_mail_that_is_about_to_leave(database: Engine) -> None:
    """Between its start and its commit nobody else can see that a mail goes out."""
    person = subscribe(database)
    run(database, [an_item()])
    issue_id = issue(database).id
    with writing(database) as conn:
        leases.claim(conn, issue_id, LEASE, 1)
    answers: list[lifecycle.Cancelled] = []
    other = threading.Thread(target=lambda: answers.append(lifecycle.cancel(database, "weekly", 1, NOW)))
    with writing(database) as conn:
        assert leases.start(conn, issue_id, "weekly", [person], LEASE).ready == {person}
        other.start()
        other.join(0.5)
        assert not answers
    other.join()
    assert [answer.released for answer in answers] == [0]


def test_an_issue_cancelled_instead_of_approved_says_so_at_its_slot(database: Engine) -> None:
    awaiting(database)
    assert lifecycle.cancel(database, "weekly", 1, NOW, "too thin").released == 1
    with reading(database) as conn:
        row = slots.find(conn, "weekly", "2026-10-02T07:00")
    assert row is not None
    assert (row.outcome, row.detail) == ("not-approved", "too thin")


def test_a_cancelled_issue_stays_cancelled(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item()])
    lifecycle.cancel(database, "weekly", 1, NOW)
    for attempt in (lifecycle.cancel, lifecycle.pause_issue, lifecycle.resume_issue, lifecycle.retry_failed):
        with pytest.raises(IssueError, match="it is cancelled"):
            attempt(database, "weekly", 1, NOW)


def test_a_paused_issue_is_not_claimed_until_it_is_resumed(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item()])
    lifecycle.pause_issue(database, "weekly", 1, NOW)
    with writing(database) as conn:
        assert leases.claim(conn, issue(database).id, LEASE, 10) == []
    with pytest.raises(IssueError, match="cannot pause weekly 1: it is paused"):
        lifecycle.pause_issue(database, "weekly", 1, NOW)
    lifecycle.resume_issue(database, "weekly", 1, NOW)
    with writing(database) as conn:
        assert len(leases.claim(conn, issue(database).id, LEASE, 10)) == 1


def test_retrying_queues_what_failed_and_opens_a_finished_issue_again(database: Engine) -> None:
    person = subscribe(database)
    run(database, [an_item()])
    issue_id = issue(database).id
    with writing(database) as conn:
        leases.claim(conn, issue_id, LEASE, 1)
        leases.start(conn, issue_id, "weekly", [person], LEASE)
        leases.finish(conn, issue_id, [Finish(person, "failed", "550 no", NOW)], "worker", NOW)
        issues.set_state(conn, issue_id, "sent", only_from=("queued",), now=NOW)
    assert lifecycle.retry_failed(database, "weekly", 1, NOW) == 1
    assert (state(database), counts(database)) == ("queued", {"queued": 1})
    assert issue(database).finished is None


def test_retrying_with_nothing_failed_leaves_a_finished_issue_finished(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item()])
    with writing(database) as conn:
        issues.set_state(conn, issue(database).id, "sent", only_from=("queued",), now=NOW)
    assert lifecycle.retry_failed(database, "weekly", 1, NOW) == 0
    assert state(database) == "sent"


def test_an_issue_that_is_not_there_is_said(database: Engine) -> None:
    with pytest.raises(IssueError, match="has no issue 7") as caught:
        lifecycle.cancel(database, "weekly", 7, NOW)
    assert (caught.value.newsletter, caught.value.number) == ("weekly", 7)


def test_pausing_and_resuming_a_newsletter_says_whether_anything_changed(database: Engine) -> None:
    assert not lifecycle.resume(database, "weekly")
    assert lifecycle.pause(database, "weekly", NOW)
    assert not lifecycle.pause(database, "weekly", NOW + HOUR)
    assert lifecycle.resume(database, "weekly")
