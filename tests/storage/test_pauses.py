"""A pause is honoured when an issue is queued and once more when it is sent."""

from datetime import timedelta

from sqlalchemy import Engine

from storage import leases, pauses, subscribers
from storage.engine import reading, writing
from storage.leases import Lease
from storage.subscribers import Group
from tests.mailing import an_issue_to, queue_issue, states, subscribe
from tests.scenarios import NOW

WEEK = timedelta(weeks=1)


def test_nothing_is_queued_for_who_has_paused(database: Engine) -> None:
    ids = subscribe(database, ["a@example.org", "b@example.org"])
    with writing(database) as conn:
        pauses.pause(conn, ids["a@example.org"], ["weekly"], NOW + WEEK)
        assert subscribers.groups(conn, "weekly", NOW) == [Group("*", None, 1)]
        assert subscribers.groups(conn, "weekly", NOW + WEEK) == [Group("*", None, 2)]
    assert states(database, queue_issue(database)) == {"queued": 1}


def test_a_pause_of_another_newsletter_means_nothing(database: Engine) -> None:
    ids = subscribe(database, ["a@example.org"])
    with writing(database) as conn:
        pauses.pause(conn, ids["a@example.org"], ["monthly"], NOW + WEEK)
    assert states(database, queue_issue(database)) == {"queued": 1}


def test_who_pauses_after_it_was_queued_does_not_get_it(database: Engine) -> None:
    issue, ids = an_issue_to(database, ["a@example.org", "b@example.org"])
    lease = Lease("me", NOW, NOW + timedelta(minutes=10))
    with writing(database) as conn:
        leases.claim(conn, issue, lease, 10)
        pauses.pause(conn, ids["a@example.org"], ["weekly"], NOW + WEEK)
        started = leases.start(conn, issue, "weekly", list(ids.values()), lease)
    assert (started.ready, started.suppressed) == ({ids["b@example.org"]}, {ids["a@example.org"]})


def test_a_pause_is_set_anew_and_ended(database: Engine) -> None:
    number = subscribe(database, ["a@example.org"])["a@example.org"]
    with writing(database) as conn:
        pauses.pause(conn, number, ["weekly", "monthly"], NOW + WEEK)
        pauses.pause(conn, number, ["weekly"], NOW + 2 * WEEK)
        assert pauses.of(conn, number, NOW + WEEK) == {"weekly": NOW + 2 * WEEK}
        assert pauses.of(conn, number) == {"weekly": NOW + 2 * WEEK, "monthly": NOW + WEEK}
        assert pauses.resume(conn, number, ["weekly"]) == 1
        assert pauses.resume(conn, number) == 1


def test_an_erased_person_leaves_no_pause(database: Engine) -> None:
    number = subscribe(database, ["a@example.org"])["a@example.org"]
    with writing(database) as conn:
        pauses.pause(conn, number, ["weekly"], NOW + WEEK)
        subscribers.erase(conn, number)
    with reading(database) as conn:
        assert pauses.of(conn, number) == {}
