"""What became of deliveries: to look at, to judge by, and to forget.

Read by the operator's commands, by `newsletter.delivery` (did this address fail before?) and by
`newsletter.people` when a person is erased. Nothing here takes part in sending.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from storage.deliveries import WAITING
from storage.schema import deliveries, subscribers


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery to look at; `address` None when the person was erased."""

    issue_id: int
    subscriber_id: int
    address: str | None
    state: str
    attempts: int
    queued: datetime
    next_attempt: datetime
    finished: datetime | None
    reply: str
    held: bool


def failures(conn: Connection, subscriber_id: int, *, apart_from: int, limit: int = 5) -> list[str]:
    """Give the replies by which this person's latest deliveries of other issues failed."""
    earlier = (
        select(deliveries.c.reply)
        .where(deliveries.c.subscriber_id == subscriber_id, deliveries.c.state == "failed")
        .where(deliveries.c.issue_id != apart_from)
        .order_by(deliveries.c.issue_id.desc())
    )
    return list(conn.execute(earlier.limit(limit)).scalars())


def forget(conn: Connection, subscriber_id: int, now: datetime) -> None:
    """Leave of an erased person's deliveries only that they were: replies may hold the address."""
    theirs = update(deliveries).where(deliveries.c.subscriber_id == subscriber_id)
    conn.execute(theirs.values(reply=""))
    stopped = {"state": "suppressed", "finished": now, "held": False}
    conn.execute(theirs.where(deliveries.c.state.in_(WAITING)).values(**stopped))


def listed(
    conn: Connection, issue_id: int, states: Collection[str], *, page: int = 1000
) -> Iterator[DeliveryRow]:
    """Give an issue's deliveries in some states, in the order of subscribers, a page in memory at a time."""
    after = 0
    statement = _rows().where(deliveries.c.issue_id == issue_id, deliveries.c.state.in_(states))
    while rows := _read(conn, statement.where(deliveries.c.subscriber_id > after).limit(page)):
        yield from rows
        after = rows[-1].subscriber_id


def of_subscriber(conn: Connection, subscriber_id: int, limit: int) -> list[DeliveryRow]:
    """Give a person's latest deliveries, newest first."""
    statement = _rows().where(deliveries.c.subscriber_id == subscriber_id).order_by(None)
    return _read(conn, statement.order_by(deliveries.c.issue_id.desc()).limit(limit))


def _rows() -> Select[Any]:
    names = [name for name in DeliveryRow.__dataclass_fields__ if name != "address"]
    return (
        select(*(deliveries.c[name] for name in names), subscribers.c.address)
        .select_from(deliveries)
        .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .order_by(deliveries.c.subscriber_id)
    )


def _read(conn: Connection, statement: Select[Any]) -> list[DeliveryRow]:
    return [DeliveryRow(**row) for row in conn.execute(statement).mappings()]
