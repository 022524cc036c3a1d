"""How often something was done lately, by somebody who is only known by a keyed hash.

One row per scope and key, whose window begins with the first use of it; a use beyond the limit writes
nothing, so that a flood costs reads. What is limited, and by how much, is decided in `newsletter.signups`.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, case, delete, or_, select
from sqlalchemy.sql.dml import ReturningInsert

from storage.engine import inserting
from storage.schema import Utc, quotas


def take(
    conn: Connection, scope: str, key: str, *, now: datetime, window: timedelta, limit: int
) -> int | None:
    """Count one use; give the how manieth of its window it is, or None when the limit was reached before.

    Of two processes that take the last one at once, one gets it.
    """
    values = {"scope_": scope, "key_": key, "now_": now, "over_": now - window, "limit_": limit}
    found: int | None = conn.execute(_taking(conn.dialect.name), values).scalar()
    return found


def used(conn: Connection, scope: str, key: str, now: datetime, window: timedelta) -> int:
    """Give how often it was done in the window that lasts; counts nothing."""
    values = {"scope_": scope, "key_": key, "over_": now - window, "now_": now}
    return conn.execute(_USED, values).scalar() or 0


def forget(conn: Connection, before: datetime, now: datetime) -> int:
    """Delete what began before a time at which every window that matters had not begun, or in the future."""
    return conn.execute(delete(quotas).where(or_(quotas.c.since < before, quotas.c.since > now))).rowcount


@cache
def _taking(dialect: str) -> ReturningInsert[Any]:
    """Make the statement once: making it takes longer than carrying it out."""
    now = bindparam("now_", type_=Utc)
    # A window that begins in the future was opened while the clock was wrong: it is over as well.
    over = or_(quotas.c.since <= bindparam("over_", type_=Utc), quotas.c.since > now)
    row = {"scope": bindparam("scope_"), "key": bindparam("key_"), "since": now, "count": 1}
    counted = inserting(dialect, quotas).values(row)
    return counted.on_conflict_do_update(
        index_elements=[quotas.c.scope, quotas.c.key],
        set_={
            "since": case((over, now), else_=quotas.c.since),
            "count": case((over, 1), else_=quotas.c.count + 1),
        },
        where=or_(over, quotas.c.count < bindparam("limit_", type_=Integer)),
    ).returning(quotas.c.count)


_USED = select(quotas.c.count).where(
    quotas.c.scope == bindparam("scope_"),
    quotas.c.key == bindparam("key_"),
    quotas.c.since > bindparam("over_", type_=Utc),
    quotas.c.since <= bindparam("now_", type_=Utc),
)
