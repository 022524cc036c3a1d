"""The issues of newsletters on the web: one page for each that goes out, and a list of them.

A page is rendered once, from what was frozen when the issue was composed, and kept in the ledger: it goes
on showing what was sent. An issue is there from the moment it is queued, so that the link in the
first mail already leads somewhere; one that waits for approval is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from content import addresses
from feeds.site import Page, Site, page
from newsletter.editions import web_page
from newsletter.issue import from_json
from newsletter.schedule import slot_local
from pressroom.bootstrap import Pressroom
from storage import deliveries, editions, issues, newsletters
from storage.engine import reading, writing
from storage.issues import IssueRow

PUBLIC = ("queued", "sending", "paused", "sent", "cancelled")
ALL = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue in the list."""

    number: int
    subject: str
    day: date
    path: str


def archive(room: Pressroom, site: Site) -> Iterator[Page]:
    """Give the pages of all newsletters of the configuration and of their issues."""
    for name, settings in room.config.newsletters.items():
        with reading(room.engine) as connection:
            rows = _public(connection, name)
            made = editions.web_pages(connection, name)
        for row in rows:
            html = made.get(row.id) or _made(room, row)
            yield f"{addresses.issue_page(name, row.number)}index.html", html
        yield listing(site, name, settings.title, settings.intro, [_entry(row) for row in rows])


def listing(site: Site, newsletter: str, title: str, intro: str, entries: Sequence[Entry]) -> Page:
    """Give the page that lists a newsletter's issues."""
    path = f"{addresses.newsletter_page(newsletter)}index.html"
    return page(site, path, "web/newsletter.html", heading=title, intro=intro, issues=entries)


def _public(connection: Connection, newsletter: str) -> list[IssueRow]:
    """Give the issues that readers have a link to, newest first; a cancelled one when any of it went out."""
    return [
        row
        for row in issues.listed(connection, newsletter, ALL, states=PUBLIC)
        if row.state != "cancelled" or deliveries.counts(connection, row.id).get("sent", 0)
    ]


def _made(room: Pressroom, row: IssueRow) -> bytes:
    """Render an issue's page and keep it: it stays as it was sent, and is rendered once."""
    with reading(room.engine) as connection:
        whole = issues.get(connection, row.id)
    issue = from_json(whole.content if whole else row.content)
    html = web_page(issue, issue.language, room.templates).encode()
    with writing(room.engine) as connection:
        newsletters.hold(connection, row.newsletter)
        kept = editions.web_pages(connection, row.newsletter).get(row.id)
        if kept is None:
            editions.add(connection, row.id, editions.WEB, issue.language, row.subject, html)
    return kept or html


def _entry(row: IssueRow) -> Entry:
    path = addresses.issue_page(row.newsletter, row.number)
    return Entry(row.number, row.subject, slot_local(row.slot).date(), path)
