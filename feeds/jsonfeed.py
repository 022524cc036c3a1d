"""JSON Feed 1.1 (jsonfeed.org/version/1.1). Called by `feeds.documents`.

`author` beside `authors` is for readers of version 1. An archive names the current document as its
`feed_url`, since that is the feed's identity; `next_url` leads from the current document down the
archives. An item is rendered once, whichever documents it is in; one stands on each line.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any

from content.characters import one_line
from content.newsroom import Author, Media, Organisation
from content.uris import uri
from feeds.archives import Page
from feeds.entries import Entry

TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def writer(organisation: Organisation) -> Callable[[Page], bytes]:
    """Give what writes documents; it remembers the items that it has rendered."""
    return partial(_write, organisation, cache(_rendered))


def _write(organisation: Organisation, render: Callable[[Entry], bytes], page: Page) -> bytes:
    owner = {"name": one_line(organisation.name), "url": uri(organisation.url)}
    history = dict(page.history("json"))
    head: dict[str, Any] = {
        "version": VERSION,
        "title": one_line(page.feed.title),
        "home_page_url": page.feed.page,
        "feed_url": page.current("json"),
        "description": one_line(page.feed.subtitle),
        "next_url": history.get("prev-archive"),
        "icon": uri(organisation.logo.url) if organisation.logo else None,
        "authors": [owner],
        "author": owner,
        "language": page.feed.language,
        "items": [],
    }
    start = _dumped(_given(head)).removesuffix(b"]}")
    return b"".join((start, b"\n", b",\n".join(map(render, page.entries)), b"\n]}\n"))


def _rendered(entry: Entry) -> bytes:
    return _dumped(_item(entry))


def _dumped(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _item(entry: Entry) -> dict[str, Any]:
    authors = [_author(author) for author in entry.authors]
    return _given(
        {
            "id": entry.id,
            "url": entry.link,
            "title": entry.title,
            "content_html": entry.content,
            "summary": entry.summary,
            "image": entry.image.url if entry.image else None,
            "date_published": _time(entry.published),
            "date_modified": _time(entry.updated),
            "authors": authors,
            "author": authors[0],
            "tags": [label.label for label in entry.labels] or None,
            "language": entry.language,
            "attachments": [_attachment(one) for one in entry.attachments] or None,
        }
    )


def _author(author: Author) -> dict[str, str]:
    url = author.url or (f"mailto:{author.email}" if author.email else "")
    return {"name": author.name, "url": url} if url else {"name": author.name}


def _attachment(attachment: Media) -> dict[str, Any]:
    return _given(
        {
            "url": attachment.url,
            "mime_type": attachment.type,
            "title": attachment.title or None,
            "size_in_bytes": attachment.length,
        }
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
