"""What the two XML formats share: entries that are rendered once, the picture, names of vocabularies.

feedgen renders an entry anew for every feed that it is in. Here each is rendered by feedgen once, and
its bytes are joined into every document that it is in, which more than halves the time of a build.
"""

from collections.abc import Iterable, Mapping

from feedgen.entry import FeedEntry
from feedgen.ext.media import MediaEntryExtension
from lxml import etree

from content.newsroom import Media

GENERATOR = "Pressroom"
ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"

Element = etree._Element


def joined(document: Element, entries: Iterable[bytes], end: bytes) -> bytes:
    """Write a document that has no entries yet, with these before the end tag."""
    text: bytes = etree.tostring(document, pretty_print=True, encoding="UTF-8", xml_declaration=True)
    place = text.rindex(end)
    return b"".join((text[:place], *entries, text[place:]))


def bare(element: Element, declared: Mapping[str, str], level: int) -> bytes:
    """Write an entry without the namespaces, all of these, that its document declares."""
    parent = etree.Element("parent", nsmap=dict(declared))
    parent.append(element)
    etree.indent(element, level=level)
    written = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in declared.items())
    tag = f"<{element.tag}"
    text = etree.tostring(element, encoding="unicode", with_tail=False).removeprefix(tag + written)
    return f"{'  ' * level}{tag}{text}\n".encode()


def add_picture(made: FeedEntry, image: Media | None) -> None:
    """Add the picture as Media RSS; without a group, which is for alternatives of one medium."""
    if image is None:
        return
    made.register_extension("media", MediaEntryExtension)
    sizes = (("width", image.width), ("height", image.height))
    size = {name: str(value) for name, value in sizes if value}
    length = {"fileSize": str(image.length)} if image.length else {}
    made.media.content({"url": image.url, "type": image.type, "medium": "image"} | length | size, group=None)
    made.media.thumbnail({"url": image.url} | size, group=None)
