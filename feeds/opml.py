"""OPML 2.0: all feeds in one file, for a reader to subscribe to at once. Called by `feeds.documents`."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from content import addresses
from content.characters import one_line
from feeds.selection import Feed


def write(feeds: Sequence[Feed], *, title: str, base_url: str, format_: str, updated: datetime) -> bytes:
    """Write one outline per feed, in the one format; its type is "rss" whatever the format, says OPML."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(title)
    etree.SubElement(head, "dateModified").text = format_datetime(updated)
    body = etree.SubElement(root, "body")
    for feed in feeds:
        name = one_line(feed.title)
        etree.SubElement(
            body,
            "outline",
            type="rss",
            text=name,
            title=name,
            description=one_line(feed.subtitle),
            language=feed.language,
            xmlUrl=addresses.absolute(base_url, addresses.feed(feed.name, format_)),
            htmlUrl=feed.page,
        )
    return etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True)
