"""One row per newsletter of the configuration, made when it is first met.

Its archive, which is never mailed, is counted from there; `hold` is how two processes that want to
make an issue of the same newsletter take turns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from storage.engine import insert
from storage.schema import newsletter_categories, newsletters, slots


@dataclass(frozen=True, slots=True)
class Newsletter:
    """`started` is when it was first met, `paused` since when it rests (None: it runs).

    `categories` says from when on each category has been offered.
    """

    name: str
    started: datetime
    paused: datetime | None = None
    categories: Mapping[str, datetime] = field(default_factory=dict)


def meet(conn: Connection, name: str, now: datetime, categories: Sequence[str] = ()) -> Newsletter:
    """Give the newsletter's row, made now if there is none; likewise for the categories it offers.

    A category that joins later counts from the last slot that was decided without it: what has
    arrived since then is new, the rest of it is archive.
    """
    conn.execute(insert(conn, newsletters).values(name=name, started=now).on_conflict_do_nothing())
    found = find(conn, name)
    if found is None:  # only a program that deletes newsletters beside us
        message = f"the newsletter {name} is gone"
        raise LookupError(message)
    new = [category for category in categories if category not in found.categories]
    if not new:
        return found
    decided = conn.scalar(select(func.max(slots.c.decided)).where(slots.c.newsletter == name))
    since = decided or found.started
    rows = [{"newsletter": name, "category": category, "since": since} for category in new]
    conn.execute(insert(conn, newsletter_categories).on_conflict_do_nothing(), rows)
    return Newsletter(name, found.started, found.paused, {**found.categories, **dict.fromkeys(new, since)})


def find(conn: Connection, name: str) -> Newsletter | None:
    row = conn.execute(select(newsletters).where(newsletters.c.name == name)).one_or_none()
    if row is None:
        return None
    query = select(newsletter_categories).where(newsletter_categories.c.newsletter == name)
    return Newsletter(row.name, row.started, row.paused, {r.category: r.since for r in conn.execute(query)})


def hold(conn: Connection, name: str) -> None:
    """Keep others from deciding anything about this newsletter until the transaction ends.

    On SQLite every writing transaction does so by itself.
    """
    conn.execute(select(newsletters.c.name).where(newsletters.c.name == name).with_for_update())


def pause(conn: Connection, name: str, now: datetime) -> bool:
    """Let the newsletter rest; False when it did already, or is not known."""
    running = (newsletters.c.name == name) & newsletters.c.paused.is_(None)
    return conn.execute(update(newsletters).where(running).values(paused=now)).rowcount == 1


def resume(conn: Connection, name: str) -> bool:
    """Let it run again; False when it did already, or is not known."""
    resting = (newsletters.c.name == name) & newsletters.c.paused.is_not(None)
    return conn.execute(update(newsletters).where(resting).values(paused=None)).rowcount == 1
