"""The engine's promises: transactions, waiting writers, and errors that say what and where."""

import contextlib
import os
import pwd
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from storage import newsletters, secrets
from storage.engine import open_engine, place, reading, writing
from storage.errors import DatabaseError, SchemaError
from storage.revisions import migrate, prepare, ready
from tests import postgres, processes
from tests.scenarios import NOW


def names(engine: Engine) -> list[str]:
    with reading(engine) as conn:
        return list(conn.scalars(text("SELECT name FROM newsletters ORDER BY name")))


def test_a_transaction_is_kept_at_its_end_and_dropped_on_any_exception(database: Engine) -> None:
    def fail() -> None:
        with writing(database) as conn:
            newsletters.meet(conn, "lost", NOW)
            raise KeyboardInterrupt

    with writing(database) as conn:
        newsletters.meet(conn, "kept", NOW)
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(database) == ["kept"]


def test_a_reader_sees_one_moment_throughout(database: Engine) -> None:
    with reading(database) as conn:
        before = newsletters.find(conn, "weekly")
        with writing(database) as other:
            newsletters.meet(other, "weekly", NOW)
        assert newsletters.find(conn, "weekly") is before is None
    with reading(database) as conn:
        assert newsletters.find(conn, "weekly") is not None


def test_times_come_back_as_utc_whatever_the_zone_of_the_server(database: Engine) -> None:
    exact = NOW + timedelta(microseconds=123456)
    with writing(database) as conn:
        newsletters.meet(conn, "weekly", exact)
    with reading(database) as conn:
        found = newsletters.find(conn, "weekly")
    assert found is not None
    assert found.started == exact
    assert found.started.utcoffset() == timedelta(0)


def test_what_a_database_refuses_is_said_without_the_row(database: Engine) -> None:
    def twice() -> None:
        with writing(database) as conn:
            for _ in range(2):
                conn.execute(
                    text("INSERT INTO secrets (name, value) VALUES (:name, :value)"),
                    {"name": "anna@example.org", "value": b"k"},
                )

    with pytest.raises(DatabaseError) as caught:
        twice()
    assert "unique" in str(caught.value).lower()
    assert "anna" not in str(caught.value)


def test_foreign_keys_are_enforced(database: Engine) -> None:
    def orphan() -> None:
        with writing(database) as conn:
            conn.execute(text("INSERT INTO issue_events (issue_id, event) VALUES (99, 'e')"))

    with pytest.raises(DatabaseError):
        orphan()


WRITE = """
from datetime import UTC, datetime
from storage import newsletters
from storage.engine import open_engine, writing
url, name = arguments
engine = open_engine(url)
ready()
for number in range(40):
    with writing(engine) as conn:
        # A read before the write is what a deferred transaction is refused for.
        assert newsletters.find(conn, f"{name}-{number}") is None
        newsletters.meet(conn, f"{name}-{number}", datetime.now(UTC))
"""


def test_writers_of_several_processes_wait_for_one_another(database: Engine, database_url: str) -> None:
    ended = processes.together(WRITE, *([database_url, f"w{n}"] for n in range(4)))
    assert [process.stderr for process in ended] == [""] * 4
    assert len(names(database)) == 4 * 40


def test_an_sqlite_file_is_for_its_owner_only_and_its_folder_is_made(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/data/deep/ledger.db")
    migrate(engine)
    files = sorted((tmp_path / "data" / "deep").iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)
    engine.dispose()


def test_opening_touches_nothing_before_the_first_transaction(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/data/ledger.db").dispose()
    assert list(tmp_path.iterdir()) == []


def test_only_setting_up_makes_a_file(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.db")
    for use in (reading, writing, lambda engine: contextlib.nullcontext(ready(engine))):
        with pytest.raises(DatabaseError, match="it is not there"), use(engine):
            pass
        assert list(tmp_path.iterdir()) == []
    prepare(engine)
    assert names(engine) == []
    engine.dispose()


@pytest.fixture
def moved(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Engine, Path]]:
    """A ledger in use whose folder was moved away, and where it is now."""
    home, away = tmp_path / "data", tmp_path / "away"
    home.mkdir()
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), home / "ledger.db")
    engine = open_engine(f"sqlite:///{home}/ledger.db")
    with reading(engine), writing(engine) as conn:
        newsletters.meet(conn, "before", NOW)
    home.rename(away)
    yield engine, away
    engine.dispose()


def test_nothing_is_written_into_a_file_that_was_moved_away(moved: tuple[Engine, Path]) -> None:
    engine, away = moved
    home = away.with_name("data")
    for _ in range(2):
        with pytest.raises(DatabaseError, match="it is not there"), writing(engine):
            pass
    assert not home.exists()
    home.mkdir()
    (home / "ledger.db").touch()
    with pytest.raises(SchemaError, match="missing"):
        ready(engine)
    shutil.rmtree(home)
    away.rename(home)
    assert names(engine) == ["before"], "it is used again when it is back"


def test_a_file_that_took_the_place_of_another_is_the_one_that_is_used(
    moved: tuple[Engine, Path], sqlite_url: str
) -> None:
    engine, away = moved
    home = away.with_name("data")
    home.mkdir()
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), home / "ledger.db")
    with writing(engine) as conn:
        newsletters.meet(conn, "after", NOW)
    assert names(engine) == ["after"]
    old = open_engine(f"sqlite:///{away}/ledger.db")
    assert names(old) == ["before"]
    old.dispose()


def test_names_with_signs_of_an_address_are_names_of_files(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/a#b%20c d.db")
    prepare(engine)
    assert names(engine) == []
    assert Path(str(engine.url.database)).stat().st_size
    engine.dispose()


@pytest.fixture
def small_disk(sqlite_url: str) -> Iterator[Engine]:
    """A ledger whose file may grow by a few pages only, as on a full disk."""
    engine = open_engine(sqlite_url)

    @event.listens_for(engine, "connect")
    def _limit(connection: sqlite3.Connection, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 4}")

    yield engine
    engine.dispose()


def test_a_full_disk_is_said_with_the_path_and_nothing_is_lost(small_disk: Engine) -> None:
    def fill() -> None:
        with writing(small_disk) as conn:
            newsletters.meet(conn, "half", NOW)
            secrets.key(conn, "huge", lambda: bytes(1_000_000))

    with writing(small_disk) as conn:
        newsletters.meet(conn, "before", NOW)
    with pytest.raises(DatabaseError, match="the disk is full") as caught:
        fill()
    assert str(small_disk.url.database) in str(caught.value)
    assert names(small_disk) == ["before"]
    with writing(small_disk) as conn:
        newsletters.meet(conn, "after", NOW)


def test_a_path_that_is_no_place_for_a_file_is_an_error_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DatabaseError, match=f"{tmp_path}/file/ledger.db"),
        reading(open_engine(f"sqlite:///{tmp_path}/file/ledger.db")),
    ):
        pass


def test_a_file_that_is_no_database_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.write_text("Dear diary, " * 1000)
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(DatabaseError, match="not an SQLite database"):
        migrate(engine)
    assert file.read_text() == "Dear diary, " * 1000
    engine.dispose()


@contextlib.contextmanager
def as_somebody() -> Iterator[None]:
    """Be nobody in particular for a while: root may write everywhere."""
    if os.getuid() == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(os.getuid())


@pytest.fixture
def read_only(sqlite_url: str) -> Iterator[Path]:
    """A ledger in a folder that everybody may look into and nobody else may write."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.db"
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), file)
        file.chmod(0o444)
        Path(folder).chmod(0o555)
        yield file
        Path(folder).chmod(0o755)


def test_a_file_that_may_only_be_read_is_said_with_the_path(read_only: Path) -> None:
    engine = open_engine(f"sqlite:///{read_only}")
    with as_somebody(), pytest.raises(DatabaseError, match="cannot be written") as caught, writing(engine):
        pass
    assert str(read_only) in str(caught.value)


LOOK_AND_LEAVE = """
from sqlalchemy import text
from storage.engine import open_engine, writing
engine = open_engine(arguments[0])
ready()
with writing(engine) as connection:
    connection.execute(text("UPDATE newsletters SET paused = NULL"))
engine.dispose()
"""


def test_a_new_connection_lets_go_of_no_lock_of_the_others(sqlite_url: str) -> None:
    """Another process that leaves must see that we are here, or it takes the log away beneath us."""
    engine = open_engine(sqlite_url)
    with reading(engine) as one, reading(engine) as other:
        assert names(engine) == []
        (left,) = processes.together(LOOK_AND_LEAVE, [sqlite_url])
        assert left.returncode == 0, left.stderr
        assert Path(f"{engine.url.database}-wal").exists()
        assert one is not other
    engine.dispose()


def test_a_file_that_becomes_read_only_is_said_with_the_path(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)

    @event.listens_for(engine, "connect")
    def _forbid(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    with pytest.raises(DatabaseError, match="cannot be written") as caught, writing(engine) as conn:
        newsletters.meet(conn, "weekly", NOW)
    assert str(engine.url.database) in str(caught.value)
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.db",
        "mysql://user:hunter2@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://user:hunter2@host:notaport/db",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_engine(url)
    assert "hunter2" not in _whole_story(caught.value)


def test_a_server_that_is_down_is_said_without_the_password(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql://anna:hunter2@/ledger?host={tmp_path}")
    with pytest.raises(DatabaseError, match="ledger") as caught, reading(engine):
        pass
    assert "hunter2" not in _whole_story(caught.value)
    assert place(engine) == "postgresql://anna:***@/ledger"


def test_a_server_that_refuses_says_why_and_not_the_password(postgresql_server: postgres.Server) -> None:
    engine = open_engine(postgresql_server.url("no_such_database", password="hunter2"))
    with pytest.raises(DatabaseError, match="no_such_database") as caught, reading(engine):
        pass
    assert "hunter2" not in _whole_story(caught.value)
    engine.dispose()


def test_a_server_that_went_away_is_found_again(
    postgresql_server: postgres.Server, postgresql_url: str
) -> None:
    engine = open_engine(postgresql_url)
    assert names(engine) == []
    postgresql_server.disconnect("ledger")
    assert names(engine) == []
    engine.dispose()


def _whole_story(error: BaseException | None) -> str:
    """Everything that a traceback would print."""
    story = ""
    while error is not None:
        story += f"{error!r} {error}\n"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return story
