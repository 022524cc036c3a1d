"""RSS 2.0 with the Advisory Board's profile, by feedgen and extensions of ours.

What feedgen 1.0 does wrong and where it is dealt with: dates are formatted by switching the locale of
the whole process, three times a date, beside whatever other threads run: it is never given a date for
RSS, and the extensions here write them by `email.utils`. The channel's link is the last link of any
relation: the alternate one is added last. Authors without an address vanish, and one author element
holds one person: dc:creator has them all. Of several enclosures the last would win: only the first is
given, and the text has links to all (`feeds.entries`). Called by `feeds.documents`.
"""

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from functools import cache, partial
from html import escape

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.ext.dc import DcEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from content.characters import one_line
from content.newsroom import Organisation
from content.uris import uri
from feeds.archives import Page
from feeds.entries import Entry
from feeds.markup import (
    ATOM,
    CONTENT,
    DUBLIN_CORE,
    GENERATOR,
    HISTORY,
    MEDIA,
    Element,
    add_picture,
    bare,
    joined,
)

TYPE = "application/rss+xml"
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif")
NAMESPACES = {"content": CONTENT, "dc": DUBLIN_CORE, "media": MEDIA}


class ChannelDetails(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Declares what the items use; writes the channel's date and the links of RFC 5005."""

    updated: datetime
    archive = False
    history: tuple[tuple[str, str], ...] = ()

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES | {"fh": HISTORY} if self.archive else NAMESPACES

    def extend_rss(self, rss: Element) -> Element:
        channel = rss[0]
        etree.SubElement(channel, "lastBuildDate").text = format_datetime(self.updated)
        for relation, href in self.history:
            etree.SubElement(channel, f"{{{ATOM}}}link", href=href, rel=relation, type=TYPE)
        if self.archive:
            etree.SubElement(channel, f"{{{HISTORY}}}archive")
        return rss


class ItemDetails(BaseEntryExtension):  # type: ignore[misc]
    """Writes the item's date."""

    published: datetime

    def extend_rss(self, item: Element) -> Element:
        etree.SubElement(item, "pubDate").text = format_datetime(self.published)
        return item


def writer(organisation: Organisation) -> Callable[[Page], bytes]:
    """Give what writes documents; it remembers the items that it has rendered."""
    return partial(_write, organisation, cache(_rendered))


def _write(organisation: Organisation, render: Callable[[Entry], bytes], page: Page) -> bytes:
    feed = FeedGenerator()
    # Without this, feedgen dates the feed with the time of the build, and formats that by the locale.
    feed._FeedGenerator__rss_lastBuildDate = None
    feed.register_extension("details", ChannelDetails)
    feed.details.updated = page.updated
    feed.details.archive = page.period is not None
    feed.details.history = page.history("rss")
    title = one_line(page.feed.title)
    feed.title(title)
    feed.description(one_line(page.feed.subtitle))
    feed.language(page.feed.language)
    feed.generator(GENERATOR)
    feed.link({"href": page.address("rss"), "rel": "self", "type": TYPE})
    feed.link({"href": page.feed.page, "rel": "alternate", "type": "text/html"})
    if organisation.logo and organisation.logo.type in IMAGE_TYPES:
        feed.image(url=uri(organisation.logo.url), title=title, link=page.feed.page)
    # feedgen's public way gives text; the tree before it is text takes the items without parsing it.
    document, _ = feed._create_rss()
    return joined(document, map(render, page.entries), b"  </channel>")


def _rendered(entry: Entry) -> bytes:
    made = FeedEntry()
    made.register_extension("details", ItemDetails)
    made.register_extension("dc", DcEntryExtension)
    made.guid(entry.id, permalink=False)
    made.title(entry.title)
    made.link({"href": entry.link, "rel": "alternate"})
    # An RSS description is HTML whatever it holds, so plain text is escaped for HTML as well.
    made.description(escape(entry.summary, quote=False))
    made.content(entry.content)
    made.category([_category(label.label, label.scheme) for label in entry.labels])
    made.details.published = entry.published
    made.dc.dc_creator([author.name for author in entry.authors])
    made.dc.dc_language(entry.language)
    if entry.attachments:
        first = entry.attachments[0]
        made.enclosure(first.url, first.length or 0, first.type)
    add_picture(made, entry.image)
    return bare(made.rss_entry(), NAMESPACES, level=2)


def _category(label: str, scheme: str) -> dict[str, str]:
    return {"term": label, "scheme": scheme} if scheme else {"term": label}
