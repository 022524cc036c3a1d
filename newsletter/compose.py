"""What goes into an issue, as one pure rule: who is in, who waits, who is out and why.

By the ledger, not by a window of time: an item goes out once, however late or back-dated it arrives. Only
the archive never goes: what could be seen already when the newsletter (or its category in it) started,
and was older than the look-back then. Called by `newsletter.planning`, for a real issue and a preview.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from content.newsroom import Category, Event, Item, Newsroom
from newsletter.settings import NewsletterSettings

Piece = TypeVar("Piece", Item, Event)


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger says: when the newsletter started and since when it offers each category, which
    items are in which issue, which events an issue showed, when the last issue was composed, and since
    when the public could see each item."""

    started: datetime
    categories: Mapping[str, datetime] = field(default_factory=dict)
    mailed: Mapping[str, int] = field(default_factory=dict)
    shown: Collection[str] = ()
    last_composed: datetime | None = None
    visible_since: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Left:
    """An item or event that is not in the issue; `waits` for the next one, or is out."""

    key: str
    kind: str
    title: str
    reason: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """`items` in the order of the page and `events` by start; `left` has a reason for everything else."""

    items: tuple[Item, ...] = ()
    events: tuple[Event, ...] = ()
    new_events: tuple[str, ...] = ()
    more_events: int = 0
    waiting: tuple[Item, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def nothing_new(self) -> bool:
        return not self.items and not self.new_events


def offered(newsroom: Newsroom, settings: NewsletterSettings) -> tuple[Category, ...]:
    """Give the categories of the newsletter, in its own order; none configured means all."""
    if not settings.categories:
        return newsroom.categories
    known = {category.name: category for category in newsroom.categories}
    return tuple(known[name] for name in settings.categories if name in known)


def compose(
    newsroom: Newsroom, settings: NewsletterSettings, history: History, *, due: datetime, now: datetime
) -> Composition:
    """Say what goes into the issue of the slot that is `due`."""
    categories = [category.name for category in offered(newsroom, settings)]
    new, old = _split(newsroom.items, lambda item: _why_item_is_out(item, categories, settings, history))
    queue = _in_turn(new, history)
    chosen, waiting = queue[: settings.max_items], queue[settings.max_items :]
    moment = max(due, now)
    coming, gone = _split(
        newsroom.events,
        lambda event: _why_event_is_out(
            event, categories, history, moment=moment, until=due + settings.events.horizon
        ),
    )
    listed = sorted(coming, key=lambda event: (start(event), event.key))
    events, more = listed[: settings.events.max], listed[settings.events.max :]
    return Composition(
        items=tuple(_on_page(chosen, categories)),
        events=tuple(events),
        new_events=tuple(event.key for event in events if event.key not in history.shown),
        more_events=len(more),
        waiting=tuple(waiting),
        left=(
            *(Left(item.key, "item", item.title, "waits: the issue is full", waits=True) for item in waiting),
            *(Left(item.key, "item", item.title, reason) for item, reason in old),
            *(Left(event.key, "event", event.title, "later than those listed", waits=True) for event in more),
            *(Left(event.key, "event", event.title, reason) for event, reason in gone),
        ),
    )


def start(event: Event) -> datetime:
    """Give the moment at which the event starts; a whole-day one at midnight of its place."""
    return event.starts or datetime.combine(event.first_day, time(), ZoneInfo(event.zone))


def end(event: Event) -> datetime:
    """Give the moment at which the event is over; without a stated end, its last day's midnight."""
    if event.ends is not None:
        return event.ends
    return datetime.combine(event.last_day + timedelta(days=1), time(), ZoneInfo(event.zone))


def _split(
    pieces: Iterable[Piece], why_out: Callable[[Piece], str | None]
) -> tuple[list[Piece], list[tuple[Piece, str]]]:
    """Part those that are in from those that are out, each of these with its reason."""
    judged = [(piece, why_out(piece)) for piece in pieces]
    return (
        [piece for piece, reason in judged if reason is None],
        [(piece, reason) for piece, reason in judged if reason is not None],
    )


def _why_item_is_out(
    item: Item, categories: Collection[str], settings: NewsletterSettings, history: History
) -> str | None:
    if item.withdrawn is not None:
        return "withdrawn"
    if item.key in history.mailed:
        return f"already in issue {history.mailed[item.key]}"
    if item.category not in categories:
        return "category not in this newsletter"
    since = history.categories.get(item.category, history.started)
    if _visible_since(item, history) <= since and item.published < since - settings.lookback:
        return "older than the look-back"
    return None


def _why_event_is_out(
    event: Event, categories: Collection[str], history: History, *, moment: datetime, until: datetime
) -> str | None:
    if event.withdrawn is not None:
        return "withdrawn"
    if event.category is not None and event.category not in categories:
        return "category not in this newsletter"
    if end(event) <= moment:
        return "over"
    if start(event) > until:
        return "beyond the horizon"
    if event.cancelled and event.key not in history.shown:
        return "cancelled before it was announced here"
    return None


def _visible_since(item: Item, history: History) -> datetime:
    return history.visible_since.get(item.key, item.published)


def _in_turn(items: Iterable[Item], history: History) -> list[Item]:
    """Put items in the order in which they get a place: pinned, those that already waited, the newest.

    Of those that waited, who waited longest comes first: however much arrives, nobody waits for ever.
    """
    newest = sorted(items, key=lambda item: (item.published, item.key), reverse=True)
    waited = [item for item in newest if not item.pinned and _has_waited(item, history)]
    waited.sort(key=lambda item: (_visible_since(item, history), item.published, item.key))
    pinned = [item for item in newest if item.pinned]
    fresh = [item for item in newest if not item.pinned and not _has_waited(item, history)]
    return [*pinned, *waited, *fresh]


def _has_waited(item: Item, history: History) -> bool:
    return history.last_composed is not None and _visible_since(item, history) <= history.last_composed


def _on_page(items: Iterable[Item], categories: list[str]) -> list[Item]:
    newest = sorted(items, key=lambda item: (item.published, item.key), reverse=True)
    return sorted(newest, key=lambda item: (categories.index(item.category), not item.pinned))
