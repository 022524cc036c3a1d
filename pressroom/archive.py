"""The issues of newsletters on the web: one page for each that goes out, and a list of them.

What an issue's page shows was frozen when it was composed. An issue is there from the moment it is
queued, so that the link in the first mail already leads somewhere; one that waits for approval is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from content import addresses
from feeds.site import Site, page
from newsletter.editions import web_page
from newsletter.issue import from_json
from newsletter.schedule import slot_local
from pressroom.bootstrap import Pressroom
from storage import deliveries, issues
from storage.engine import reading
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


def archive(room: Pressroom, site: Site) -> Iterator[tuple[str, bytes]]:
    """Give the pages of all newsletters of the configuration and of their issues."""
    for name, settings in room.config.newsletters.items():
        rows = _public(room, name)
        for row in rows:
            yield _issue_page(room, row)
        yield listing(site, name, settings.title, settings.intro, [_entry(row) for row in rows])


def listing(
    site: Site, newsletter: str, title: str, intro: str, entries: Sequence[Entry]
) -> tuple[str, bytes]:
    """Give the page that lists a newsletter's issues."""
    path = f"{addresses.newsletter_page(newsletter)}index.html"
    return page(site, path, "web/newsletter.html", heading=title, intro=intro, issues=entries)


def _public(room: Pressroom, newsletter: str) -> list[IssueRow]:
    """Give the issues that readers have a link to, newest first; a cancelled one when any of it went out."""
    with reading(room.engine) as connection:
        rows = issues.listed(connection, newsletter, ALL, states=PUBLIC)
        return [
            row
            for row in rows
            if row.state != "cancelled" or deliveries.counts(connection, row.id).get("sent", 0)
        ]


def _issue_page(room: Pressroom, row: IssueRow) -> tuple[str, bytes]:
    with reading(room.engine) as connection:
        whole = issues.get(connection, row.id)
    issue = from_json(whole.content if whole else row.content)
    html = web_page(issue, issue.language, room.templates)
    return f"{addresses.issue_page(row.newsletter, row.number)}index.html", html.encode()


def _entry(row: IssueRow) -> Entry:
    path = addresses.issue_page(row.newsletter, row.number)
    return Entry(row.number, row.subject, slot_local(row.slot).date(), path)
