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
UNKNOWN = datetime.min.replace(tzinfo=UTC)


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

    Readers do not look into archives. So two kinds of older pieces are added to the current document,
    of each as many again at most: notices of withdrawn pieces, as what readers keep is replaced only by
    what they poll; and what came late, as it would be seen by nobody.
    """
    rest = found[size:]
    added = {piece.key for piece in (*_notices(rest, size), *_late(found, size))}
    current = (*found[:size], *(piece for piece in rest if piece.key in added))
    needed = {month(piece) for piece in rest}
    months = [(period, tuple(group)) for period, group in groupby(found, key=month) if period in needed]
    return Division(current, tuple(reversed(months)))


def _notices(rest: Sequence[Piece], size: int) -> list[Piece]:
    return [piece for piece in rest if piece.withdrawn][:size]


def _late(found: Sequence[Piece], size: int) -> list[Piece]:
    """Give what is too old for the current document though it is among the last that appeared.

    A piece that came back-dated or in a crowd stays until `size` others have appeared. What was there
    from the feed's first day is not late: nobody had begun to read it.
    """
    appeared = sorted(found, key=_since, reverse=True)
    if len(appeared) <= size:
        return []
    beginning, recently = _since(appeared[-1]), _since(appeared[size - 1])
    current = {piece.key for piece in found[:size]}
    late = (piece for piece in appeared if recently <= _since(piece) != beginning)
    return [piece for piece in late if piece.key not in current][:size]


def _since(piece: Piece) -> datetime:
    return piece.visible_since or UNKNOWN


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
