"""One row per issue and subscriber: queueing an issue, and how far it has come.

Queueing happens in the transaction that makes the issue (`newsletter.issuing`). What happens to a row
while it is being sent is in `storage.leases`; what became of rows, to look at, in `delivery_history`.
"""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from storage.pauses import paused
from storage.schema import Utc, deliveries, editions, subscribers, subscriptions
from storage.subscribers import active
from storage.suppressions import suppressed

SENDABLE_ISSUES = ("queued", "sending")
WAITING = ("queued", "deferred", "uncertain")
UNFINISHED = ("sending", *WAITING)  # of `counts`, which counts apart what is held
DONE = ("sent", "failed", "suppressed")


def queue(conn: Connection, issue_id: int, newsletter: str, default_language: str, now: datetime) -> int:
    """Queue an issue to everybody for whom it has an edition; calling it again adds nobody twice.

    Who chose no language gets the default one. One statement, however many editions there are.
    """
    values = {
        "issue_id": literal(issue_id, Integer),
        "subscriber_id": subscriptions.c.subscriber_id,
        "edition_id": editions.c.id,
        "state": literal("queued"),
        "queued": literal(now, Utc),
        "next_attempt": literal(now, Utc),
    }
    there = exists().where(
        deliveries.c.issue_id == issue_id, deliveries.c.subscriber_id == subscriptions.c.subscriber_id
    )
    theirs = and_(
        editions.c.issue_id == issue_id,
        editions.c.choice == subscriptions.c.choice,
        editions.c.language == func.coalesce(subscribers.c.language, default_language),
    )
    people = (
        select(*values.values())
        .select_from(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .join(editions, theirs)
        .where(active(newsletter), ~suppressed(newsletter), ~paused(newsletter, now), ~there)
        # Claimed in this order, so that a sender needs few editions at a time.
        .order_by(editions.c.id)
    )
    return conn.execute(insert(deliveries).from_select(list(values), people)).rowcount


def counts(conn: Connection, issue_id: int) -> dict[str, int]:
    """Count an issue's deliveries by state; "held" are those uncertain ones that wait for a person."""
    rows = conn.execute(
        select(deliveries.c.state, deliveries.c.held, func.count().label("n"))
        .where(deliveries.c.issue_id == issue_id)
        .group_by(deliveries.c.state, deliveries.c.held)
    )
    found: dict[str, int] = {}
    for row in rows:
        state = "held" if row.state == "uncertain" and row.held else row.state
        found[state] = found.get(state, 0) + row.n
    return found


def attempted(conn: Connection, issue_id: int) -> bool:
    """Say whether any mail of this issue may have gone out."""
    gone = or_(
        deliveries.c.attempts > 0,
        deliveries.c.started.is_not(None),
        deliveries.c.state.in_(("sent", "uncertain")),
    )
    found = select(deliveries.c.subscriber_id).where(deliveries.c.issue_id == issue_id, gone).limit(1)
    return conn.execute(found).first() is not None


def unfinished(conn: Connection, issue_id: int) -> bool:
    """Say whether anything is left to send or being sent; what is held for a person is not."""
    left = select(deliveries.c.subscriber_id).where(deliveries.c.issue_id == issue_id, _left()).limit(1)
    return conn.execute(left).first() is not None


def next_due(conn: Connection, issue_id: int) -> datetime | None:
    """Give when there is something to do next: an attempt, or another process's lease that ends."""
    left = (deliveries.c.issue_id == issue_id, _left())
    sending = deliveries.c.state == "sending"
    attempt = select(func.min(deliveries.c.next_attempt, type_=Utc)).where(*left, ~sending)
    lease = select(func.min(deliveries.c.lease_until, type_=Utc)).where(*left, sending)
    times = [conn.execute(statement).scalar() for statement in (attempt, lease)]
    return min((time for time in times if time is not None), default=None)


def retry_failed(conn: Connection, issue_id: int, now: datetime) -> int:
    """Queue again what failed and what was held; the caller makes the issue sendable again.

    The attempts still count: by them `attempted` knows that mail may have gone out.
    """
    again = or_(deliveries.c.state == "failed", and_(deliveries.c.state == "uncertain", deliveries.c.held))
    fresh = {"state": "queued", "queued": now, "next_attempt": now, "held": False}
    statement = update(deliveries).where(deliveries.c.issue_id == issue_id, again)
    return conn.execute(statement.values(**fresh, finished=None, started=None)).rowcount


def _left() -> ColumnElement[bool]:
    return or_(
        deliveries.c.state.in_(("queued", "sending", "deferred")),
        and_(deliveries.c.state == "uncertain", deliveries.c.held.is_(False)),
    )
