"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL have alike and SQLAlchemy has twice."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Make an INSERT that leaves rows alone that are already there."""
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
