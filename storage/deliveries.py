"""One row per issue and subscriber: queueing an issue, and how far it has come.

Queueing happens in the transaction that makes the issue (`newsletter.issuing`). What happens to a row
while it is being sent is in `storage.leases`; what became of rows, to look at, in `delivery_history`.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import Integer as SqlInteger

from storage.schema import Utc, deliveries, subscribers, subscriptions
from storage.subscribers import active
from storage.suppressions import suppressed

SENDABLE_ISSUES = ("queued", "sending")
WAITING = ("queued", "deferred", "uncertain")
UNFINISHED = ("sending", *WAITING)  # of `counts`, which counts apart what is held
DONE = ("sent", "failed", "suppressed")

Group = tuple[str, str]


def queue(
    conn: Connection,
    issue_id: int,
    newsletter: str,
    editions: Mapping[Group, int],
    default_language: str,
    now: datetime,
) -> int:
    """Queue an issue to everybody who gets one of its editions; calling it again adds nobody twice.

    `editions` are the ids by (choice, language); who chose no language gets the default one.
    """
    return sum(
        _queue_group(conn, issue_id, edition, now, _in_group(newsletter, group, default_language))
        for group, edition in editions.items()
    )


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


def _in_group(newsletter: str, group: Group, default_language: str) -> ColumnElement[bool]:
    choice, language = group
    return and_(
        active(newsletter),
        subscriptions.c.choice == choice,
        func.coalesce(subscribers.c.language, default_language) == language,
        ~suppressed(newsletter),
    )


def _queue_group(
    conn: Connection, issue_id: int, edition_id: int, now: datetime, who: ColumnElement[bool]
) -> int:
    values = {
        "issue_id": literal(issue_id, SqlInteger),
        "subscriber_id": subscriptions.c.subscriber_id,
        "edition_id": literal(edition_id, SqlInteger),
        "state": literal("queued"),
        "queued": literal(now, Utc),
        "next_attempt": literal(now, Utc),
    }
    there = exists().where(
        deliveries.c.issue_id == issue_id, deliveries.c.subscriber_id == subscriptions.c.subscriber_id
    )
    people = (
        select(*values.values())
        .select_from(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(who, ~there)
    )
    return conn.execute(insert(deliveries).from_select(list(values), people)).rowcount


def _left() -> ColumnElement[bool]:
    return or_(
        deliveries.c.state.in_(("queued", "sending", "deferred")),
        and_(deliveries.c.state == "uncertain", deliveries.c.held.is_(False)),
    )
