"""What an edition shows, as plain values: the one source of the HTML, the text part and the web version.

Everything that an issue brings along is cleaned and bounded here, dates are put into words of the reader's
language, and links and pictures that a mail cannot hold are left out. Templates only lay it out. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from content import addresses, dates
from content.newsroom import Category, Contact, Event, Item, Media, Organisation
from newsletter import headers
from newsletter.issue import Issue
from newsletter.links import safe
from newsletter.places import PREFERENCES, UNSUBSCRIBE

EVERYTHING = "*"
PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif")  # what every mail program shows
LEAD_WIDTH, LEAD_HEIGHT = 576, 432
THUMB_WIDTH, THUMB_HEIGHT = 160, 200
LOGO_WIDTH, LOGO_HEIGHT = 240, 56
TITLE, PARAGRAPH, PLACE = 200, 1_500, 160


@dataclass(frozen=True, slots=True)
class Room:
    """How much is shown: characters of a summary, items, events. Smaller when a mail would be clipped."""

    summary: int = 420
    items: int = 500
    events: int = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at the size at which it is shown; `height` is None when nobody knows it."""

    url: str
    alt: str
    width: int
    height: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it is shown. Here as everywhere, `language` is "" where it is the edition's own."""

    title: str
    link: str | None
    summary: str
    date: str
    language: str
    pinned: bool
    picture: Picture | None
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one category."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event as shown: `month`, `day`, `weekday` are a calendar's leaf, `span` tells all, with `hours`."""

    title: str
    link: str | None
    month: str
    day: str
    weekday: str
    span: str
    hours: str
    place: str
    address: str
    cancelled: bool
    calendar: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    roles: str
    email: str | None
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    name: str
    language: str
    url: str | None
    logo: Picture | None
    about: tuple[str, ...]
    address: tuple[str, ...]
    contacts: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a template may show. A count is None where it is not known for the choice."""

    title: str
    language: str
    number: int
    date: str
    intro: tuple[str, ...]
    groups: tuple[Group, ...]
    cut: int
    waiting: int | None
    events: tuple[Occasion, ...]
    more_events: int | None
    chosen: tuple[str, ...]
    publisher: Publisher
    newsroom: str
    all_events: str
    web_version: str
    unsubscribe: str
    preferences: str


def narrowed(issue: Issue, choice: str) -> Issue:
    """Give what a choice of categories leaves of an issue; an event without a category is for all."""
    if choice == EVERYTHING:
        return issue
    names = set(choice.split(","))
    return replace(
        issue,
        items=tuple(item for item in issue.items if item.category in names),
        events=tuple(event for event in issue.events if event.category is None or event.category in names),
    )


def contents(issue: Issue, choice: str, language: str, room: Room) -> Contents:
    """Put an issue, already narrowed to the choice, into words."""
    everything = choice == EVERYTHING
    shown, today = issue.items[: room.items], slot_day(issue)
    hidden_events = max(0, len(issue.events) - room.events)
    return Contents(
        title=line(issue.title, TITLE),
        language=_other(issue.language, language),
        number=issue.number,
        date=dates.long_day(today, language),
        intro=paragraphs(issue.intro),
        groups=_groups(shown, issue, language, room),
        cut=len(issue.items) - len(shown),
        waiting=issue.waiting if everything or not issue.waiting else None,
        events=tuple(_occasion(event, issue, language) for event in issue.events[: room.events]),
        more_events=issue.more_events + hidden_events if everything or not issue.more_events else None,
        chosen=() if everything else _chosen(issue.choices, choice, language),
        publisher=_publisher(issue.organisation, language),
        newsroom=addresses.absolute(issue.base_url, ""),
        all_events=addresses.absolute(issue.base_url, addresses.events_page()),
        web_version=addresses.absolute(issue.base_url, addresses.issue_page(issue.newsletter, issue.number)),
        unsubscribe=addresses.absolute(issue.base_url, addresses.unsubscribe(UNSUBSCRIBE)),
        preferences=addresses.absolute(issue.base_url, addresses.preferences(PREFERENCES)),
    )


def slot_day(issue: Issue) -> date:
    """Give the day that the issue is of, in the newsletter's own zone."""
    return datetime.fromisoformat(issue.slot).date()


def line(text: str, length: int) -> str:
    """Give a text as one safe line of at most `length` characters."""
    return headers.shorten(headers.clean(text), length)


def paragraphs(text: str) -> tuple[str, ...]:
    """Split a text at its empty lines; each paragraph is one safe line."""
    pieces = text.replace("\r\n", "\n").split("\n\n")
    return tuple(cleaned for piece in pieces[:20] if (cleaned := line(piece, PARAGRAPH)))


def _groups(items: Sequence[Item], issue: Issue, language: str, room: Room) -> tuple[Group, ...]:
    """Group the items by category, in the order in which the categories come in the issue."""
    titles = {category.name: category.title(language) for category in issue.choices}
    names = dict.fromkeys(item.category for item in items)
    entries = {item.key: _entry(item, issue, language, room) for item in items}
    for first in items[:1]:
        entries[first.key] = _opened(first, entries[first.key])
    return tuple(
        Group(
            line(titles.get(name, name), TITLE),
            tuple(entries[item.key] for item in items if item.category == name),
        )
        for name in names
    )


def _entry(item: Item, issue: Issue, language: str, room: Room) -> Entry:
    published = item.published.astimezone(ZoneInfo(issue.zone)).date()
    return Entry(
        title=line(item.title, TITLE),
        link=safe(item.link),
        summary=line(item.summary, room.summary),
        date=dates.long_day(published, language, slot_day(issue)),
        language=_other(item.language, language),
        pinned=item.pinned,
        picture=picture(item.image, THUMB_WIDTH, THUMB_HEIGHT),
    )


def _opened(item: Item, entry: Entry) -> Entry:
    """Let the first item open the mail with its picture at full width, if that is large and wide enough."""
    image = item.image
    if entry.picture is None or image is None or not image.width or not image.height:
        return entry
    if image.width < LEAD_WIDTH or image.width * LEAD_HEIGHT < image.height * LEAD_WIDTH:
        return entry
    return replace(entry, picture=picture(image, LEAD_WIDTH, LEAD_HEIGHT), lead=True)


def picture(image: Media | None, width: int, height: int) -> Picture | None:
    """Fit a picture into a box, never larger than it is; None for what mail programs do not show."""
    url = safe(image.url) if image else None
    if image is None or url is None or image.type not in PICTURE_TYPES or url.startswith("mailto:"):
        return None
    alt = line(image.alt, PLACE)
    if not image.width or not image.height:
        return Picture(url, alt, width, None)
    scale = min(1.0, width / image.width, height / image.height)
    return Picture(url, alt, max(1, round(image.width * scale)), max(1, round(image.height * scale)))


def _occasion(event: Event, issue: Issue, language: str) -> Occasion:
    first, last = event.first_day, event.last_day
    several, one_month = first != last, (first.year, first.month) == (last.year, last.month)
    return Occasion(
        title=line(event.title, TITLE),
        link=safe(event.link),
        month=dates.month_abbr(first, language).rstrip("."),
        day=f"{event.first_day.day}–{event.last_day.day}"
        if several and one_month
        else str(event.first_day.day),
        weekday="" if several else dates.weekday_abbr(first, language).rstrip("."),
        span=dates.event_span(event, language, today=slot_day(issue), zone=issue.zone),
        hours=dates.event_hours(event, language),
        place=line(event.place, PLACE),
        address=line(event.address, PLACE),
        cancelled=event.cancelled,
        calendar=None if event.cancelled else safe(_calendar(event, issue.base_url)),
        language=_other(event.language, language),
    )


def _calendar(event: Event, base_url: str) -> str:
    return addresses.absolute(base_url, addresses.event_calendar(event.slug))


def _publisher(organisation: Organisation, language: str) -> Publisher:
    return Publisher(
        name=line(organisation.name, TITLE),
        language=_other(organisation.language, language),
        url=safe(organisation.url),
        logo=picture(organisation.logo, LOGO_WIDTH, LOGO_HEIGHT),
        about=paragraphs(organisation.about),
        address=tuple(line(part, PLACE) for part in organisation.address),
        contacts=tuple(_person(contact) for contact in organisation.contacts[:12]),
    )


def _person(contact: Contact) -> Person:
    mail = safe(f"mailto:{contact.email}") if contact.email else None
    return Person(
        name=line(contact.name, PLACE),
        roles=", ".join(line(role, PLACE) for role in contact.roles),
        email=mail.removeprefix("mailto:") if mail else None,
        phones=tuple(line(phone, PLACE) for phone in contact.phones),
    )


def _chosen(choices: Iterable[Category], choice: str, language: str) -> tuple[str, ...]:
    names = choice.split(",")
    return tuple(line(one.title(language), TITLE) for one in choices if one.name in names)


def _other(own: str, language: str) -> str:
    return own if own.lower() != language.lower() else ""
