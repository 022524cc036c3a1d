"""Values that are made once and kept as long as the database: the key that tokens are signed with."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from storage.engine import insert
from storage.schema import secrets


def find(conn: Connection, name: str) -> bytes | None:
    """Give the value kept under `name`, if there is one."""
    found = conn.scalar(select(secrets.c.value).where(secrets.c.name == name))
    return None if found is None else bytes(found)


def key(conn: Connection, name: str, make: Callable[[], bytes]) -> bytes:
    """Give the value kept under `name`, made now if there is none (then `conn` must be writing)."""
    if (found := find(conn, name)) is not None:
        return found
    # Of two processes that make one at once, both go on with the one that was kept.
    conn.execute(insert(conn, secrets).values(name=name, value=make()).on_conflict_do_nothing())
    return bytes(conn.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar_one())
