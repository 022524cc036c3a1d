"""From a newsroom to the public tree: feeds, calendars, pages, and the web versions of issues.

Everything that is published is made here and written by `feeds.tree`, which moves only what changed.
Called by `build`, by the service, and by `send`, so that the link in a mail leads somewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from content.newsroom import Media, Newsroom
from feeds.documents import documents
from feeds.pages import pages
from feeds.site import prepared
from feeds.tree import Published, publish
from pressroom.archive import archive, public_newsletters
from pressroom.bootstrap import Pressroom

Files = Iterable[tuple[str, bytes]]


def publish_newsroom(
    room: Pressroom,
    newsroom: Newsroom,
    now: datetime,
    output: Path | None = None,
    wrap: Callable[[Files], Files] = iter,
) -> Published:
    """Write the whole public tree; `wrap` may count the files as they are made."""
    files = wrap(tree(room, newsroom, now))
    return publish(output or room.config.feeds.output, files, media(newsroom))


def tree(room: Pressroom, newsroom: Newsroom, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Give every file of the public tree but the media."""
    settings = room.config.feeds
    today = now.astimezone(ZoneInfo(newsroom.organisation.timezone)).date()
    yield from documents(newsroom, settings, room.catalogues)
    newsletters = public_newsletters(room.config)
    yield from pages(newsroom, settings, room.templates, today=today, newsletters=newsletters)
    site, _ = prepared(newsroom, settings, room.templates, today, newsletters)
    yield from archive(room, site)


def media(newsroom: Newsroom) -> Iterator[Media]:
    """Give the pictures and attachments of everything that is shown."""
    for item in newsroom.items:
        yield from item.media
    for event in newsroom.events:
        yield from event.media
    organisation = newsroom.organisation
    if organisation.logo is not None:
        yield organisation.logo
    for contact in organisation.contacts:
        if contact.image is not None:
            yield contact.image
