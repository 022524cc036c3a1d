"""Every feed, calendar and list of feeds of a newsroom, as paths and bytes.

Pure and deterministic: the same newsroom and settings give the same bytes, whatever the time, the
locale, the time zone of the machine or the order of dictionaries. Called by `pressroom`, which hands
the result to `feeds.tree`.
"""

from collections.abc import Callable, Iterator
from functools import partial

from content import addresses
from content.languages import Catalogues
from content.newsroom import Newsroom, Organisation
from feeds import archives, atom, calendars, jsonfeed, opml, rss, selection
from feeds.archives import Page
from feeds.entries import Entry, Frame, entry
from feeds.selection import EVENTS, Feed, Piece
from feeds.settings import FeedsSettings, Format

WRITERS: dict[Format, Callable[[Organisation], Callable[[Page], bytes]]] = {
    "atom": atom.writer,
    "rss": rss.writer,
    "json": jsonfeed.writer,
}


def documents(
    newsroom: Newsroom, settings: FeedsSettings, catalogues: Catalogues | None = None
) -> Iterator[tuple[str, bytes]]:
    """Give each file's path below the public root and its bytes, archives before what links to them."""
    words = (catalogues or Catalogues()).translations
    frame = Frame(newsroom, settings.id_authority, words)
    found = selection.feeds(newsroom, settings.id_authority, words)
    pages = tuple(_pages(found, frame, settings))
    for format_ in settings.formats:
        write = WRITERS[format_](newsroom.organisation)
        yield from ((page.path(format_), write(page)) for page in pages)
    yield from _calendars(newsroom, found, settings.id_authority)
    if settings.formats:
        yield addresses.opml(), _opml(found, frame, settings)


def _pages(found: tuple[Feed, ...], frame: Frame, settings: FeedsSettings) -> Iterator[Page]:
    """Give every document of every feed; an entry is made once, however many feeds it is in."""
    made: dict[tuple[type[Piece], str], Entry] = {}

    def make(piece: Piece) -> Entry:
        identity = (type(piece), piece.key)
        if identity not in made:
            made[identity] = entry(piece, frame)
        return made[identity]

    for feed in found:
        yield from archives.pages(
            feed,
            selection.pieces(frame.newsroom, feed.name),
            size=settings.items,
            base_url=frame.newsroom.base_url,
            beginning=archives.beginning(settings.id_authority),
            make=make,
            shorten=partial(_shorten, frame=frame),
        )


def _shorten(long: Entry, frame: Frame) -> Entry:
    _ = frame.words(long.language).gettext
    return archives.shortened(long, _("The text is too long for a feed: read all of it on the web"))


def _calendars(newsroom: Newsroom, found: tuple[Feed, ...], authority: str) -> Iterator[tuple[str, bytes]]:
    feed = next(feed for feed in found if feed.name == EVENTS)
    events = sorted(newsroom.events, key=lambda event: (event.first_day, event.key))
    rendered = [calendars.rendered(event, authority) for event in events]
    for event, component in zip(events, rendered, strict=True):
        yield addresses.event_calendar(event.slug), calendars.single(component)
    all_events = calendars.subscription(rendered, name=feed.title, description=feed.subtitle)
    yield addresses.events_calendar(), all_events


def _opml(found: tuple[Feed, ...], frame: Frame, settings: FeedsSettings) -> bytes:
    times = [max(piece.published, piece.updated, piece.withdrawn or piece.updated) for piece in _all(frame)]
    return opml.write(
        found,
        title=frame.newsroom.organisation.name,
        base_url=frame.newsroom.base_url,
        format_=next(format_ for format_ in WRITERS if format_ in settings.formats),
        updated=max(times, default=archives.beginning(settings.id_authority)),
    )


def _all(frame: Frame) -> tuple[Piece, ...]:
    return (*frame.newsroom.items, *frame.newsroom.events)
