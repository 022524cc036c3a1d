"""Deliveries in the hands of a sending process: claimed, started, finished, given back, taken back.

A row is claimed with a lease, started just before its message goes over the wire, and finished with
an outcome. Every change of state is an UPDATE that names the state it expects and the owner of the
lease, so that two processes never hold the same row. What a crash does at each point is written in
`newsletter.delivery`, the only caller.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from storage.deliveries import DONE, SENDABLE_ISSUES, WAITING
from storage.pauses import paused
from storage.schema import deliveries, issues, subscribers, subscriptions
from storage.subscribers import active
from storage.suppressions import suppressed

UNKNOWN_OUTCOME = "the sending process ended before the server's answer was written down"


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


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """Rows of processes that are gone: not yet started ones, and those that may have been sent."""

    queued: int
    uncertain: int


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
    values = {
        "issue_": issue_id,
        "newsletter_": newsletter,
        "owner_": lease.owner,
        "now_": lease.now,
        "until_": lease.until,
    }
    ready = frozenset(conn.execute(_starting(), {**values, "ids_": list(subscriber_ids)}).scalars())
    left = [number for number in subscriber_ids if number not in ready]
    if not left:
        return Started(ready, frozenset())
    unwanted = conn.execute(_dropping(), {**values, "ids_": left})
    return Started(ready, frozenset(unwanted.scalars()))


def finish(conn: Connection, issue_id: int, outcomes: Sequence[Finish], owner: str, now: datetime) -> None:
    """Write how started deliveries ended; a row that is no longer ours is left as it is.

    Only this is written although the lease was lost meanwhile: that a delivery which is held to be
    uncertain was sent. It saves the recipient a second copy.
    """
    if outcomes:
        rows = [_as_parameters(one, now) | {"issue_": issue_id, "owner_": owner} for one in outcomes]
        conn.execute(_finishing(), rows)


def give_back(conn: Connection, issue_id: int, owner: str) -> int:
    """Queue again what an owner claimed and did not start."""
    statement = update(deliveries).where(deliveries.c.issue_id == issue_id, _unstarted(owner))
    return conn.execute(statement.values(state="queued", lease_owner=None, lease_until=None)).rowcount


def owners(conn: Connection, issue_id: int) -> set[str]:
    """Give the owners of leases on this issue's deliveries."""
    statement = select(deliveries.c.lease_owner).distinct()
    rows = conn.execute(statement.where(deliveries.c.issue_id == issue_id, deliveries.c.state == "sending"))
    return {row.lease_owner for row in rows}


def reclaim(
    conn: Connection, issue_id: int, now: datetime, *, gone: Collection[str] = (), copies: int
) -> Reclaimed:
    """Take back deliveries whose lease ran out or whose owner is known to be gone.

    What was not started cannot have been sent and is queued; what was started may have been, and is
    uncertain: sent again, or held for a look when it was started `copies` times. So a mail by which the
    process falls each time it is started again does not go out for ever.
    """
    lost = and_(
        deliveries.c.issue_id == issue_id,
        deliveries.c.state == "sending",
        or_(deliveries.c.lease_until <= now, deliveries.c.lease_owner.in_(gone)),
    )
    free = {"lease_owner": None, "lease_until": None}
    unstarted = update(deliveries).where(lost, deliveries.c.started.is_(None))
    queued = conn.execute(unstarted.values(state="queued", **free)).rowcount
    started = update(deliveries).where(lost, deliveries.c.started.is_not(None))
    held = deliveries.c.attempts >= copies
    unknown = {"state": "uncertain", "held": held, "next_attempt": now, "reply": UNKNOWN_OUTCOME}
    return Reclaimed(queued, conn.execute(started.values(**unknown, **free)).rowcount)


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


# These statements are run for every few mails, and building one takes longer than running it.
@cache
def _starting() -> ReturningUpdate[int]:
    return (
        _ours()
        .where(deliveries.c.lease_until > bindparam("now_"), _may_be_sent(), _wanted())
        .values(
            started=bindparam("now_"),
            lease_until=bindparam("until_"),
            attempts=deliveries.c.attempts + 1,
        )
        .returning(deliveries.c.subscriber_id)
    )


@cache
def _dropping() -> ReturningUpdate[int]:
    return (
        _ours()
        .where(~_wanted())
        .values(state="suppressed", finished=bindparam("now_"), lease_owner=None, lease_until=None)
        .returning(deliveries.c.subscriber_id)
    )


@cache
def _finishing() -> Update:
    sent_after_all = and_(deliveries.c.state == "uncertain", bindparam("sent_", type_=Boolean))
    return (
        update(deliveries)
        .where(
            deliveries.c.issue_id == bindparam("issue_"),
            deliveries.c.subscriber_id == bindparam("subscriber_"),
            or_(_owned(bindparam("owner_")), sent_after_all),
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


def _ours() -> Update:
    return update(deliveries).where(
        deliveries.c.issue_id == bindparam("issue_"),
        deliveries.c.subscriber_id.in_(bindparam("ids_", expanding=True)),
        _unstarted(bindparam("owner_")),
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


def _owned(owner: str | BindParameter[str]) -> ColumnElement[bool]:
    return and_(deliveries.c.state == "sending", deliveries.c.lease_owner == owner)


def _unstarted(owner: str | BindParameter[str]) -> ColumnElement[bool]:
    return and_(_owned(owner), deliveries.c.started.is_(None))


def _may_be_sent() -> ColumnElement[bool]:
    return exists().where(issues.c.id == deliveries.c.issue_id, issues.c.state.in_(SENDABLE_ISSUES))


def _wanted() -> ColumnElement[bool]:
    newsletter: BindParameter[str] = bindparam("newsletter_")
    now: BindParameter[datetime] = bindparam("now_")
    return (
        select(subscribers.c.id)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscribers.c.id == deliveries.c.subscriber_id, active(newsletter))
        .where(~suppressed(newsletter), ~paused(newsletter, now))
        .exists()
    )
