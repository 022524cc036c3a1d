"""Which feeds there are, which pieces are in which, and how a feed is divided into documents.

Pure. A feed is the current document, which readers poll, and archives (RFC 5005, section 4), one per
calendar month in UTC. A month has an archive as soon as one of its pieces is no longer in the current
document, and then holds all of the month: pieces that slide out of the current document later change
no archive. So a finished month's archive changes only when that month's own pieces do (a late,
edited or withdrawn one), or once, when the next month's archive comes and it gains the link to it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import NullTranslations
from itertools import groupby

from content import addresses
from content.characters import one_line
from content.newsroom import Event, Item, Newsroom
from feeds import identifiers
from feeds.errors import FeedNameTaken

Piece = Item | Event
Words = Callable[[str], NullTranslations]

ALL = "all"
EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed is, in whatever format; `page` is the address of its page for people."""

    name: str
    id: str
    title: str
    subtitle: str
    language: str
    page: str


@dataclass(frozen=True, slots=True)
class Division:
    """A feed's pieces by document; `archives` oldest first, each with its month as "2026-09"."""

    current: tuple[Piece, ...]
    archives: tuple[tuple[str, tuple[Piece, ...]], ...]


def feeds(newsroom: Newsroom, authority: str, words: Words) -> tuple[Feed, ...]:
    """Give every feed of items and events: all, the categories in their order, the events."""
    language = newsroom.organisation.language
    name = newsroom.organisation.name
    _ = words(language).gettext
    all_subtitle = _("Everything that %(organisation)s publishes") % {"organisation": name}
    events_subtitle = _("Upcoming events of %(organisation)s") % {"organisation": name}
    described = [(ALL, name, _first_paragraph(newsroom.organisation.about) or all_subtitle)]
    for category in newsroom.categories:
        if category.name in (ALL, EVENTS):
            raise FeedNameTaken(category.name)
        title = f"{name}: {category.title(language)}"
        described.append((category.name, title, _first_paragraph(category.description) or title))
    described.append((EVENTS, f"{name}: {_('Events')}", events_subtitle))
    return tuple(_feed(newsroom, authority, *one) for one in described)


def pieces(newsroom: Newsroom, feed: str) -> tuple[Piece, ...]:
    """Give the pieces of a feed, newest first."""
    if feed == EVENTS:
        return newest_first(newsroom.events)
    return newest_first(item for item in newsroom.items if feed in (ALL, item.category))


def newest_first(found: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(sorted(found, key=lambda piece: (piece.published, piece.key), reverse=True))


def divide(found: Sequence[Piece], size: int) -> Division:
    """Divide pieces, newest first, into the current document and the archives.

    Notices of withdrawn pieces older than the current document's are added to it, as many again at
    most: readers do not look into archives, and what they keep of a withdrawn piece is replaced only
    by what they poll.
    """
    rest = found[size:]
    notices = [piece for piece in rest if piece.withdrawn][:size]
    needed = {month(piece) for piece in rest}
    months = [(period, tuple(group)) for period, group in groupby(found, key=month) if period in needed]
    return Division((*found[:size], *notices), tuple(reversed(months)))


def month(piece: Piece) -> str:
    return month_of(piece.published)


def month_of(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m}"


def _feed(newsroom: Newsroom, authority: str, name: str, title: str, subtitle: str) -> Feed:
    return Feed(
        name=name,
        id=identifiers.feed_id(authority, name),
        title=title,
        subtitle=subtitle,
        language=newsroom.organisation.language,
        page=addresses.absolute(newsroom.base_url, addresses.feed_page(name)),
    )


def _first_paragraph(text: str) -> str:
    return one_line(re.split(r"\n\s*\n", text.strip())[0])
