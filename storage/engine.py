"""One way into the ledger's database: an engine made from a URL, and transactions on it.

SQLite: write-ahead log, foreign keys, `synchronous=FULL` (a delivery's `started` must outlive a power
cut, or its mail would go twice), and every writing transaction takes the write lock when it begins: a
lock taken later, in the middle of a transaction, is refused at once instead of waited for. No connection
makes the file, `make_file` does; and one whose file was moved away or replaced is not used again.
PostgreSQL: psycopg. Knows no table. Called by everything that opens or uses the ledger.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import DatabaseError

# How long a writer waits for the others' transactions on SQLite, and for a server that does not answer.
BUSY_SECONDS = 30
CONNECT_SECONDS = 10

# How many rows an INSERT ... ON CONFLICT wrote is how a race is decided; without this it is not always told.
OPTIONS = {"preserve_rowcount": True}

# What the drivers say, and what it means to an operator.
EXPLANATIONS = {
    "database or disk is full": "the disk is full (or a quota is reached); nothing of this change was saved",
    "no space left on device": "the disk is full; nothing of this change was saved",
    "file is not a database": "the file is not an SQLite database, or it is damaged",
    "database disk image is malformed": "the file is damaged; restore a copy",
    "attempt to write a readonly database": "the file or its folder cannot be written by this user",
    "unable to open database file": "it is not there, or this user may not write it and its folder",
    "database is locked": f"another process kept the database busy for {BUSY_SECONDS} seconds",
    "disk i/o error": "the disk failed to read or write",
}


def open_engine(url: str) -> Engine:
    """Give an engine for `url`; nothing is opened before the first transaction."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        execution_options=OPTIONS,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "pressroom"},
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one moment of the ledger throughout and changes nothing."""
    with _translated(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            reader = connection.execution_options(pressroom_begin="BEGIN")
        else:
            reader = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with reader.begin():
            yield reader


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in one transaction: committed at the end, rolled back on any exception."""
    with _translated(engine), engine.begin() as connection:
        yield connection


def empty_log(engine: Engine) -> None:
    """Bring SQLite's write-ahead log into the file and empty it: it holds what was erased as it was before.

    Does as much as the others' open transactions allow. PostgreSQL keeps house by itself.
    """
    if engine.dialect.name != "sqlite":
        return
    with _translated(engine):
        raw = engine.raw_connection()  # a transaction of SQLAlchemy's would be in the way of it
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Start an INSERT that can say ON CONFLICT, in the words of the connection's database."""
    return inserting(connection.dialect.name, table)


def inserting(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """As `insert`, for a statement that is made once and kept."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def make_file(engine: Engine) -> None:
    """Make the file of a new database on SQLite; nothing else does, and one that is there stays as it is."""
    if engine.dialect.name == "sqlite":
        _create_private(_file(engine.url))


def place(engine: Engine) -> str:
    """Name the database for people: the file, or the URL without its password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    shown = engine.url.set(drivername="postgresql", query={})
    return shown.render_as_string(hide_password=True)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        # The text may hold a password, so it is not repeated, nor is the cause chained.
        message = (
            "storage.url is not a database address; write sqlite:///data/pressroom.db or postgresql://..."
        )
        raise DatabaseError(message) from (error if "@" not in url else None)
    if backend not in ("sqlite", "postgresql"):
        message = f"storage.url: '{backend}' is not supported; write sqlite:///... or postgresql://..."
        raise DatabaseError(message)
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        message = "storage.url names no file; a ledger in memory would forget who got what"
        raise DatabaseError(message)
    return parsed


def _sqlite(url: URL) -> Engine:
    path = _file(url)
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": BUSY_SECONDS},
        execution_options=OPTIONS,
    )

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: Any, record: Any, _args: Any, options: dict[str, Any]) -> sqlite3.Connection:
        # Before it is opened: if another file takes its place in between, that is seen at the next use.
        record.info["file"] = _identity(path)
        found: sqlite3.Connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, **options
        )
        return found

    @event.listens_for(engine, "checkout")
    def _refuse_moved(_connection: sqlite3.Connection, record: Any, _proxy: Any) -> None:
        if record.info["file"] != _identity(path):
            message = "the file of the database is another one now"
            raise DisconnectionError(message)

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling begins too late (see the module's text); ours is below.
        connection.isolation_level = None
        _use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, not only unlinked

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get("pressroom_begin", "BEGIN IMMEDIATE"))

    return engine


def _file(url: URL) -> Path:
    return Path(str(url.database))


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell one file from another that has its name; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _create_private(path: Path) -> None:
    """Make an empty file that only its owner can read: it will hold addresses and the tokens' key.

    A file that is there is not opened: closing it would let go of every lock that this process has on it, for
    POSIX counts by process, and SQLite elsewhere would take us for gone (sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        message = f"{path}: the database cannot be opened: {error.strerror}"
        raise DatabaseError(message) from error


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # Unlike any other statement this one does not wait for a lock, so two first starts at once collide.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise DatabaseError(_explain(engine, _said(error.orig))) from error.orig
    except (sqlite3.Error, PoolTimeout) as error:
        raise DatabaseError(_explain(engine, str(error))) from error


def _said(error: BaseException | None) -> str:
    """Give the driver's words; PostgreSQL's details repeat the row, and that may be an address."""
    diagnosis = getattr(error, "diag", None)
    return getattr(diagnosis, "message_primary", None) or str(error)


def _explain(engine: Engine, said: str) -> str:
    reason = next((text for sign, text in EXPLANATIONS.items() if sign in said.lower()), None)
    words = " ".join(said.split())
    if engine.url.password:
        words = words.replace(str(engine.url.password), "***")
    return f"{place(engine)}: {reason} ({words})" if reason else f"{place(engine)}: {words}"
