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
from storage.schema import former_slugs, pieces

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


def withdrawn(conn: Connection) -> list[tuple[str, str]]:
    """Give kind and slug of what the public has seen and was taken back."""
    columns = (pieces.c.kind, pieces.c.slug)
    seen = pieces.c.withdrawn.is_not(None) & pieces.c.visible_since.is_not(None)
    return [(kind, slug) for kind, slug in conn.execute(select(*columns).where(seen).order_by(*columns))]


def moved(conn: Connection) -> list[tuple[str, str, str]]:
    """Give kind, former slug and slug of what the public has seen under another address."""
    columns = (former_slugs.c.kind, former_slugs.c.slug, pieces.c.slug)
    query = select(*columns).join(pieces, pieces.c.key == former_slugs.c.key).order_by(*columns)
    return [(kind, before, after) for kind, before, after in conn.execute(query) if before != after]


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
        columns = (pieces.c.key, pieces.c.kind, pieces.c.slug, pieces.c.visible_since)
        old = conn.execute(select(*columns).where(pieces.c.key.in_(batch)))
        changed = [row for row in old if row.slug != wanted[row.key]]
        if changed:
            # A slash is in no slug, so this is nobody's.
            keys = [row.key for row in changed]
            conn.execute(update(pieces).where(pieces.c.key.in_(keys)).values(slug="/" + pieces.c.key))
        seen = [row for row in changed if row.visible_since is not None]
        if seen:
            _leave_word(conn, [{"kind": row.kind, "slug": row.slug, "key": row.key} for row in seen])


def _leave_word(conn: Connection, rows: Sequence[dict[str, str]]) -> None:
    """Remember whose slugs these were; of several pieces, the last one."""
    statement = insert(conn, former_slugs)
    change = {"key": statement.excluded.key}
    conn.execute(statement.on_conflict_do_update(index_elements=["kind", "slug"], set_=change), list(rows))


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(islice(iterator, BATCH)):
        yield batch
