"""Fixtures for every test: the ledger on both of its databases, and golden files."""

import difflib
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine

from storage.engine import open_engine
from storage.revisions import migrate
from storage.schema import metadata
from tests import postgres

GOLDEN = Path(__file__).parent / "golden"
TABLES = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
_numbers = itertools.count(1)

# How long one example takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile("pressroom", deadline=None)
hypothesis.settings.load_profile("pressroom")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgres.Server]:
    """One server for the session, of each process of xdist; without PostgreSQL the tests fail."""
    with postgres.running() as server:
        server.execute("postgres", "CREATE DATABASE ledger")
        _make_ledger(server.url("ledger"))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "ledger.db"
    _make_ledger(f"sqlite:///{file}")
    return file


@pytest.fixture
def postgresql_url(postgresql_server: postgres.Server) -> Iterator[str]:
    """The address of a migrated, empty ledger on PostgreSQL; emptied afterwards, whoever still uses it."""
    yield postgresql_server.url("ledger")
    postgresql_server.disconnect("ledger")
    postgresql_server.execute("ledger", f"TRUNCATE {TABLES} RESTART IDENTITY")


@pytest.fixture
def postgresql_new(postgresql_server: postgres.Server) -> Iterator[str]:
    """The address of a database of one's own, without any table."""
    name = f"new_{next(_numbers)}"
    postgresql_server.execute("postgres", f"CREATE DATABASE {name}")
    yield postgresql_server.url(name)
    postgresql_server.execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    return str(request.getfixturevalue("postgresql_new"))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a migrated, empty ledger on SQLite."""
    file = tmp_path / "ledger.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty ledger, once on each database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A migrated, empty ledger, once on each database."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """A migrated, empty ledger on SQLite: for rules that no database has a part in."""
    engine = open_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str | bytes], None]:
    """Compare with `tests/golden/<name>`; `pytest --update-golden` writes it instead."""

    def compare(name: str, value: str | bytes) -> None:
        file = GOLDEN / name
        made = value.encode() if isinstance(value, str) else value
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(made)
        elif not file.exists():
            pytest.fail(f"tests/golden/{name} is missing; make it with pytest --update-golden")
        elif file.read_bytes() != made:
            pytest.fail(f"tests/golden/{name} differs:\n{_difference(file.read_bytes(), made)}")

    return compare


def _make_ledger(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def _difference(expected: bytes, made: bytes) -> str:
    before, after = (value.decode("utf-8", "backslashreplace").splitlines() for value in (expected, made))
    return "\n".join(
        itertools.islice(difflib.unified_diff(before, after, "golden", "made", lineterm=""), 200)
    )
