"""All readers of a newsroom: lets them read, and compares answers and holdings with what they should be."""

import json
from collections.abc import Collection
from pathlib import Path

from tests.end_to_end.reading.entries import Entry, Reader
from tests.end_to_end.reading.newsboat import Newsboat
from tests.end_to_end.reading.newsroom import Newsroom
from tests.end_to_end.reading.parsers import Feedparser, JsonReader
from tests.end_to_end.reading.rss2email import Rss2email
from tests.end_to_end.reading.sfeed import Sfeed
from tests.end_to_end.services import until

Answer = tuple[str, int]
"""A feed and a status."""


class Circle:
    """Eight readers: newsboat; sfeed, rss2email and feedparser in two ways each; one of JSON Feed."""

    def __init__(self, newsroom: Newsroom, folder: Path) -> None:
        base = newsroom.base
        self._newsroom = newsroom
        self._readers: tuple[Reader, ...] = (
            Newsboat(folder / "newsboat", base),
            Sfeed(folder / "sfeed", base),
            Sfeed(folder / "sfeed-tags", base, remembering=True),
            Rss2email(folder / "rss2email", base),
            Rss2email(folder / "rss2email-replies", base, replies=True),
            Feedparser(base),
            Feedparser(base, by_date=True),
            JsonReader(base),
        )
        self._rounds = 0

    def read(self, changed: Collection[str] = ()) -> None:
        """Let all read once; in these feeds, and in no other, something has changed since they last did."""
        self._newsroom.wait()
        for reader in self._readers:
            answers = self._answers_to(reader)
            assert sorted(feed for feed, _ in answers) == sorted(reader.feeds), (reader.name, answers)
            for feed, status in answers:
                assert status in self._statuses(reader, feed, changed), (reader.name, answers)
                held, should = sorted(reader.holds(feed)), self._should_hold(reader, feed)
                assert held == should, (reader.name, feed, held, should)
        self._rounds += 1

    def _answers_to(self, reader: Reader) -> list[Answer]:
        """Let it read; a line is logged when the reader has its answer already, so wait for the last."""
        before = len(self._answers())
        reader.poll()
        until(lambda: len(self._answers()) >= before + len(reader.feeds))
        return self._answers()[before:]

    def _statuses(self, reader: Reader, feed: str, changed: Collection[str]) -> set[int]:
        if feed.partition("/")[0] in changed:
            return {200}
        return {200, 304} if self._rounds < reader.unconditional else {304}

    def _should_hold(self, reader: Reader, feed: str) -> list[Entry]:
        """Give every item once, in whatever way the reader shows one that has changed."""
        met = self._newsroom.versions[feed.partition("/")[0]].values()
        return sorted(entry for versions in met for entry in reader.shows(versions))

    def _answers(self) -> list[Answer]:
        """Give what the service says that it answered to readers."""
        lines = self._newsroom.log.read_text("utf-8").split("\n")[:-1]
        told = [json.loads(line) for line in lines if '"request"' in line and '"/feeds/' in line]
        return [(one["path"].removeprefix("/feeds/"), one["status"]) for one in told]
