"""The issues of newsletters on the web: one page for each that goes out, a list and a feed of them.

A page is rendered once, from what was frozen when the issue was composed, and kept in the ledger: it goes
on showing what was sent. An issue is there from the moment it is queued, so that the link in the
first mail already leads somewhere; one that waits for approval is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from content import addresses
from feeds.issues import Frame, PublicIssue, feed_of_issues
from feeds.site import Page, PublicNewsletter, Site, page
from newsletter.editions import web_page
from newsletter.issue import Issue, from_json
from newsletter.schedule import slot_local
from pressroom.bootstrap import Pressroom
from pressroom.settings import Config
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


def public_newsletters(config: Config) -> tuple[PublicNewsletter, ...]:
    """Give the newsletters of the configuration as pages speak of them."""
    return tuple(
        PublicNewsletter(name, each.title, each.intro, each.signup == "open", config.language(name))
        for name, each in config.newsletters.items()
    )


def archive(room: Pressroom, site: Site) -> Iterator[Page]:
    """Give the pages and feeds of the site's newsletters, and the pages of their issues."""
    for newsletter in site.newsletters:
        with reading(room.engine) as connection:
            rows = _public(connection, newsletter.name)
            made = editions.web_pages(connection, newsletter.name)
        for row in rows:
            html = made.get(row.id) or _made(room, row)
            yield f"{addresses.issue_page(newsletter.name, row.number)}index.html", html
        yield _feed(room, site, newsletter, rows[: room.config.feeds.items])
        yield listing(site, newsletter, [_entry(row) for row in rows])
    if site.newsletters:
        yield overview(site)


def overview(site: Site) -> Page:
    """Give the page of all newsletters."""
    return page(site, f"{addresses.newsletters_page()}index.html", "web/newsletters.html", "newsletters")


def listing(site: Site, newsletter: PublicNewsletter, entries: Sequence[Entry]) -> Page:
    """Give the page that lists a newsletter's issues."""
    path = f"{addresses.newsletter_page(newsletter.name)}index.html"
    return page(site, path, "web/newsletter.html", "newsletters", newsletter=newsletter, issues=entries)


def _public(connection: Connection, newsletter: str) -> list[IssueRow]:
    """Give the issues that readers have a link to, newest first; a cancelled one when any of it went out."""
    return [
        row
        for row in issues.listed(connection, newsletter, ALL, states=PUBLIC)
        if row.state != "cancelled" or deliveries.counts(connection, row.id).get("sent", 0)
    ]


def _feed(room: Pressroom, site: Site, newsletter: PublicNewsletter, rows: Sequence[IssueRow]) -> Page:
    frame = Frame(
        newsletter.name,
        newsletter.title,
        newsletter.intro,
        room.config.language(newsletter.name),
        site.newsroom.organisation,
        site.newsroom.base_url,
        room.config.feeds.id_authority,
        room.catalogues.translations,
    )
    return feed_of_issues(frame, (_public_issue(room, row) for row in rows))


def _public_issue(room: Pressroom, row: IssueRow) -> PublicIssue:
    issue = _whole(room, row)
    return PublicIssue(
        number=row.number,
        subject=row.subject,
        language=issue.language,
        composed=issue.composed,
        intro=issue.intro,
        categories=issue.choices,
        items=issue.items,
        events=issue.events,
    )


def _whole(room: Pressroom, row: IssueRow) -> Issue:
    with reading(room.engine) as connection:
        whole = issues.get(connection, row.id)
    return from_json(whole.content if whole else row.content)


def _made(room: Pressroom, row: IssueRow) -> bytes:
    """Render an issue's page and keep it: it stays as it was sent, and is rendered once."""
    issue = _whole(room, row)
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
