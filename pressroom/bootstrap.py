"""The one place where the parts are put together; every command, the service and the tests start here.

Composition only: what the parts do is decided in them, and what a command does in its own module.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, inspect

from content.languages import Catalogues
from content.templates import Templates
from pressroom.builtin import builtin
from pressroom.clock import Clock, system
from pressroom.settings import Config
from storage.engine import open_engine, reading
from storage.revisions import migrate, prepare, ready


@dataclass(frozen=True, slots=True)
class Pressroom:
    """Everything that a command works with."""

    config: Config
    clock: Clock
    engine: Engine
    catalogues: Catalogues
    templates: Templates


@contextmanager
def open_pressroom(
    config: Config, clock: Clock = system, *, check: Callable[[Engine], None] = prepare
) -> Iterator[Pressroom]:
    """Give the parts with a ledger that can be written; a new database is set up, an old one refused.

    A service that is running must not take an empty database for a new one: it has a `check` of its own.
    """
    with _parts(config, clock) as room:
        check(room.engine)
        yield room


@contextmanager
def look_into(config: Config, clock: Clock = system) -> Iterator[Pressroom]:
    """Give the parts to look and change nothing; where there is no ledger yet, an empty one to read."""
    with _parts(config, clock) as room:
        if not _is_new(room.engine):
            ready(room.engine)
            yield room
            return
        with TemporaryDirectory(prefix="pressroom-") as folder:
            scratch = open_engine(f"sqlite:///{Path(folder) / 'empty.db'}")
            try:
                migrate(scratch)
                yield replace(room, engine=scratch)
            finally:
                scratch.dispose()


@contextmanager
def _parts(config: Config, clock: Clock) -> Iterator[Pressroom]:
    catalogues = Catalogues(config.templates)
    engine = open_engine(config.storage.url)
    try:
        yield Pressroom(config, clock, engine, catalogues, look(config, catalogues))
    finally:
        engine.dispose()


def look(config: Config, catalogues: Catalogues) -> Templates:
    """Give the templates, the operator's before ours."""
    return Templates(builtin("templates"), config.templates, catalogues)


def _is_new(engine: Engine) -> bool:
    """Tell whether there is no ledger yet, without making one by looking."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        if not file.exists() or file.stat().st_size == 0:
            return True
    with reading(engine) as connection:
        return not inspect(connection).get_table_names()
