"""What became of each slot of a newsletter's schedule: one row per slot, written once.

The primary key is the promise: whoever inserts the row has decided, everybody else finds it there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, select, update

from storage.engine import insert
from storage.schema import slots


@dataclass(frozen=True, slots=True)
class SlotRow:
    """`slot` is local ("2026-10-02T07:00"), `due` its moment; `outcome` one of schema.SLOT_OUTCOMES."""

    newsletter: str
    slot: str
    due: datetime
    decided: datetime
    outcome: str
    detail: str = ""
    issue_id: int | None = None


def decide(conn: Connection, rows: Iterable[SlotRow]) -> int:
    """Write what became of these; those that were decided already stay. Gives how many were written."""
    written = 0
    for row in rows:
        values = {name: getattr(row, name) for name in SlotRow.__slots__}
        written += conn.execute(insert(conn, slots).values(**values).on_conflict_do_nothing()).rowcount
    return written


def revise(conn: Connection, newsletter: str, slot: str, *, outcome: str, detail: str) -> None:
    """Change what is said of a decided slot: its issue was given up before any mail of it went out."""
    this = (slots.c.newsletter == newsletter) & (slots.c.slot == slot)
    conn.execute(update(slots).where(this).values(outcome=outcome, detail=detail))


def find(conn: Connection, newsletter: str, slot: str) -> SlotRow | None:
    this = (slots.c.newsletter == newsletter) & (slots.c.slot == slot)
    row = conn.execute(select(slots).where(this)).one_or_none()
    return None if row is None else _slot(row)


def latest(conn: Connection, newsletter: str) -> str | None:
    """Give the last slot, by name, that was decided."""
    query = select(func.max(slots.c.slot)).where(slots.c.newsletter == newsletter)
    found: str | None = conn.scalar(query)
    return found


def recent(conn: Connection, newsletter: str, limit: int) -> list[SlotRow]:
    """Give the last decided slots, the newest first."""
    query = select(slots).where(slots.c.newsletter == newsletter).order_by(slots.c.slot.desc()).limit(limit)
    return [_slot(row) for row in conn.execute(query)]


def _slot(row: Row[tuple[object, ...]]) -> SlotRow:
    return SlotRow(**row._mapping)
