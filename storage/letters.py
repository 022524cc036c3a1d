"""Single mails that are not of an issue: confirm, welcome, change of address.

As in `storage.deliveries`: a row is claimed with a lease, started just before its mail goes over the
wire, finished with an outcome, and every change of state names the state and the owner that it expects.
What a crash leaves behind is sent again, for these mails do no harm when they come twice. Called by
`newsletter.following` (queue) and `newsletter.correspondence` (all else).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from storage.leases import Lease
from storage.schema import Utc, letters
from storage.suppressions import address_hash

WAITING = ("queued", "deferred", "uncertain")
DONE = ("sent", "failed", "suppressed")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be made and sent. `attempts` are those made before."""

    id: int
    kind: str
    address: str
    address_hash: str
    language: str | None
    newsletters: tuple[str, ...]
    number: int
    expires: datetime
    queued: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class NewLetter:
    """`number` is what its link stands for: a sign-up's id, or a subscriber's. It is good until `expires`."""

    kind: str
    address: str
    address_key: str
    language: str | None
    newsletters: Sequence[str]
    number: int
    expires: datetime


def queue(conn: Connection, new: NewLetter, now: datetime) -> int:
    """Queue a letter; give its id."""
    row = {
        "kind": new.kind,
        "address": new.address,
        "address_hash": address_hash(new.address_key),
        "language": new.language,
        "newsletters": list(new.newsletters),
        "number": new.number,
        "expires": new.expires,
        "state": "queued",
        "queued": now,
        "next_attempt": now,
    }
    return int(conn.execute(insert(letters).values(row).returning(letters.c.id)).scalar_one())


def claim(conn: Connection, lease: Lease, limit: int) -> list[Letter]:
    """Take up to `limit` letters that are due, the oldest first."""
    names = tuple(Letter.__dataclass_fields__)
    due = (
        select(*(letters.c[name] for name in names))
        .where(letters.c.state.in_(WAITING), letters.c.next_attempt <= lease.now)
        .order_by(letters.c.next_attempt, letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [
        Letter(**{**row, "newsletters": tuple(row["newsletters"])}) for row in conn.execute(due).mappings()
    ]
    if found:
        conn.execute(
            update(letters)
            .where(letters.c.id.in_([letter.id for letter in found]))
            .values(state="sending", lease_owner=lease.owner, lease_until=lease.until, started=None)
        )
    return found


def start(conn: Connection, number: int, lease: Lease) -> bool:
    """Mark a letter as going over the wire now; False when it is no longer ours."""
    statement = update(letters).where(
        letters.c.id == number, _owned(lease.owner), letters.c.lease_until > lease.now
    )
    started = statement.values(started=lease.now, lease_until=lease.until, attempts=letters.c.attempts + 1)
    return conn.execute(started).rowcount == 1


def finish(
    conn: Connection,
    number: int,
    owner: str,
    *,
    state: str,
    reply: str,
    next_attempt: datetime,
    now: datetime,
) -> bool:
    """Write how a letter ended, or when it is tried again; False when it was no longer ours."""
    values = {"state": state, "reply": reply, "next_attempt": next_attempt, "lease_owner": None}
    statement = update(letters).where(letters.c.id == number, _owned(owner))
    ended = statement.values(**values, lease_until=None, finished=now if state in DONE else None)
    return conn.execute(ended).rowcount == 1


def give_back(conn: Connection, owner: str) -> int:
    """Queue again what an owner claimed and did not start."""
    statement = update(letters).where(_owned(owner), letters.c.started.is_(None))
    return conn.execute(statement.values(state="queued", lease_owner=None, lease_until=None)).rowcount


def owners(conn: Connection) -> set[str]:
    """Give the owners of leases."""
    held = select(letters.c.lease_owner).distinct().where(letters.c.state == "sending")
    return {row.lease_owner for row in conn.execute(held)}


def reclaim(conn: Connection, now: datetime, *, gone: Collection[str] = (), copies: int) -> int:
    """Take back letters whose lease ran out, or whose owner is gone.

    What was started is uncertain and sent again, or given up when it was started `copies` times.
    """
    lost = and_(
        letters.c.state == "sending", or_(letters.c.lease_until <= now, letters.c.lease_owner.in_(gone))
    )
    free: dict[str, Any] = {"lease_owner": None, "lease_until": None, "next_attempt": now}
    unstarted = update(letters).where(lost, letters.c.started.is_(None)).values(state="queued", **free)
    started = update(letters).where(lost, letters.c.started.is_not(None))
    too_often = started.where(letters.c.attempts >= copies).values(state="failed", finished=now, **free)
    again = started.values(state="uncertain", **free)
    return sum(conn.execute(statement).rowcount for statement in (unstarted, too_often, again))


def next_due(conn: Connection) -> datetime | None:
    """Give when there is something to do next."""
    attempt = select(func.min(letters.c.next_attempt, type_=Utc)).where(letters.c.state.in_(WAITING))
    lease = select(func.min(letters.c.lease_until, type_=Utc)).where(letters.c.state == "sending")
    times = [conn.execute(statement).scalar() for statement in (attempt, lease)]
    return min((time for time in times if time is not None), default=None)


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Count letters by kind and state."""
    kinds = (letters.c.kind, letters.c.state)
    rows = conn.execute(select(*kinds, func.count().label("n")).group_by(*kinds))
    return {(row.kind, row.state): row.n for row in rows}


def forget(conn: Connection, hash_: str) -> int:
    """Delete the letters to an address, whatever their state."""
    return conn.execute(delete(letters).where(letters.c.address_hash == hash_)).rowcount


def forget_old(conn: Connection, before: datetime) -> int:
    """Delete what came to its end before a time, and what never went out and has had nothing to say since."""
    unsent = and_(letters.c.state.in_(WAITING), letters.c.expires < before)
    return conn.execute(delete(letters).where(or_(letters.c.finished < before, unsent))).rowcount


def _owned(owner: str) -> ColumnElement[bool]:
    return and_(letters.c.state == "sending", letters.c.lease_owner == owner)
