"""What independent readers see of a feed, put into one shape so that it can be compared.

A reader that cannot tell something says None, which equals nothing: `agree` leaves it out.
"""

import calendar
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import atoma
import fastfeedparser
import feedparser
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

EVERYTHING = (
    "title", "link", "published", "updated", "language", "summary", "content", "tags", "authors", "enclosures"
)  # fmt: skip
Enclosure = tuple[str, str, int | None]


@dataclass(frozen=True)
class Seen:
    id: str
    title: str
    link: str | None
    published: datetime | None
    updated: datetime | None = None
    language: str | None = None
    summary: str | None = None
    content: str | None = None
    enclosures: tuple[Enclosure, ...] | None = None
    tags: tuple[str, ...] | None = None
    authors: tuple[str, ...] | None = None


def feedparser_sees(document: bytes) -> list[Seen]:
    parsed = feedparser.parse(document, sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return [
        Seen(
            id=entry.id,
            title=entry.title,
            link=entry.link,
            published=_moment(entry.published_parsed),
            updated=_moment(dict.get(entry, "updated_parsed")),  # entry.get falls back to published
            language=entry.get("language") or entry.title_detail.language,
            content=entry.content[0].value,
            enclosures=tuple((one.href, one.type, _number(one.get("length"))) for one in entry.enclosures),
            tags=tuple(tag.label or tag.term for tag in entry.get("tags", [])),
            authors=tuple(author.name for author in entry.get("authors", [])),
        )
        for entry in parsed.entries
    ]


def fastfeedparser_sees(document: bytes) -> list[Seen]:
    return [
        Seen(
            id=entry["id"],
            title=entry["title"],
            link=entry["link"],
            published=_parsed(entry["published"]),
            updated=_parsed(entry.get("updated")),
            content=entry["content"][0]["value"],
        )
        for entry in fastfeedparser.parse(document).entries
    ]


def atoma_sees_atom(document: bytes) -> list[Seen]:
    return [
        Seen(
            id=entry.id_,
            title=entry.title.value,
            link=next(link.href for link in entry.links if link.rel == "alternate"),
            published=entry.published,
            updated=entry.updated,
            summary=entry.summary.value,
            content=entry.content.value,
            enclosures=tuple(
                (link.href, link.type_, link.length) for link in entry.links if link.rel == "enclosure"
            ),
            tags=tuple(category.label or category.term for category in entry.categories),
            authors=tuple(author.name for author in entry.authors),
        )
        for entry in atoma.parse_atom_bytes(document).entries
    ]


def atoma_sees_rss(document: bytes) -> list[Seen]:
    return [
        Seen(
            id=item.guid,
            title=item.title,
            link=item.link,
            published=item.pub_date,
            content=item.content_encoded,
            enclosures=tuple((one.url, one.type, one.length or None) for one in item.enclosures),
            tags=tuple(item.categories),
        )
        for item in atoma.parse_rss_bytes(document).items
    ]


def atoma_sees_json(document: bytes) -> list[Seen]:
    return [
        Seen(
            id=item.id_,
            title=item.title,
            link=item.url,
            published=item.date_published,
            updated=item.date_modified,
            summary=item.summary,
            content=item.content_html,
            enclosures=tuple((one.url, one.mime_type, one.size_in_bytes) for one in item.attachments),
            tags=tuple(item.tags),
        )
        for item in atoma.parse_json_feed_bytes(document).items
    ]


def plain_atom(document: bytes) -> list[Seen]:
    """Read Atom by nothing but an XML parser: no reader's guesses, every letter as it stands."""
    return [
        Seen(
            id=_text(entry, f"{ATOM}id"),
            title=_text(entry, f"{ATOM}title"),
            link=entry.xpath("string(*[local-name()='link'][@rel='alternate']/@href)"),
            published=_parsed(_text(entry, f"{ATOM}published")),
            updated=_parsed(_text(entry, f"{ATOM}updated")),
            language=entry.get(LANG),
            summary=_text(entry, f"{ATOM}summary"),
            content=_text(entry, f"{ATOM}content"),
            enclosures=tuple(
                (link.get("href"), link.get("type"), _number(link.get("length")))
                for link in entry.iterfind(f"{ATOM}link[@rel='enclosure']")
            ),
            tags=tuple(one.get("label") or one.get("term") for one in entry.iterfind(f"{ATOM}category")),
            authors=tuple(one.text for one in entry.iterfind(f"{ATOM}author/{ATOM}name")),
        )
        for entry in etree.fromstring(document).iterfind(f"{ATOM}entry")
    ]


def plain_rss(document: bytes) -> list[Seen]:
    return [
        Seen(
            id=_text(item, "guid"),
            title=_text(item, "title"),
            link=_text(item, "link"),
            published=datetime.strptime(_text(item, "pubDate"), "%a, %d %b %Y %H:%M:%S %z"),
            language=_text(item, f"{DC}language"),
            content=_text(item, f"{CONTENT}encoded"),
            tags=tuple(one.text for one in item.iterfind("category")),
            authors=tuple(one.text for one in item.iterfind(f"{DC}creator")),
        )
        for item in etree.fromstring(document).iterfind("channel/item")
    ]


def plain_json(document: bytes) -> list[Seen]:
    return [
        Seen(
            id=item["id"],
            title=item["title"],
            link=item["url"],
            published=_parsed(item["date_published"]),
            updated=_parsed(item["date_modified"]),
            language=item["language"],
            summary=item["summary"],
            content=item["content_html"],
            enclosures=tuple(
                (one["url"], one["mime_type"], one.get("size_in_bytes") or None)
                for one in item.get("attachments", [])
            ),
            tags=tuple(item.get("tags", [])),
            authors=tuple(author["name"] for author in item.get("authors", [])),
        )
        for item in json.loads(document)["items"]
    ]


READERS: dict[str, tuple[Callable[[bytes], list[Seen]], ...]] = {
    "atom": (plain_atom, feedparser_sees, fastfeedparser_sees, atoma_sees_atom),
    "rss": (plain_rss, feedparser_sees, fastfeedparser_sees, atoma_sees_rss),
    "json": (plain_json, fastfeedparser_sees, atoma_sees_json),
}


def agree(first: Sequence[Seen], second: Sequence[Seen], *names: str) -> None:
    """Assert that two readers see the same entries in the same order."""
    assert [seen.id for seen in first] == [seen.id for seen in second]
    for one, other in zip(first, second, strict=True):
        for name in names:
            values = getattr(one, name), getattr(other, name)
            assert None in values or values[0] == values[1], (one.id, name, values)


def _text(element: Any, path: str) -> str:
    return str(element.findtext(path))


def _number(text: str | None) -> int | None:
    return int(text) if text and text != "0" else None


def _moment(parsed: struct_time | None) -> datetime | None:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None


def _parsed(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
