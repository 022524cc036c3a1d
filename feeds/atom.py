"""Atom 1.0 (RFC 4287) by feedgen, whose gaps and mistakes are mended by an extension of ours.

What feedgen 1.0 does wrong and where it is dealt with: entry links lose all but their address (feedgen
#135), so an attachment takes the article's place: `EntryDetails` writes them anew. No xml:lang of an
entry, no RFC 5005: the extensions here. Entries are prepended: `order="append"`. Dates default to the
time of the build, with microseconds: all are set. Called by `feeds.documents`.
"""

from datetime import datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from content.newsroom import Author, Media, Organisation
from feeds.archives import Page
from feeds.entries import Entry, one_line
from feeds.identifiers import address

TYPE = "application/atom+xml"
GENERATOR = "Pressroom"
HISTORY = "http://purl.org/syndication/history/1.0"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Element = etree._Element


class HistoryExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Marks a document as an archive (RFC 5005, section 4)."""

    archive = False

    def extend_ns(self) -> dict[str, str]:
        return {"fh": HISTORY} if self.archive else {}

    def extend_atom(self, feed: Element) -> Element:
        if self.archive:
            etree.SubElement(feed, f"{{{HISTORY}}}archive")
        return feed


class EntryDetails(BaseEntryExtension):  # type: ignore[misc]
    """Writes what feedgen leaves out of an Atom entry: its language, and its links' attributes."""

    language = ""
    links: tuple[dict[str, str], ...] = ()

    def extend_atom(self, node: Element) -> Element:
        node.set(LANG, self.language)
        for element, attributes in zip(node.findall("link"), self.links, strict=True):
            element.attrib.clear()
            for name, value in attributes.items():
                element.set(name, value)
        return node


def write(page: Page, organisation: Organisation) -> bytes:
    feed = FeedGenerator()
    feed.register_extension("media", MediaExtension, MediaEntryExtension)
    feed.register_extension("history", HistoryExtension, BaseEntryExtension)
    feed.history.archive = page.period is not None
    feed.id(page.feed.id)
    feed.title(one_line(page.feed.title))
    feed.subtitle(one_line(page.feed.subtitle))
    feed.updated(page.updated)
    feed.language(page.feed.language)
    feed.generator(GENERATOR)
    feed.author(author(Author(one_line(organisation.name), url=address(organisation.url))))
    if organisation.logo:
        feed.logo(address(organisation.logo.url))
    feed.link({"href": page.address("atom"), "rel": "self", "type": TYPE})
    for relation, href in page.history("atom"):
        feed.link({"href": href, "rel": relation, "type": TYPE})
    feed.link({"href": page.feed.page, "rel": "alternate", "type": "text/html"})
    for entry in page.entries:
        feed.add_entry(_entry(entry), order="append")
    return bytes(feed.atom_str(pretty=True))


def author(person: Author) -> dict[str, str]:
    known = {"name": person.name, "email": person.email, "uri": person.url}
    return {name: value for name, value in known.items() if value}


def _entry(entry: Entry) -> FeedEntry:
    made = FeedEntry()
    made.register_extension("details", EntryDetails)
    made.id(entry.id)
    made.title(entry.title)
    made.published(entry.published)
    made.updated(entry.updated)
    made.summary(entry.summary)
    made.content(entry.content, type="html")
    if entry.authors:
        made.author([author(person) for person in entry.authors])
    made.category([_category(label.term, label.label, label.scheme) for label in entry.labels])
    made.details.language = entry.language
    made.details.links = (
        {"href": entry.link, "rel": "alternate", "type": "text/html"},
        *(_enclosure(attachment) for attachment in entry.attachments),
    )
    made.link([{"href": link["href"], "rel": link["rel"]} for link in made.details.links])
    add_picture(made, entry.image)
    return made


def add_picture(made: FeedEntry, image: Media | None) -> None:
    """Add the picture as Media RSS; without a group, which is for alternatives of one medium."""
    if image is None:
        return
    made.register_extension("media", MediaEntryExtension)
    size = _sizes(image)
    bytes_ = {"fileSize": str(image.length)} if image.length else {}
    made.media.content({"url": image.url, "type": image.type, "medium": "image"} | bytes_ | size, group=None)
    made.media.thumbnail({"url": image.url} | size, group=None)


def _sizes(image: Media) -> dict[str, str]:
    known = {"width": image.width, "height": image.height}
    return {name: str(value) for name, value in known.items() if value}


def _category(term: str, label: str, scheme: str) -> dict[str, str]:
    known = {"term": term, "label": label if label != term else "", "scheme": scheme}
    return {name: value for name, value in known.items() if value}


def _enclosure(attachment: Media) -> dict[str, str]:
    known: dict[str, Any] = {
        "href": attachment.url,
        "rel": "enclosure",
        "type": attachment.type,
        "length": "" if attachment.length is None else str(attachment.length),
        "title": attachment.title,
    }
    return {name: value for name, value in known.items() if value}


def rfc3339(moment: datetime) -> str:
    """Give a time in UTC with the "Z" that every reader knows."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
