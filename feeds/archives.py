"""The documents of one feed, linked with each other (RFC 5005, section 4), still in no format.

Pure. Called by `feeds.documents` with what `feeds.selection` chose; the format modules ask a page for
its links. Bounds the size of a document, since readers refuse feeds of some megabytes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape

from content import addresses
from feeds.entries import Entry
from feeds.selection import Feed, Piece, divide

# What the texts of one document may weigh, escaped. Readers' limits lie between 2 and 15 MB (the W3C
# validator's at 5 MB); nobody polls an archive, so it may be larger.
CURRENT_BUDGET = 1_000_000
ARCHIVE_BUDGET = 3_000_000

Make = Callable[[Piece], Entry]
Shorten = Callable[[Entry], Entry]


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a feed; `period` is None for the current one, else the archive's month.

    `older` and `newer` are the months of the neighbouring archives. `place` is where it lies, for a
    document that is none of the newsroom's own feeds.
    """

    feed: Feed
    entries: tuple[Entry, ...]
    updated: datetime
    base_url: str
    period: str | None = None
    older: str | None = None
    newer: str | None = None
    place: str | None = None

    def path(self, format_: str) -> str:
        return self.place or _path(self.feed.name, self.period, format_)

    def address(self, format_: str) -> str:
        return addresses.absolute(self.base_url, self.path(format_))

    def current(self, format_: str) -> str:
        return addresses.absolute(self.base_url, _path(self.feed.name, None, format_))

    def history(self, format_: str) -> tuple[tuple[str, str], ...]:
        """Give the links of RFC 5005 as relation and address."""
        near = (("prev-archive", self.older), ("next-archive", self.newer))
        links = [
            (relation, addresses.absolute(self.base_url, _path(self.feed.name, period, format_)))
            for relation, period in near
            if period
        ]
        if self.period:
            links.append(("current", self.current(format_)))
        return tuple(links)


def pages(
    feed: Feed,
    found: Sequence[Piece],
    *,
    size: int,
    base_url: str,
    beginning: datetime,
    make: Make,
    shorten: Shorten,
) -> tuple[Page, ...]:
    """Give a feed's documents, the oldest archive first and the current one last.

    `beginning` is the time of a feed that has no entries yet.
    """
    division = divide(found, size)
    periods = [period for period, _ in division.archives]
    made = []
    for index, (period, group) in enumerate(division.archives):
        entries = fit(map(make, group), ARCHIVE_BUDGET, shorten)
        older = periods[index - 1] if index else None
        newer = periods[index + 1] if index + 1 < len(periods) else None
        made.append(Page(feed, entries, _newest(entries, beginning), base_url, period, older, newer))
    entries = fit(map(make, division.current), CURRENT_BUDGET, shorten)
    older = periods[-1] if periods else None
    made.append(Page(feed, entries, _newest(entries, beginning), base_url, older=older))
    return tuple(made)


def fit(entries: Iterable[Entry], budget: int, shorten: Shorten) -> tuple[Entry, ...]:
    """Shorten the heaviest entries, and no more of them than needed, until the document is in its budget."""
    made = list(entries)
    weights = [weight(entry) for entry in made]
    total = sum(weights)
    for index in sorted(range(len(made)), key=lambda index: (-weights[index], -index)):
        if total <= budget:
            break
        shortened = shorten(made[index])
        if weight(shortened) < weights[index]:
            total += weight(shortened) - weights[index]
            made[index] = shortened
    return tuple(made)


def weight(entry: Entry) -> int:
    """Give the bytes of the texts as they stand in XML; the summary twice, as RSS escapes it twice."""
    return len(escape(entry.content).encode()) + 2 * len(escape(entry.summary).encode())


def shortened(entry: Entry, note: str) -> Entry:
    """Give the entry with its summary for content, and a link that says so."""
    content = (
        f"<p>{escape(entry.summary, quote=False)}</p>"
        f'<p><a href="{escape(entry.link)}">{escape(note, quote=False)}</a></p>'
    )
    return replace(entry, content=content)


def beginning(authority: str) -> datetime:
    """Give the first day that the authority of the ids names: a fixed time, older than any entry."""
    parts = [int(part) for part in authority.partition(",")[2].split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    return datetime(year, month, day, tzinfo=UTC)


def _path(feed: str, period: str | None, format_: str) -> str:
    return addresses.feed_archive(feed, period, format_) if period else addresses.feed(feed, format_)


def _newest(entries: Iterable[Entry], beginning: datetime) -> datetime:
    return max((entry.updated for entry in entries), default=beginning)
