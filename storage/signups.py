"""What people asked for and have not confirmed yet, and the addresses they want to change to.

One sign-up per address: a later one takes the place of the earlier, under the same id. Confirming is an
UPDATE that happens once. Who may ask how often is decided in `newsletter.signups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, or_, select, update

from storage.engine import insert
from storage.schema import moves, signups
from storage.subscribers import categories_of, choice_of


@dataclass(frozen=True, slots=True)
class Signup:
    """`newsletters` maps each to the chosen categories, None for all."""

    id: int
    address: str
    address_key: str
    language: str | None
    newsletters: Mapping[str, tuple[str, ...] | None]
    asked: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    confirmed: datetime | None = None
    subscriber_id: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A subscriber's new address, not confirmed."""

    subscriber_id: int
    address: str
    address_key: str
    asked: datetime


def ask(
    conn: Connection,
    *,
    address: str,
    address_key: str,
    language: str | None,
    newsletters: Mapping[str, tuple[str, ...] | None],
    evidence: Mapping[str, Any],
    now: datetime,
) -> int:
    """Keep a sign-up, instead of the address's earlier one; give its id."""
    values = {
        "address": address,
        "language": language,
        "newsletters": {name: choice_of(chosen) for name, chosen in newsletters.items()},
        "asked": now,
        "evidence": dict(evidence),
    }
    statement = insert(conn, signups).values(address_key=address_key, **values)
    kept = statement.on_conflict_do_update(
        index_elements=[signups.c.address_key], set_={**values, "confirmed": None, "subscriber_id": None}
    )
    return int(conn.execute(kept.returning(signups.c.id)).scalar_one())


def find(conn: Connection, number: int) -> Signup | None:
    row = conn.execute(select(signups).where(signups.c.id == number)).mappings().first()
    return _signup(row) if row is not None else None


def of_address(conn: Connection, address_key: str) -> Signup | None:
    row = conn.execute(select(signups).where(signups.c.address_key == address_key)).mappings().first()
    return _signup(row) if row is not None else None


def of_subscriber(conn: Connection, subscriber_id: int, address_key: str) -> list[Signup]:
    """Give what somebody asked for, also at an address that they had before."""
    theirs = or_(signups.c.address_key == address_key, signups.c.subscriber_id == subscriber_id)
    return [_signup(row) for row in conn.execute(select(signups).where(theirs)).mappings()]


def confirm(conn: Connection, number: int, now: datetime) -> bool:
    """Mark a sign-up as confirmed; True for the one caller who did it."""
    statement = update(signups).where(signups.c.id == number, signups.c.confirmed.is_(None))
    return conn.execute(statement.values(confirmed=now)).rowcount == 1


def belongs_to(conn: Connection, number: int, subscriber_id: int) -> None:
    """Note who a confirmed sign-up has become."""
    conn.execute(update(signups).where(signups.c.id == number).values(subscriber_id=subscriber_id))


def forget(conn: Connection, address_key: str) -> None:
    """Delete what an address asked for, and what would change somebody's to it."""
    conn.execute(delete(signups).where(signups.c.address_key == address_key))
    conn.execute(delete(moves).where(moves.c.address_key == address_key))


def forget_old(conn: Connection, before: datetime) -> int:
    """Delete what was asked before a time, confirmed or not; give how many were never confirmed."""
    unconfirmed = delete(signups).where(signups.c.asked < before, signups.c.confirmed.is_(None))
    gone = conn.execute(unconfirmed).rowcount
    conn.execute(delete(signups).where(signups.c.asked < before))
    conn.execute(delete(moves).where(moves.c.asked < before))
    return gone


def counts(conn: Connection) -> dict[str, int]:
    """Count the sign-ups that are kept: "waiting" and "confirmed"."""
    confirmed = signups.c.confirmed.is_not(None)
    rows = conn.execute(select(confirmed.label("done"), func.count().label("n")).group_by(confirmed))
    return {("confirmed" if row.done else "waiting"): row.n for row in rows}


def ask_move(conn: Connection, subscriber_id: int, address: str, address_key: str, now: datetime) -> None:
    """Keep the address that a subscriber wants to change to, instead of an earlier one."""
    values = {"address": address, "address_key": address_key, "asked": now}
    statement = insert(conn, moves).values(subscriber_id=subscriber_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[moves.c.subscriber_id], set_=values))


def find_move(conn: Connection, subscriber_id: int) -> Move | None:
    row = conn.execute(select(moves).where(moves.c.subscriber_id == subscriber_id)).mappings().first()
    return Move(**row) if row is not None else None


def end_move(conn: Connection, subscriber_id: int) -> bool:
    return conn.execute(delete(moves).where(moves.c.subscriber_id == subscriber_id)).rowcount == 1


def _signup(row: RowMapping) -> Signup:
    chosen = {name: categories_of(choice) for name, choice in row["newsletters"].items()}
    return Signup(**{**row, "newsletters": chosen})
