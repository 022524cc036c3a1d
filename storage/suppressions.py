"""Addresses that must not be mailed, and why.

Kept by hash, so that a suppression outlives the erasure of the person: nothing in this table leads
back to an address. Called by `newsletter.people`, and joined at the moment of sending by
`storage.deliveries`. Whether something is a reason to suppress is decided elsewhere.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Connection, delete, exists, select

from storage.engine import insert
from storage.schema import subscribers, suppressions

EVERY_NEWSLETTER = ""

# By their own wish: they may come back by confirming a sign-up. Every other reason is the operator's to lift.
UNSUBSCRIBED, ERASED = "unsubscribed", "erased"
OWN_WISH = (UNSUBSCRIBED, ERASED)


@dataclass(frozen=True, slots=True)
class Suppression:
    """`newsletter` is "" when it holds for every newsletter. `detail` never holds an address."""

    address_hash: str
    newsletter: str
    reason: str
    detail: str
    since: datetime


def address_hash(address_key: str) -> str:
    return hashlib.sha256(address_key.encode()).hexdigest()


def add(
    conn: Connection,
    hash_: str,
    *,
    reason: str,
    now: datetime,
    detail: str = "",
    newsletter: str = EVERY_NEWSLETTER,
) -> bool:
    """Suppress an address; the first reason stays. True when it was not suppressed before."""
    row = {"address_hash": hash_, "newsletter": newsletter, "reason": reason, "detail": detail, "since": now}
    return conn.execute(insert(conn, suppressions).values(row).on_conflict_do_nothing()).rowcount == 1


def of(conn: Connection, hash_: str) -> list[Suppression]:
    rows = conn.execute(
        select(suppressions).where(suppressions.c.address_hash == hash_).order_by(suppressions.c.newsletter)
    )
    return [Suppression(**row) for row in rows.mappings()]


def among(conn: Connection, hashes: Collection[str]) -> dict[str, list[Suppression]]:
    """Give the suppressions of those of the addresses that have any."""
    rows = conn.execute(select(suppressions).where(suppressions.c.address_hash.in_(hashes)))
    found: dict[str, list[Suppression]] = {}
    for row in rows.mappings():
        found.setdefault(row["address_hash"], []).append(Suppression(**row))
    return found


def lift(conn: Connection, hash_: str, newsletters: Sequence[str]) -> int:
    """Take the address's suppressions of the named newsletters away; EVERY_NEWSLETTER names its own."""
    these = (suppressions.c.address_hash == hash_) & suppressions.c.newsletter.in_(newsletters)
    return conn.execute(delete(suppressions).where(these)).rowcount


def come_back(conn: Connection, hash_: str, newsletters: Sequence[str]) -> int:
    """Take away what only remembered that they had left, of these newsletters and of all."""
    mine = suppressions.c.newsletter.in_((EVERY_NEWSLETTER, *newsletters))
    own = (suppressions.c.address_hash == hash_) & suppressions.c.reason.in_(OWN_WISH)
    return conn.execute(delete(suppressions).where(own, mine)).rowcount


def barred(conn: Connection, hash_: str, newsletters: Sequence[str]) -> bool:
    """Say whether an address gets no mail of these newsletters for another reason than its own wish."""
    rows = of(conn, hash_)
    return any(
        row.reason not in OWN_WISH and row.newsletter in (EVERY_NEWSLETTER, *newsletters) for row in rows
    )


def suppressed(newsletter: str | BindParameter[str]) -> ColumnElement[bool]:
    """The condition, for a statement over `subscribers`: mail of this newsletter must not go there."""
    return exists().where(
        suppressions.c.address_hash == subscribers.c.address_hash,
        suppressions.c.newsletter.in_((EVERY_NEWSLETTER, newsletter)),
    )
