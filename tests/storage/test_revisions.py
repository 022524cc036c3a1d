"""The migrations give exactly the schema, on both databases, whoever runs them and how often."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, func, inspect, select, text

from storage.engine import make_file, open_engine, reading, writing
from storage.errors import SchemaError
from storage.revisions import FOLDER, HEAD, REVISIONS, migrate, prepare, ready
from storage.schema import letters, metadata, suppressions
from storage.suppressions import address_hash
from tests import processes


@pytest.fixture
def new(new_url: str) -> Iterator[Engine]:
    """A database without any table."""
    engine = open_engine(new_url)
    yield engine
    engine.dispose()


def test_the_migrations_give_the_schema(new: Engine) -> None:
    migrate(new)
    with reading(new) as conn:
        # On SQLite the comparison stumbles over DEFAULT ''; the next test looks at its defaults.
        defaults = conn.dialect.name == "postgresql"
        context = MigrationContext.configure(conn, opts={"compare_server_default": defaults})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_give_the_very_words_of_the_schema(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a comparison does not see: checks, AUTOINCREMENT, names of constraints."""
    migrated, made = open_engine(sqlite_url), open_engine(f"sqlite:///{tmp_path_factory.mktemp('made')}/l.db")
    make_file(made)
    with writing(made) as conn:
        metadata.create_all(conn)
    assert _words(migrated) == _words(made)
    migrated.dispose()
    made.dispose()


def _words(engine: Engine) -> dict[str, list[str]]:
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    with reading(engine) as conn:
        # Constraints come in no particular order; a table that was made anew has its name in quotes, and its
        # defaults in brackets.
        return {
            name: sorted(line.strip(" ,").replace('"', "").replace("('')", "''") for line in sql.splitlines())
            for name, sql in conn.execute(text(query))
        }


def test_the_newest_revision_is_the_one_this_program_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [HEAD]
    assert [step.revision for step in script.walk_revisions()] == sorted(REVISIONS, reverse=True)


def test_migrating_tells_what_it_did_and_twice_does_nothing(new: Engine) -> None:
    assert migrate(new) == list(REVISIONS)
    assert migrate(new) == []
    ready(new)


def test_the_people_of_an_older_ledger_are_kept(new: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revision 4 makes the table of subscriptions anew on SQLite, and leaves out a state that nobody had."""
    monkeypatch.setattr("alembic.command.upgrade", partial(_up_to, "0003", command.upgrade))
    migrate(new)
    monkeypatch.undo()
    with writing(new) as conn:
        conn.execute(
            text("INSERT INTO subscribers VALUES (7, 'a@b.c', 'a@b.c', 'x', NULL, '2026-10-02', '[]')")
        )
        person = text("INSERT INTO subscribers VALUES (8, 'Straße@b.c', :key, 'y', NULL, :day, '[]')")
        conn.execute(person, {"key": "strasse@b.c", "day": "2026-10-02"})
        conn.execute(text("INSERT INTO suppressions VALUES ('y', '', 'complaint', '', '2026-10-02')"))
        columns = "kind, address, address_hash, newsletters, number, state, queued, next_attempt"
        letter = "'welcome', 'a@b.c', 'x', '[]', 7, 'sent', '2026-10-02', '2026-10-02'"
        conn.execute(text(f"INSERT INTO letters ({columns}) VALUES ({letter})"))  # noqa: S608
        row = text("INSERT INTO subscriptions VALUES (7, :newsletter, :state, 'news', '2026-10-02', NULL)")
        for newsletter, state in (("weekly", "active"), ("old", "unsubscribed"), ("nobody", "pending")):
            conn.execute(row, {"newsletter": newsletter, "state": state})
    assert migrate(new) == ["0004", "0005"]
    with writing(new) as conn:
        kept = conn.execute(text("SELECT newsletter, state, choice FROM subscriptions ORDER BY newsletter"))
        assert [tuple(row) for row in kept] == [
            ("old", "unsubscribed", "news"),
            ("weekly", "active", "news"),
        ]
        key, hash_ = conn.execute(
            text("SELECT address_key, address_hash FROM subscribers WHERE id = 8")
        ).one()
        assert (key, hash_) == ("straße@b.c", address_hash("straße@b.c"))
        assert conn.scalar(select(func.count()).select_from(suppressions)) == 2, "barred under either hash"
        queued, expires = conn.execute(select(letters.c.queued, letters.c.expires)).one()
        assert expires - queued == timedelta(days=180)
        conn.execute(text("DELETE FROM subscribers"))
        assert conn.execute(text("SELECT count(*) FROM subscriptions")).scalar() == 0


def _up_to(revision: str, upgrade: Callable[[Config, str], None], config: Config, _wanted: str) -> None:
    upgrade(config, revision)


def test_an_empty_database_is_prepared_and_a_prepared_one_left_alone(new: Engine) -> None:
    prepare(new)
    ready(new)
    prepare(new)


def test_an_empty_database_is_not_ready(new: Engine) -> None:
    make_file(new)
    with pytest.raises(SchemaError, match="pressroom db migrate") as caught:
        ready(new)
    assert (caught.value.found, caught.value.wanted) == (None, HEAD)


def test_an_older_schema_is_refused_with_the_command_that_helps(
    new: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(new)
    monkeypatch.setattr("storage.revisions.HEAD", "9999")
    monkeypatch.setattr("storage.revisions.REVISIONS", (*REVISIONS, "9999"))
    for check in (ready, prepare):
        with pytest.raises(SchemaError, match="pressroom db migrate") as caught:
            check(new)
        assert (caught.value.found, caught.value.wanted) == (HEAD, "9999")


def test_a_newer_schema_is_refused_and_left_as_it_is(new: Engine) -> None:
    migrate(new)
    with writing(new) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for check in (ready, prepare, migrate):
        with pytest.raises(SchemaError, match="newer Pressroom") as caught:
            check(new)
        assert caught.value.found == "9999"


def test_a_database_of_somebody_else_is_not_touched(new: Engine) -> None:
    make_file(new)
    with writing(new) as conn:
        conn.execute(text("CREATE TABLE recipes (name TEXT)"))
    for check in (ready, prepare, migrate):
        with pytest.raises(SchemaError, match="not Pressroom's"):
            check(new)
    with reading(new) as conn:
        assert inspect(conn).get_table_names() == ["recipes"]


def test_a_migration_that_breaks_leaves_the_database_as_it_was(
    new: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic.op.create_index", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        migrate(new)
    with reading(new) as conn:
        assert inspect(conn).get_table_names() == []


MIGRATE = """
import alembic.command
from storage.engine import open_engine
from storage.revisions import migrate
engine = open_engine(arguments[0])
ready()
print(migrate(engine))
"""


def test_processes_that_migrate_at_once_take_turns(new: Engine, new_url: str) -> None:
    ended = processes.together(MIGRATE, *([new_url] for _ in range(3)))
    assert [process.stderr for process in ended] == [""] * 3
    assert sorted(process.stdout.strip() for process in ended) == sorted([str(list(REVISIONS)), "[]", "[]"])
    ready(new)


def test_asking_for_the_version_does_not_load_alembic() -> None:
    """It would slow the start of every command by half a second."""
    code = "import sys, storage.revisions; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parents[1], check=False).returncode == 0
