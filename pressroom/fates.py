"""Public addresses that are no more: what was withdrawn, and what was given another address.

The web service answers 410 for the first and 308 for the second, so that readers, crawlers and old links
learn of it. Other web servers know nothing of this and answer 404.
"""

from collections.abc import Iterator

from content import addresses
from pressroom.bootstrap import Pressroom
from storage import pieces
from storage.engine import reading


def fates(room: Pressroom) -> dict[str, str | None]:
    """Give for paths below the public root where their piece went; None for nowhere."""
    with reading(room.engine) as connection:
        withdrawn = pieces.withdrawn(connection)
        moved = pieces.moved(connection)
    found: dict[str, str | None] = {}
    for kind, slug in withdrawn:
        found |= dict.fromkeys(_paths(kind, slug))
    for kind, before, after in moved:
        targets = _paths(kind, after)
        found |= {path: found.get(to, to) for path, to in zip(_paths(kind, before), targets, strict=True)}
    return found


def _paths(kind: str, slug: str) -> Iterator[str]:
    if kind == "item":
        yield addresses.item_page(slug)
    else:
        yield addresses.event_page(slug)
        yield addresses.event_calendar(slug)
