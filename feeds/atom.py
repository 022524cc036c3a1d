"""Atom 1.0 (RFC 4287) by feedgen, whose gaps and mistakes are mended by extensions of ours.

What feedgen 1.0 does wrong and where it is dealt with: entry links lose all but their address (feedgen
#135), so that readers open an attachment in the article's place: `EntryDetails` writes them anew. No
xml:lang of an entry, no RFC 5005: the extensions. Entries are prepended: `feeds.markup` joins them in
order. Dates default to the time of the build, with microseconds: all are set. Called by
`feeds.documents`.
"""

from collections.abc import Callable
from functools import cache, partial

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from content.characters import one_line
from content.newsroom import Author, Media, Organisation
from content.uris import uri
from feeds.archives import Page
from feeds.entries import Entry
from feeds.markup import GENERATOR, HISTORY, MEDIA, Element, add_picture, bare, joined

TYPE = "application/atom+xml"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NAMESPACES = {"media": MEDIA}


class FeedDetails(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Declares what the entries use, and marks an archive (RFC 5005, section 4)."""

    archive = False

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES | {"fh": HISTORY} if self.archive else NAMESPACES

    def extend_atom(self, feed: Element) -> Element:
        if self.archive:
            etree.SubElement(feed, f"{{{HISTORY}}}archive")
        return feed


class EntryDetails(BaseEntryExtension):  # type: ignore[misc]
    """Writes what feedgen leaves out of an entry: its language, and its links' attributes."""

    language = ""
    links: tuple[dict[str, str], ...] = ()

    def extend_atom(self, node: Element) -> Element:
        node.set(LANG, self.language)
        for element, attributes in zip(node.findall("link"), self.links, strict=True):
            element.attrib.clear()
            for name, value in attributes.items():
                element.set(name, value)
        return node


def writer(organisation: Organisation) -> Callable[[Page], bytes]:
    """Give what writes documents; it remembers the entries that it has rendered."""
    return partial(_write, organisation, cache(_rendered))


def _write(organisation: Organisation, render: Callable[[Entry], bytes], page: Page) -> bytes:
    feed = FeedGenerator()
    feed.register_extension("details", FeedDetails)
    feed.details.archive = page.period is not None
    feed.id(page.feed.id)
    feed.title(one_line(page.feed.title))
    feed.subtitle(one_line(page.feed.subtitle))
    feed.updated(page.updated)
    feed.language(page.feed.language)
    feed.generator(GENERATOR)
    feed.author({"name": one_line(organisation.name), "uri": uri(organisation.url)})
    if organisation.logo:
        feed.logo(uri(organisation.logo.url))
    feed.link({"href": page.address("atom"), "rel": "self", "type": TYPE})
    for relation, href in page.history("atom"):
        feed.link({"href": href, "rel": relation, "type": TYPE})
    feed.link({"href": page.feed.page, "rel": "alternate", "type": "text/html"})
    # feedgen's public way gives text; the tree before it is text takes the entries without parsing it.
    document, _ = feed._create_atom()
    return joined(document, map(render, page.entries), b"</feed>")


def _rendered(entry: Entry) -> bytes:
    made = FeedEntry()
    made.register_extension("details", EntryDetails)
    made.id(entry.id)
    made.title(entry.title)
    made.published(entry.published)
    made.updated(entry.updated)
    made.summary(entry.summary)
    made.content(entry.content, type="html")
    made.author([_author(author) for author in entry.authors])
    made.category([_category(label.term, label.label, label.scheme) for label in entry.labels])
    made.details.language = entry.language
    made.details.links = (
        {"href": entry.link, "rel": "alternate", "type": "text/html"},
        *(_enclosure(attachment) for attachment in entry.attachments),
    )
    made.link([{"href": link["href"], "rel": link["rel"]} for link in made.details.links])
    add_picture(made, entry.image)
    return bare(made.atom_entry(), NAMESPACES, level=1)


def _author(author: Author) -> dict[str, str]:
    return _given({"name": author.name, "email": author.email, "uri": author.url})


def _category(term: str, label: str, scheme: str) -> dict[str, str]:
    return _given({"term": term, "label": label if label != term else "", "scheme": scheme})


def _enclosure(attachment: Media) -> dict[str, str]:
    length = None if attachment.length is None else str(attachment.length)
    known = {"href": attachment.url, "rel": "enclosure", "type": attachment.type}
    return known | _given({"length": length, "title": attachment.title})


def _given(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
