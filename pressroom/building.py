"""From a newsroom to the public tree: feeds, calendars, pages, and the web versions of issues.

Everything that is published is made here and written by `feeds.tree`, which moves only what changed.
Called by `build`, by the service, and by `send`, so that the link in a mail leads somewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from content.newsroom import Media, Newsroom
from feeds.documents import documents
from feeds.pages import pages
from feeds.tree import Published, publish
from pressroom.archive import archive
from pressroom.bootstrap import Pressroom

Wrap = Callable[[Iterable[tuple[str, bytes]]], Iterable[tuple[str, bytes]]]


def publish_newsroom(
    room: Pressroom, newsroom: Newsroom, output: Path | None = None, wrap: Wrap = iter
) -> Published:
    """Write the whole public tree; `wrap` may count the files as they are made."""
    files = wrap(tree(room, newsroom))
    return publish(output or room.config.feeds.output, files, media(newsroom))


def tree(room: Pressroom, newsroom: Newsroom) -> Iterator[tuple[str, bytes]]:
    """Give every file of the public tree but the media."""
    settings = room.config.feeds
    yield from documents(newsroom, settings, room.catalogues)
    yield from pages(newsroom, settings, room.templates)
    yield from archive(room, newsroom)


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
