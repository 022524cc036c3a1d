"""One row per issue and subscriber: what was sent, what is to be sent, and who is sending it now.

A row is claimed with a lease, started just before its message goes over the wire, and finished with
an outcome. Every change of state is an UPDATE that names the state it expects and the owner of the
lease, so that two processes never hold the same row. What a crash does at each point is written in
`newsletter.delivery`, the only caller that sends.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import Integer as SqlInteger

from storage.pauses import paused
from storage.schema import Utc, deliveries, issues, subscribers, subscriptions
from storage.subscribers import active
from storage.suppressions import suppressed

SENDABLE_ISSUES = ("queued", "sending")
WAITING = ("queued", "deferred", "uncertain")
UNFINISHED = ("sending", *WAITING)  # of `counts`, which counts apart what is held
DONE = ("sent", "failed", "suppressed")


Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Lease:
    """Who takes deliveries, at what moment, and until when they are nobody else's."""

    owner: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that its owner may make until the lease ends. `attempts` are those made before."""

    subscriber_id: int
    edition_id: int
    address: str
    address_hash: str
    attempts: int
    queued: datetime


@dataclass(frozen=True, slots=True)
class Finish:
    """How a delivery ended; `next_attempt` for those that are tried again, `held` for those that wait."""

    subscriber_id: int
    state: str
    reply: str
    next_attempt: datetime
    held: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """What became of the rows that were to be started; those in neither are not ours to send now."""

    ready: frozenset[int]
    suppressed: frozenset[int]


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
        _queue_group(conn, issue_id, edition, now, _in_group(newsletter, group, default_language, now))
        for group, edition in editions.items()
    )


def claim(conn: Connection, issue_id: int, lease: Lease, limit: int) -> list[Claimed]:
    """Take up to `limit` deliveries that are due, of an issue that may be sent; first attempts first.

    Rows that another process is taking at this moment are passed over (PostgreSQL; on SQLite one
    process writes at a time). Whether each may still be mailed is asked in `start`.
    """
    rows: list[Claimed] = []
    for state in WAITING:  # one after the other, so that each is read in the order of the index
        if len(rows) < limit:
            due = _due(issue_id, state, lease.now).limit(limit - len(rows))
            found = conn.execute(due.with_for_update(skip_locked=True, of=deliveries))
            rows += [Claimed(**row) for row in found.mappings()]
    if rows:
        conn.execute(
            _these(issue_id, [row.subscriber_id for row in rows]).values(
                state="sending", lease_owner=lease.owner, lease_until=lease.until, started=None
            )
        )
    return rows


def start(
    conn: Connection, issue_id: int, newsletter: str, subscriber_ids: Collection[int], lease: Lease
) -> Started:
    """Mark deliveries as going over the wire now, if they still may; unwanted ones are suppressed.

    Asked at this moment, by one statement: the lease is ours and has not run out, the issue is not
    paused or cancelled, the subscription is active and not paused, nothing suppresses the address.
    """
    # Whoever cancels the issue waits until this is committed, and then knows that mail has gone out.
    conn.execute(select(issues.c.id).where(issues.c.id == issue_id).with_for_update(read=True))
    ready = _numbers(
        conn,
        _these(issue_id, subscriber_ids)
        .where(unstarted(lease.owner), deliveries.c.lease_until > lease.now, _may_be_sent())
        .where(_wanted(newsletter, lease.now))
        .values(started=lease.now, lease_until=lease.until, attempts=deliveries.c.attempts + 1),
    )
    left = set(subscriber_ids) - ready
    if not left:
        return Started(ready, frozenset())
    unwanted = _numbers(
        conn,
        _these(issue_id, left)
        .where(unstarted(lease.owner), ~_wanted(newsletter, lease.now))
        .values(state="suppressed", finished=lease.now, lease_owner=None, lease_until=None),
    )
    return Started(ready, unwanted)


def finish(conn: Connection, issue_id: int, outcomes: Sequence[Finish], owner: str, now: datetime) -> None:
    """Write how started deliveries ended; a row that is no longer ours is left as it is.

    Only this is written although the lease was lost meanwhile: that a delivery which is held to be
    uncertain was sent. It saves the recipient a second copy.
    """
    if outcomes:
        conn.execute(_finishing(issue_id, owner), [_as_parameters(one, now) for one in outcomes])


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
    """Queue again, as new, what failed and what was held; the caller makes the issue sendable again."""
    again = or_(deliveries.c.state == "failed", and_(deliveries.c.state == "uncertain", deliveries.c.held))
    fresh = {"state": "queued", "queued": now, "next_attempt": now, "attempts": 0, "held": False}
    statement = update(deliveries).where(deliveries.c.issue_id == issue_id, again)
    return conn.execute(statement.values(**fresh, finished=None, started=None)).rowcount


def _in_group(newsletter: str, group: Group, default_language: str, now: datetime) -> ColumnElement[bool]:
    choice, language = group
    return and_(
        active(newsletter),
        subscriptions.c.choice == choice,
        func.coalesce(subscribers.c.language, default_language) == language,
        ~suppressed(newsletter),
        ~paused(newsletter, now),
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


def _due(issue_id: int, state: str, now: datetime) -> Select[Any]:
    columns = (deliveries.c[name] for name in ("subscriber_id", "edition_id", "attempts", "queued"))
    return (
        select(
            *columns,
            func.coalesce(subscribers.c.address, "").label("address"),
            func.coalesce(subscribers.c.address_hash, "").label("address_hash"),
        )
        .select_from(deliveries)
        .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.state == state,
            deliveries.c.next_attempt <= now,
            deliveries.c.held.is_(False),
            _may_be_sent(),
        )
        .order_by(deliveries.c.next_attempt)
    )


def _finishing(issue_id: int, owner: str) -> Update:
    sent_after_all = and_(deliveries.c.state == "uncertain", bindparam("sent_", type_=Boolean))
    return (
        update(deliveries)
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.subscriber_id == bindparam("subscriber_"),
            or_(_owned(owner), sent_after_all),
        )
        .values(
            state=bindparam("state_"),
            reply=bindparam("reply_"),
            next_attempt=bindparam("next_"),
            finished=bindparam("finished_"),
            held=bindparam("held_"),
            lease_owner=None,
            lease_until=None,
        )
    )


def _as_parameters(one: Finish, now: datetime) -> dict[str, Any]:
    return {
        "subscriber_": one.subscriber_id,
        "sent_": one.state == "sent",
        "state_": one.state,
        "reply_": one.reply,
        "next_": one.next_attempt,
        "finished_": now if one.state in DONE else None,
        "held_": one.held,
    }


def _these(issue_id: int, subscriber_ids: Collection[int]) -> Update:
    return update(deliveries).where(
        deliveries.c.issue_id == issue_id, deliveries.c.subscriber_id.in_(subscriber_ids)
    )


def _numbers(conn: Connection, statement: Update) -> frozenset[int]:
    return frozenset(conn.execute(statement.returning(deliveries.c.subscriber_id)).scalars())


def _owned(owner: str) -> ColumnElement[bool]:
    return and_(deliveries.c.state == "sending", deliveries.c.lease_owner == owner)


def unstarted(owner: str) -> ColumnElement[bool]:
    return and_(_owned(owner), deliveries.c.started.is_(None))


def _left() -> ColumnElement[bool]:
    return or_(
        deliveries.c.state.in_(("queued", "sending", "deferred")),
        and_(deliveries.c.state == "uncertain", deliveries.c.held.is_(False)),
    )


def _may_be_sent() -> ColumnElement[bool]:
    return exists().where(issues.c.id == deliveries.c.issue_id, issues.c.state.in_(SENDABLE_ISSUES))


def _wanted(newsletter: str, now: datetime) -> ColumnElement[bool]:
    return (
        select(subscribers.c.id)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscribers.c.id == deliveries.c.subscriber_id, active(newsletter))
        .where(~suppressed(newsletter), ~paused(newsletter, now))
        .exists()
    )
