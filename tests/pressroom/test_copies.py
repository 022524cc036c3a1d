"""Copies of the ledger: whole, private, made while it is used, and put back in one step."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from pressroom.copies import CopyError, back_up, leap, restore
from storage import newsletters, subscribers
from storage.engine import open_engine, reading, writing
from storage.subscribers import NewSubscriber
from tests.scenarios import NOW

ENVIRON: Mapping[str, str] = dict(os.environ)


def meet(url: str, name: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        newsletters.meet(connection, name, NOW)
    engine.dispose()


def is_known(url: str, name: str) -> bool:
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            return newsletters.find(connection, name) is not None
    finally:
        engine.dispose()


def test_what_was_there_when_the_copy_was_made_is_there_again(database_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    meet(database_url, "before")
    assert back_up(database_url, copy, ENVIRON) == copy.stat().st_size > 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600, "a copy holds addresses"
    meet(database_url, "after")
    restore(database_url, copy, ENVIRON)
    assert is_known(database_url, "before")
    assert not is_known(database_url, "after")


def test_after_a_restore_no_number_is_given_a_second_time(database_url: str, tmp_path: Path) -> None:
    """The links in mails that went out since the copy was made carry them."""
    copy = tmp_path / "copy"
    back_up(database_url, copy, ENVIRON)
    since = [a_subscriber(database_url, f"since{number}@example.org") for number in range(3)]
    for _ in range(2):
        restore(database_url, copy, ENVIRON)
        engine = open_engine(database_url)
        leap(engine)
        engine.dispose()
        assert a_subscriber(database_url, "next@example.org") > max(since)


def a_subscriber(url: str, address: str) -> int:
    engine = open_engine(url)
    try:
        with writing(engine) as connection:
            return subscribers.add(connection, [NewSubscriber(address, address, None, NOW)])[address]
    finally:
        engine.dispose()


def test_an_sqlite_copy_is_one_file(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    meet(sqlite_url, "weekly")
    back_up(sqlite_url, folder / "copy.db", ENVIRON)
    other = f"sqlite:///{tmp_path}/new/ledger.db"
    restore(other, folder / "copy.db", ENVIRON)
    assert is_known(other, "weekly")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]


def test_what_is_no_copy_is_refused_and_changes_nothing(database_url: str, tmp_path: Path) -> None:
    meet(database_url, "weekly")
    wrong = tmp_path / "wrong"
    wrong.write_text("SELECT 1;")
    with pytest.raises(CopyError, match="is no copy"):
        restore(database_url, wrong, ENVIRON)
    assert is_known(database_url, "weekly")


def test_a_copy_of_a_later_schema_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    back_up(sqlite_url, tmp_path / "copy.db", ENVIRON)
    engine = open_engine(f"sqlite:///{tmp_path}/copy.db")
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(CopyError, match="another version of Pressroom"):
        restore(sqlite_url, tmp_path / "copy.db", ENVIRON)


def test_without_a_database_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="there is no database yet"):
        back_up(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy.db", ENVIRON)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_pg_dump_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="pg_dump is not installed here"):
        back_up("postgresql://me:secret@host/db", tmp_path / "copy", {"PATH": str(tmp_path)})


def test_a_failing_pg_dump_never_shows_the_password(tmp_path: Path) -> None:
    with pytest.raises(CopyError) as caught:
        back_up("postgresql://me:secret@127.0.0.1:1/db", tmp_path / "copy", ENVIRON)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
