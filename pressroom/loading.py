"""From the sources to a newsroom, with what the ledger remembers: `glance` looks, `load` also remembers.

What is remembered is committed before anything is published from it: an id must be known for ever
before the world sees it. When two processes load at once, the one that comes second loads again, so
that both go on with the same ids.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from content.loading import load as load_content
from content.newsroom import Known, Loaded
from pressroom.bootstrap import Pressroom
from storage import pieces
from storage.engine import reading, writing
from storage.errors import DatabaseError

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Load:
    """A newsroom as of `now`. `visible_since` says of each item and event when the public first saw it."""

    loaded: Loaded
    visible_since: Mapping[str, datetime]
    next_embargo: datetime | None


def glance(room: Pressroom, now: datetime, *, allow_withdrawals: bool = False) -> Load:
    """Load the newsroom as `load` would, and remember nothing."""
    with reading(room.engine) as connection:
        known = pieces.known(connection)
        loaded = _loaded(room, connection, known, now, allow_withdrawals=allow_withdrawals)
    return _summed_up(loaded, known, now)


def load(room: Pressroom, now: datetime, *, allow_withdrawals: bool = False) -> Load:
    """Load the newsroom, and remember what is new or changed."""
    for _ in range(ATTEMPTS):
        with reading(room.engine) as connection:
            known = pieces.known(connection)
            loaded = _loaded(room, connection, known, now, allow_withdrawals=allow_withdrawals)
        if not loaded.remember or _remembered(room, loaded, known):
            return _summed_up(loaded, known, now)
    message = "other processes kept changing what is known of the content; try again"
    raise DatabaseError(message)


def _loaded(
    room: Pressroom, connection: Connection, known: list[Known], now: datetime, *, allow_withdrawals: bool
) -> Loaded:
    def recall(keys: Collection[str]) -> Mapping[str, str]:
        return pieces.snapshots(connection, keys)

    config = room.config
    return load_content(
        config.sources,
        config.organisation,
        config.categories,
        config.limits,
        base_url=config.web.url,
        withdrawn_for=config.feeds.withdrawn_for,
        known=known,
        recall=recall,
        now=now,
        allow_withdrawals=allow_withdrawals,
    )


def _remembered(room: Pressroom, loaded: Loaded, known: list[Known]) -> bool:
    """Write what is new, unless somebody else wrote in the meantime."""
    with writing(room.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE pieces IN SHARE ROW EXCLUSIVE MODE"))
        if pieces.known(connection) != known:
            return False
        pieces.remember(connection, loaded.remember)
    return True


def _summed_up(loaded: Loaded, known: list[Known], now: datetime) -> Load:
    rows = {row.key: row for row in known} | {row.key: row for row in loaded.remember}
    visible = {row.key: row.visible_since for row in rows.values() if row.visible_since is not None}
    waiting = [row.published for row in rows.values() if row.visible_since is None and row.published > now]
    return Load(loaded, visible, min(waiting, default=None))
