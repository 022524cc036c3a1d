"""A newsroom in a temporary folder, with a ledger in memory: write files, load, change them, load again."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from content.loading import load
from content.newsroom import Event, Item, Known, Loaded, Problem
from content.settings import CategorySettings, LimitSettings, OrganisationSettings, SourceSettings
from tests.scenarios import BASE_URL, NOW

CATEGORIES = {
    "news": CategorySettings(title={"sv": "Nyheter", "en": "News"}),
    "press": CategorySettings(title={"sv": "Pressmeddelanden", "en": "Press releases"}),
    "blog": CategorySettings(title={"sv": "Blogginlägg", "en": "Blog"}),
}
HEAD = "---\ntitle: {title}\ndate: 2026-09-01 08:00\ncategory: news\n---\n"


class Room:
    """`ledger` remembers as the database would, and gives snapshots only when asked."""

    def __init__(self, folder: Path, **organisation: Any) -> None:
        self.folder = folder / "items"
        self.folder.mkdir(exist_ok=True)
        values = {"name": "Förbundet", "url": "https://www.example.org", "language": "sv"}
        self.organisation = OrganisationSettings(**{"timezone": "Europe/Stockholm"} | values | organisation)
        self.sources = [SourceSettings(folder=self.folder)]
        self.limits = LimitSettings()
        self.ledger: dict[str, Known] = {}
        self.recalled: list[str] = []
        self.now = NOW

    def write(self, name: str, text: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def item(self, name: str, title: str = "A title", body: str = "", **head: str) -> Path:
        """Write an item; None of the usual keys is needed."""
        values = {"title": title, "date": "2026-09-01 08:00", "category": "news"} | head
        rows = "".join(f"{key}: {value}\n" for key, value in values.items() if value)
        return self.write(name, f"---\n{rows}---\n{body or f'The text of {name}.'}\n")

    def event(self, name: str, title: str = "An event", body: str = "Welcome.", **head: str) -> Path:
        values = {"start": "2026-10-15 08:00", "date": "2026-09-01", "category": ""}
        return self.item(name, title, body, **values | head)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def rename(self, old: str, new: str) -> None:
        target = self.folder / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / old).rename(target)

    def load(
        self, *, days: float = 0, allow_withdrawals: bool = False, known: Collection[Known] | None = None
    ) -> Loaded:
        """Load `days` after the last loading, and remember."""
        self.now += timedelta(days=days)
        loaded = load(
            self.sources,
            self.organisation,
            CATEGORIES,
            self.limits,
            base_url=BASE_URL,
            withdrawn_for=timedelta(days=30),
            known=[replace(row, snapshot="") for row in self.ledger.values()]
            if known is None
            else list(known),
            recall=self.recall,
            now=self.now,
            allow_withdrawals=allow_withdrawals,
        )
        for row in loaded.remember:
            before = self.ledger.get(row.key)
            self.ledger[row.key] = replace(row, snapshot=row.snapshot or (before.snapshot if before else ""))
        slugs = [(row.kind, row.slug) for row in self.ledger.values()]
        assert len(slugs) == len(set(slugs)), "the ledger allows a slug once"
        return loaded

    def recall(self, keys: Collection[str]) -> Mapping[str, str]:
        self.recalled += keys
        return {key: self.ledger[key].snapshot for key in keys if key in self.ledger}

    def one_item(self) -> Item:
        (item,) = self.load().newsroom.items
        return item

    def one_event(self) -> Event:
        (event,) = self.load().newsroom.events
        return event


def told(loaded: Loaded, *, fatal: bool | None = None) -> list[str]:
    """The problems in short: file name, line, key and message."""
    return [short(problem) for problem in loaded.problems if fatal is None or problem.fatal is fatal]


def short(problem: Problem) -> str:
    return str(replace(problem, file=Path(problem.file).name, column=None))


def keys_of(loaded: Loaded) -> dict[str, str]:
    """The key of each public piece by its title."""
    pieces = (*loaded.newsroom.items, *loaded.newsroom.events)
    return {piece.title: piece.key for piece in pieces if piece.withdrawn is None}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
