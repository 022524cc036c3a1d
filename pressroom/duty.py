"""Which newsletters have something to decide: a cheap look, made every minute.

The decision itself needs the whole newsroom and is made by `newsletter.issuing`.
"""

from datetime import datetime

from newsletter.schedule import Schedule, due
from pressroom.bootstrap import Pressroom
from storage import newsletters, slots
from storage.engine import reading


def due_newsletters(room: Pressroom, now: datetime) -> list[str]:
    """Name those that have a slot due, and those that the ledger has not met yet."""
    with reading(room.engine) as connection:
        known = {name: newsletters.find(connection, name) for name in room.config.newsletters}
        latest = {name: slots.latest(connection, name) for name in known}
    found = []
    for name, settings in room.config.newsletters.items():
        row = known[name]
        if row is None or due(
            Schedule.parse(settings.schedule),
            room.config.zone(name),
            latest=latest[name],
            started=row.started,
            now=now,
            grace=settings.misfire_grace,
        ):
            found.append(name)
    return found
