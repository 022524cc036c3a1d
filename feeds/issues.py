"""The feed of a newsletter's issues, as Atom: for those who want the digest and give no address.

Pure. An entry is made from what was frozen when the issue was composed, so it never changes; the ids
hold neither title nor address. Called by `pressroom.archive`, which knows what has gone out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby

from content import addresses
from content.characters import clean, one_line
from content.dates import event_span
from content.newsroom import Author, Category, Event, Item, Organisation
from content.notation import is_web_address
from content.uris import uri
from feeds import archives, atom, identifiers
from feeds.entries import SUMMARY_LENGTH, Entry, whole_second
from feeds.selection import Feed, Words


@dataclass(frozen=True, slots=True)
class Frame:
    """The newsletter that the issues are of."""

    name: str
    title: str
    intro: str
    language: str
    organisation: Organisation
    base_url: str
    authority: str
    words: Words


@dataclass(frozen=True, slots=True)
class PublicIssue:
    """What readers may see of an issue; `categories` in the order of the mail."""

    number: int
    subject: str
    language: str
    composed: datetime
    intro: str
    categories: Sequence[Category]
    items: Sequence[Item]
    events: Sequence[Event]


def feed_of_issues(frame: Frame, issues: Iterable[PublicIssue]) -> tuple[str, bytes]:
    """Give the path and the bytes of the feed; `issues` are the newest, newest first."""
    entries = tuple(_entry(issue, frame) for issue in issues)
    beginning = archives.beginning(frame.authority)
    document = archives.Page(
        _feed(frame),
        entries,
        max((entry.updated for entry in entries), default=beginning),
        frame.base_url,
        place=addresses.newsletter_feed(frame.name),
    )
    return document.path("atom"), atom.writer(frame.organisation)(document)


def _feed(frame: Frame) -> Feed:
    return Feed(
        name=frame.name,
        id=identifiers.newsletter_id(frame.authority, frame.name),
        title=frame.title,
        subtitle=one_line(frame.intro) or frame.title,
        language=frame.language,
        page=addresses.absolute(frame.base_url, addresses.newsletter_page(frame.name)),
    )


def _entry(issue: PublicIssue, frame: Frame) -> Entry:
    page = addresses.absolute(frame.base_url, addresses.issue_page(frame.name, issue.number))
    pieces: tuple[Item | Event, ...] = (*issue.items, *issue.events)
    titles = [one_line(piece.title) for piece in pieces]
    return Entry(
        id=identifiers.issue_id(frame.authority, frame.name, issue.number),
        title=one_line(issue.subject) or frame.title,
        link=uri(page),
        published=whole_second(issue.composed),
        updated=whole_second(issue.composed),
        language=issue.language,
        summary=_bounded(" · ".join(titles)) or frame.title,
        content=clean("".join(_content(issue, frame, page))),
        authors=(Author(one_line(frame.organisation.name), url=uri(frame.organisation.url)),),
    )


def _content(issue: PublicIssue, frame: Frame, page: str) -> Iterator[str]:
    _ = frame.words(issue.language).gettext
    if issue.intro.strip():
        yield f"<p>{_text(issue.intro)}</p>"
    titles = {category.name: category.title(issue.language) for category in issue.categories}
    for category, items in groupby(issue.items, key=lambda item: item.category):
        yield f"<h2>{_text(titles.get(category, category))}</h2>"
        yield from map(_item, items)
    if issue.events:
        heading = _("Coming events")
        yield f"<h2>{_text(heading)}</h2>"
        yield from (_event(event, issue.language) for event in issue.events)
    href = escape(uri(page))
    more = _("Read the whole issue on the web")
    yield f'<p><a href="{href}">{_text(more)}</a></p>'


def _item(item: Item) -> str:
    return f"<h3>{_linked(item)}</h3><p>{_text(_bounded(item.summary))}</p>"


def _event(event: Event, language: str) -> str:
    facts = ", ".join(part for part in (event_span(event, language), event.place) if part)
    return f"<h3>{_linked(event)}</h3><p>{_text(facts)}</p>"


def _linked(piece: Item | Event) -> str:
    if not is_web_address(piece.link):
        return _text(piece.title)
    return f'<a href="{escape(uri(one_line(piece.link)))}">{_text(piece.title)}</a>'


def _text(text: str) -> str:
    return escape(one_line(text), quote=False)


def _bounded(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= SUMMARY_LENGTH else text[:SUMMARY_LENGTH].rsplit(" ", 1)[0] + " …"
