"""Pauses: until when a subscriber wants nothing of a newsletter. One that is over needs no tidying."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Connection, delete, exists, select

from storage.engine import insert
from storage.schema import pauses, subscriptions


def pause(conn: Connection, subscriber_id: int, newsletters: Collection[str], until: datetime) -> None:
    """Pause newsletters, anew if they are paused already."""
    for name in newsletters:
        statement = insert(conn, pauses).values(subscriber_id=subscriber_id, newsletter=name, until=until)
        keys = [pauses.c.subscriber_id, pauses.c.newsletter]
        conn.execute(statement.on_conflict_do_update(index_elements=keys, set_={"until": until}))


def resume(conn: Connection, subscriber_id: int, newsletters: Collection[str] | None = None) -> int:
    """End the pauses of some newsletters, or of all."""
    statement = delete(pauses).where(pauses.c.subscriber_id == subscriber_id)
    if newsletters is not None:
        statement = statement.where(pauses.c.newsletter.in_(newsletters))
    return conn.execute(statement).rowcount


def of(conn: Connection, subscriber_id: int, now: datetime | None = None) -> dict[str, datetime]:
    """Give a subscriber's pauses by newsletter; with `now` only those that last."""
    mine = select(pauses.c.newsletter, pauses.c.until).where(pauses.c.subscriber_id == subscriber_id)
    rows = conn.execute(mine if now is None else mine.where(pauses.c.until > now))
    return {row.newsletter: row.until for row in rows}


def paused(
    newsletter: str | BindParameter[str], now: datetime | BindParameter[datetime]
) -> ColumnElement[bool]:
    """The condition, for a statement over `subscriptions`: this reader wants nothing of it for now."""
    return exists().where(
        pauses.c.subscriber_id == subscriptions.c.subscriber_id,
        pauses.c.newsletter == newsletter,
        pauses.c.until > now,
    )
