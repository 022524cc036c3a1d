"""How often something was done lately, by somebody who is only known by a keyed hash.

One row per scope and key, whose window begins with the first use of it; a use beyond the limit writes
nothing, so that a flood costs reads. What is limited, and by how much, is decided in `newsletter.signups`.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, or_, select

from storage.engine import insert
from storage.schema import quotas


def take(
    conn: Connection, scope: str, key: str, *, now: datetime, window: timedelta, limit: int
) -> int | None:
    """Count one use; give the how manieth of its window it is, or None when the limit was reached before.

    Of two processes that take the last one at once, one gets it.
    """
    over = quotas.c.since <= now - window
    statement = insert(conn, quotas).values(scope=scope, key=key, since=now, count=1)
    counted = statement.on_conflict_do_update(
        index_elements=[quotas.c.scope, quotas.c.key],
        set_={
            "since": case((over, now), else_=quotas.c.since),
            "count": case((over, 1), else_=quotas.c.count + 1),
        },
        where=or_(over, quotas.c.count < limit),
    )
    return conn.execute(counted.returning(quotas.c.count)).scalar()


def used(conn: Connection, scope: str, key: str, now: datetime, window: timedelta) -> int:
    """Give how often it was done in the window that lasts; counts nothing."""
    mine = (quotas.c.scope == scope, quotas.c.key == key, quotas.c.since > now - window)
    return conn.execute(select(quotas.c.count).where(*mine)).scalar() or 0


def forget(conn: Connection, before: datetime) -> int:
    """Delete what began before a time at which every window that matters had not begun."""
    return conn.execute(delete(quotas).where(quotas.c.since < before)).rowcount
