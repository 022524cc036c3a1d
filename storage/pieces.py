"""What the ledger remembers of every item and event that was ever seen.

Called by whoever loads the newsroom: `known` before, `remember` after. The last good versions
(snapshots) are large, so they are only read for the few keys that need them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from itertools import islice
from typing import Any

from sqlalchemy import Connection, case, select, update

from content.newsroom import Known
from storage.engine import insert
from storage.schema import pieces

# As many values as both databases take in one statement, by a good margin.
BATCH = 5_000

_FIELDS = tuple(field.name for field in fields(Known) if field.name != "snapshot")


def known(conn: Connection) -> list[Known]:
    """Give everything ever seen, by key, without the snapshots."""
    columns = [pieces.c[name] for name in _FIELDS]
    rows = conn.execute(select(*columns).order_by(pieces.c.key))
    return [Known(**dict(zip(_FIELDS, row, strict=True))) for row in rows]


def snapshots(conn: Connection, keys: Collection[str]) -> dict[str, str]:
    """Give the last good versions of these, as far as there are any."""
    found: dict[str, str] = {}
    for batch in _batches(sorted(set(keys))):
        query = select(pieces.c.key, pieces.c.snapshot).where(
            pieces.c.key.in_(batch), pieces.c.snapshot != ""
        )
        found.update((row.key, row.snapshot) for row in conn.execute(query))
    return found


def remember(conn: Connection, rows: Sequence[Known]) -> None:
    """Write these over what was known; an empty snapshot leaves the old one in place."""
    if not rows:
        return
    _clear_slugs(conn, rows)
    statement = insert(conn, pieces)
    new = statement.excluded
    changes: dict[str, Any] = {name: new[name] for name in _FIELDS if name != "key"}
    changes["snapshot"] = case((new.snapshot == "", pieces.c.snapshot), else_=new.snapshot)
    conn.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_=changes), [asdict(row) for row in rows]
    )


def _clear_slugs(conn: Connection, rows: Sequence[Known]) -> None:
    """Let go of the slugs that change, so that two pieces may change places in one go."""
    wanted = {row.key: row.slug for row in rows}
    for batch in _batches(sorted(wanted)):
        old = conn.execute(select(pieces.c.key, pieces.c.slug).where(pieces.c.key.in_(batch)))
        changed = [row.key for row in old if row.slug != wanted[row.key]]
        if changed:
            # A slash is in no slug, so this is nobody's.
            free = update(pieces).where(pieces.c.key.in_(changed)).values(slug="/" + pieces.c.key)
            conn.execute(free)


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(islice(iterator, BATCH)):
        yield batch
