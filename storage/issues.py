"""The issues of every newsletter, with what was in them.

States: awaiting-approval -> queued -> sending -> sent; queued and sending <-> paused; any but sent
-> cancelled. Mail only goes out in `queued` and `sending`. An issue that is cancelled before its first
mail gives its items back (`release_items`); its number is not used again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from storage.schema import issue_events, issue_items, issues

DONE = ("sent", "cancelled")


@dataclass(frozen=True, slots=True)
class IssueRow:
    """`content` is the frozen issue as plain JSON values; None where a list was asked for."""

    id: int
    newsletter: str
    number: int
    slot: str
    state: str
    subject: str
    composed: datetime
    finished: datetime | None
    reason: str
    content: object = None


def create(
    conn: Connection,
    *,
    newsletter: str,
    number: int,
    slot: str,
    state: str,
    subject: str,
    composed: datetime,
    content: object,
) -> IssueRow:
    values = {"newsletter": newsletter, "number": number, "slot": slot, "state": state, "subject": subject}
    statement = insert(issues).values(**values, composed=composed, content=content).returning(issues.c.id)
    new_id = conn.execute(statement).scalar_one()
    return IssueRow(new_id, newsletter, number, slot, state, subject, composed, None, "", content)


def next_number(conn: Connection, newsletter: str) -> int:
    return (conn.scalar(select(func.max(issues.c.number)).where(issues.c.newsletter == newsletter)) or 0) + 1


def get(conn: Connection, issue_id: int) -> IssueRow | None:
    return _one(conn, select(issues).where(issues.c.id == issue_id))


def find(conn: Connection, newsletter: str, number: int) -> IssueRow | None:
    this = (issues.c.newsletter == newsletter) & (issues.c.number == number)
    return _one(conn, select(issues).where(this))


def listed(
    conn: Connection, newsletter: str | None = None, limit: int = 50, states: tuple[str, ...] = ()
) -> list[IssueRow]:
    """Give the newest issues, of one newsletter or of all, without their content."""
    columns = [column for column in issues.c if column.name != "content"]
    query = select(*columns).order_by(issues.c.composed.desc(), issues.c.id.desc()).limit(limit)
    if newsletter is not None:
        query = query.where(issues.c.newsletter == newsletter)
    if states:
        query = query.where(issues.c.state.in_(states))
    return [_issue(row) for row in conn.execute(query)]


def last_composed(conn: Connection, newsletter: str) -> datetime | None:
    """Give when the newest issue was composed, whatever became of it."""
    query = select(func.max(issues.c.composed)).where(issues.c.newsletter == newsletter)
    found: datetime | None = conn.scalar(query)
    return found


def hold(conn: Connection, issue_id: int) -> None:
    """Keep others from starting its mails or moving it until the transaction ends.

    On SQLite every writing transaction does so by itself.
    """
    conn.execute(select(issues.c.id).where(issues.c.id == issue_id).with_for_update())


def set_state(
    conn: Connection,
    issue_id: int,
    state: str,
    *,
    only_from: tuple[str, ...],
    now: datetime,
    reason: str = "",
) -> bool:
    """Move the issue to `state` if it is in one of `only_from`; False when it is not."""
    this = (issues.c.id == issue_id) & issues.c.state.in_(only_from)
    values = {"state": state, "reason": reason, "finished": now if state in DONE else None}
    return conn.execute(update(issues).where(this).values(**values)).rowcount == 1


def mailed_items(conn: Connection, newsletter: str, *, apart_from: int | None = None) -> dict[str, int]:
    """Give each item that is in an issue, with that issue's number; leave out the issue `apart_from`."""
    query = (
        select(issue_items.c.item, issues.c.number)
        .join(issues, issues.c.id == issue_items.c.issue_id)
        .where(issue_items.c.newsletter == newsletter)
    )
    if apart_from is not None:
        query = query.where(issue_items.c.issue_id != apart_from)
    return {row.item: row.number for row in conn.execute(query)}


def shown_events(conn: Connection, newsletter: str, *, apart_from: int | None = None) -> set[str]:
    """Give the events that any issue showed; leave out the issue `apart_from`."""
    query = (
        select(issue_events.c.event)
        .distinct()
        .join(issues, issues.c.id == issue_events.c.issue_id)
        .where(issues.c.newsletter == newsletter)
    )
    if apart_from is not None:
        query = query.where(issue_events.c.issue_id != apart_from)
    return set(conn.scalars(query))


def record_contents(conn: Connection, issue: IssueRow, items: Iterable[str], events: Iterable[str]) -> None:
    """Write what is in the issue; an item that is in another one already is an error of the database."""
    item_rows = [{"newsletter": issue.newsletter, "item": key, "issue_id": issue.id} for key in items]
    event_rows = [{"issue_id": issue.id, "event": key} for key in events]
    if item_rows:
        conn.execute(insert(issue_items), item_rows)
    if event_rows:
        conn.execute(insert(issue_events), event_rows)


def release_items(conn: Connection, issue_id: int) -> int:
    """Give the issue's items and events back, to be new again; gives how many items."""
    conn.execute(delete(issue_events).where(issue_events.c.issue_id == issue_id))
    return conn.execute(delete(issue_items).where(issue_items.c.issue_id == issue_id)).rowcount


def _one(conn: Connection, query: Select[tuple[object, ...]]) -> IssueRow | None:
    row = conn.execute(query).one_or_none()
    return None if row is None else _issue(row)


def _issue(row: Row[tuple[object, ...]]) -> IssueRow:
    return IssueRow(**row._mapping)
