"""newsboat: replaces what it has by what comes under the same id.

It files an id under one feed only, the first that brings it (newsboat#898), so each subscription here has a
cache of its own, as of somebody who follows one feed. It sends the validators that it has from the third
time on.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.end_to_end.reading.entries import FEEDS, Entry, addresses, plain, run


class Newsboat:
    name = "newsboat"
    feeds = FEEDS
    unconditional = 2

    def __init__(self, home: Path, base: str) -> None:
        self._folders = {feed: home / feed.replace("/", "-") for feed in self.feeds}
        for feed, address in addresses(base).items():
            self._folders[feed].mkdir(parents=True)
            (self._folders[feed] / "urls").write_text(f"{address}\n", "utf-8")

    def poll(self) -> None:
        for folder in self._folders.values():
            run(folder, "newsboat", "-C", "/dev/null", "-u", "urls", "-c", "cache.db", "-x", "reload")

    def holds(self, feed: str) -> list[Entry]:
        with closing(sqlite3.connect(self._folders[feed] / "cache.db")) as cache:
            rows = cache.execute("SELECT guid, title, content FROM rss_item WHERE deleted = 0").fetchall()
        return [Entry(guid, title, plain(content)) for guid, title, content in rows]

    def shows(self, versions: Sequence[Entry]) -> Sequence[Entry]:
        return versions[-1:]
