"""feedparser, and atoma for JSON: libraries that programs are built on, with what such a program keeps.

They stand for programs that replace what they have by what comes under the same id, and forget nothing.
"""

from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import atoma
import feedparser

from tests.end_to_end.reading.entries import FEEDS, SECONDS, Entry, addresses, plain

Kept = dict[str, dict[str, Entry]]


class Feedparser:
    """`by_date` leaves the tags out: a client that knows If-Modified-Since alone."""

    feeds = FEEDS
    unconditional = 1

    def __init__(self, base: str, *, by_date: bool = False) -> None:
        self.name = "feedparser by date" if by_date else "feedparser"
        self._by_date = by_date
        self._addresses = addresses(base)
        self._validators: dict[str, tuple[str | None, str | None]] = {}
        self._kept: Kept = {feed: {} for feed in FEEDS}

    def poll(self) -> None:
        for feed, address in self._addresses.items():
            tag, date = self._validators.get(feed, (None, None))
            found = feedparser.parse(address, etag=tag, modified=date)
            if found.status == 304:
                continue
            assert (found.status, found.bozo) == (200, False), found.get("bozo_exception")
            self._validators[feed] = (None if self._by_date else found.etag, found.modified)
            self._kept[feed] |= {
                each.id: Entry(each.id, each.title, plain(each.content[0].value)) for each in found.entries
            }

    def holds(self, feed: str) -> list[Entry]:
        return list(self._kept[feed].values())

    def shows(self, versions: Sequence[Entry]) -> Sequence[Entry]:
        return versions[-1:]


class JsonReader:
    name = "atoma for JSON"
    feeds = tuple(f"{name}/feed.json" for name in ("all", "news", "press"))
    unconditional = 1

    def __init__(self, base: str) -> None:
        self._addresses = addresses(base, self.feeds)
        self._tags: dict[str, str] = {}
        self._kept: Kept = {feed: {} for feed in self.feeds}

    def poll(self) -> None:
        for feed, address in self._addresses.items():
            status, tag, body = _asked(address, self._tags.get(feed))
            if status == 304:
                continue
            self._tags[feed] = tag
            self._kept[feed] |= {
                item.id_: Entry(item.id_, item.title, plain(item.content_html))
                for item in atoma.parse_json_feed_bytes(body).items
            }

    def holds(self, feed: str) -> list[Entry]:
        return list(self._kept[feed].values())

    def shows(self, versions: Sequence[Entry]) -> Sequence[Entry]:
        return versions[-1:]


def _asked(address: str, tag: str | None) -> tuple[int, str, bytes]:
    place = urlsplit(address)
    with closing(HTTPConnection(place.netloc, timeout=SECONDS)) as connection:
        connection.request("GET", place.path, headers={"If-None-Match": tag} if tag else {})
        answer = connection.getresponse()
        return answer.status, answer.headers["ETag"], answer.read()
