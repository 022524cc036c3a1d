"""Copies of the ledger: made while the service runs, and put back.

SQLite by its own online backup; PostgreSQL by its own `pg_dump` and `psql`, which have to be installed
where the command runs. A copy holds addresses and the key of the tokens, so only its owner can read it.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import URL, Engine, make_url, text

from pressroom.errors import PressroomError
from storage.engine import writing
from storage.revisions import REVISIONS

PRIVATE = 0o600
NUMBERED = ("subscribers", "signups", "letters")
LEAP = 1_000_000
_SQLITE = text("UPDATE sqlite_sequence SET seq = seq + :leap WHERE name = :name")
_SQLITE_FIRST = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :leap)")
_POSTGRESQL = text(
    "SELECT setval(pg_get_serial_sequence(:name, 'id'), nextval(pg_get_serial_sequence(:name, 'id')) + :leap)"
)


class CopyError(PressroomError):
    """A copy could not be made or put back; nothing was changed."""


def back_up(url: str, target: Path, environ: Mapping[str, str]) -> int:
    """Write a copy of the whole ledger to `target`; give its size."""
    parsed = make_url(url)
    with _beside(target) as draft:
        if parsed.get_backend_name() == "sqlite":
            _copy_sqlite(_existing(Path(str(parsed.database))), draft)
        else:
            _run("pg_dump", ["--clean", "--if-exists", "--no-owner", "--file", str(draft)], parsed, environ)
        return draft.stat().st_size


def restore(url: str, source: Path, environ: Mapping[str, str]) -> None:
    """Put a copy in the place of the ledger, in one step; `leap` belongs after it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _check_sqlite(source)
        target = Path(str(parsed.database))
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(target, os.O_RDWR | os.O_CREAT, PRIVATE))
        _copy_sqlite(source, target)
        return
    if not source.read_bytes()[:200].lstrip().startswith(b"--"):
        message = f"{source}: is no copy that pg_dump made"
        raise CopyError(message)
    options = [
        "--single-transaction",
        "--quiet",
        "--no-psqlrc",
        "--set",
        "ON_ERROR_STOP=1",
        "--file",
        str(source),
    ]
    _run("psql", options, parsed, environ)


def leap(engine: Engine) -> None:
    """Let the numbers that links carry go on far above what a copy knows of; called when it is put back.

    Some were given since it was made, and the links in those mails must not fit the people who come next.
    """
    with writing(engine) as connection:
        for table in NUMBERED:
            if engine.dialect.name == "sqlite":
                values = {"name": table, "leap": LEAP}
                if not connection.execute(_SQLITE, values).rowcount:
                    connection.execute(_SQLITE_FIRST, values)
            else:
                connection.execute(_POSTGRESQL, {"name": table, "leap": LEAP})


def holds_anything(url: str) -> bool:
    """Tell whether restoring would overwrite something; of a server it is always supposed."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return True
    file = Path(str(parsed.database))
    return file.exists() and file.stat().st_size > 0


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a private file beside the target that takes its place when everything went well."""
    with NamedTemporaryFile(dir=target.absolute().parent, prefix=f".{target.name}.", delete=False) as file:
        draft = Path(file.name)
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _existing(file: Path) -> Path:
    if not file.exists():
        message = f"{file}: there is no database yet"
        raise CopyError(message)
    return file


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target, timeout=30)) as new,
        ):
            old.backup(new)
            # One file that can be carried about; the engine turns the write-ahead log on again.
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        message = f"{source}: could not be copied to {target}: {error}"
        raise CopyError(message) from error


def _check_sqlite(source: Path) -> None:
    """Refuse what is not a whole ledger of this program before anything is overwritten."""
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
            (state,) = copy.execute("PRAGMA quick_check").fetchone()
            (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        message = f"{source}: is no copy of a Pressroom database: {error}"
        raise CopyError(message) from error
    if state != "ok" or revision not in REVISIONS:
        reason = "is damaged" if state != "ok" else f"was made by another version of Pressroom ({revision})"
        message = f"{source}: {reason}"
        raise CopyError(message)


def _run(program: str, options: list[str], url: URL, environ: Mapping[str, str]) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where nobody else sees it."""
    path = shutil.which(program, path=environ.get("PATH"))
    if path is None:
        message = (
            f"{program} is not installed here; it comes with PostgreSQL's client programs (postgresql-client)"
        )
        raise CopyError(message)
    given = {"PGPASSWORD": url.password} if url.password else {}
    bare = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - a fixed program with our own arguments
        [path, *options, "--dbname", bare],
        env={**environ, **{key: str(value) for key, value in given.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{program} failed: {' '.join(done.stderr.split()) or 'no reason given'}"
        raise CopyError(message)
