"""JSON Feed 1.1 (jsonfeed.org/version/1.1). Called by `feeds.documents`.

`author` beside `authors` is for readers of version 1. An archive names the current document as its
`feed_url`, since that is the feed's identity; `next_url` leads from the current document down the archives.
"""

import json
from typing import Any

from content.newsroom import Author, Media, Organisation
from feeds.archives import Page
from feeds.atom import rfc3339
from feeds.entries import Entry, one_line
from feeds.identifiers import address

TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def write(page: Page, organisation: Organisation) -> bytes:
    owner = {"name": one_line(organisation.name), "url": address(organisation.url)}
    history = dict(page.history("json"))
    document: dict[str, Any] = {
        "version": VERSION,
        "title": one_line(page.feed.title),
        "home_page_url": page.feed.page,
        "feed_url": page.current("json"),
        "description": one_line(page.feed.subtitle),
        "next_url": history.get("prev-archive"),
        "icon": address(organisation.logo.url) if organisation.logo else None,
        "authors": [owner],
        "author": owner,
        "language": page.feed.language,
        "items": [_item(entry) for entry in page.entries],
    }
    return (json.dumps(_given(document), ensure_ascii=False, indent=1) + "\n").encode()


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
            "date_published": rfc3339(entry.published),
            "date_modified": rfc3339(entry.updated),
            "authors": authors or None,
            "author": authors[0] if authors else None,
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


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
