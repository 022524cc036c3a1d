"""Values that are made once and kept as long as the database: the key that tokens are signed with."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from storage.engine import insert
from storage.schema import secrets


def key(conn: Connection, name: str, make: Callable[[], bytes]) -> bytes:
    """Give the value kept under `name`, made now if there is none (then `conn` must be writing)."""
    query = select(secrets.c.value).where(secrets.c.name == name)
    found = conn.scalar(query)
    if found is None:
        # Of two processes that make one at once, both go on with the one that was kept.
        conn.execute(insert(conn, secrets).values(name=name, value=make()).on_conflict_do_nothing())
        found = conn.execute(query).scalar_one()
    return bytes(found)
