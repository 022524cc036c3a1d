"""The schema's versions: is the database the one this program was written for, and how to make it so.

The steps lie in `storage/migrations/versions`, one file each, named by number. Alembic is only loaded
when there is something to migrate: it would slow the start of every command by half a second.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from storage.engine import make_file, place, reading, writing
from storage.errors import SchemaError

FOLDER = Path(__file__).parent / "migrations"
REVISIONS = tuple(sorted(file.stem.split("_")[0] for file in FOLDER.glob("versions/[0-9]*.py")))
HEAD = REVISIONS[-1]

# Any number, the same in every process: PostgreSQL lets one at a time through.
MIGRATION_LOCK = 7_023_665_150


def migrate(engine: Engine) -> list[str]:
    """Bring the schema up to this program's in one transaction; give the revisions that were applied."""
    make_file(engine)
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        _refuse_foreign(engine, connection)
        return [] if _found(connection) == HEAD else _upgrade(connection)


def ready(engine: Engine) -> None:
    """Raise SchemaError unless the database's schema is exactly this program's."""
    with reading(engine) as connection:
        _refuse_foreign(engine, connection)
        found = _found(connection)
    if found != HEAD:
        message = (
            f"{place(engine)}: the schema is {found or 'missing'}, this program needs {HEAD}; "
            "make a copy of the database, then run: pressroom db migrate"
        )
        raise SchemaError(message, found, HEAD)


def prepare(engine: Engine) -> None:
    """Make the schema in an empty database; in any other, insist that it is this program's."""
    make_file(engine)
    with reading(engine) as connection:
        empty = not inspect(connection).get_table_names()
    if empty:
        migrate(engine)
    ready(engine)


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_foreign(engine: Engine, connection: Connection) -> None:
    found = _found(connection)
    if found is None and inspect(connection).get_table_names():
        message = (
            f"{place(engine)}: the database holds tables that are not Pressroom's; give it one of its own"
        )
        raise SchemaError(message, None, HEAD)
    if found is not None and found not in REVISIONS:
        message = (
            f"{place(engine)}: the schema ({found}) was made by a newer Pressroom than this one ({HEAD}); "
            "install that version"
        )
        raise SchemaError(message, found, HEAD)


def _upgrade(connection: Connection) -> list[str]:
    from alembic import command  # noqa: PLC0415 - half a second, see above
    from alembic.config import Config  # noqa: PLC0415

    applied: list[str] = []

    def note(*, step: Any, **_: Any) -> None:
        applied.append(step.up_revision_id)

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes.update(connection=connection, on_version_apply=note)
    command.upgrade(config, "head")
    return applied
