"""A newsroom that is written to while its service runs, and that remembers what it has said to the world."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from zoneinfo import ZoneInfo

from content.dates import long_day
from tests.end_to_end.reading.entries import Entry
from tests.end_to_end.services import PATIENCE, free_port, started, until
from tests.pressroom.newsrooms import CONFIG, a_newsroom

ITEMS = 4
"""How many a current feed holds, besides those that are late."""

WITHDRAWN = "Withdrawn: "


@dataclass(frozen=True, slots=True)
class Piece:
    """An item as it is to be read; `file` is where it is written."""

    file: Path
    title: str
    text: str
    category: str = "news"
    date: str = "2026-09-30 12:00"


class Newsroom:
    """Starts with one item, named "first". `versions` are those that are published, by feed and name."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        config = CONFIG.replace("https://news.example.org", self.base)
        config = config.replace("  id_authority", f"  items: {ITEMS}\n  id_authority")
        config += f"  listen: 127.0.0.1:{self.port}\n  request_log: true\n"
        self.config = a_newsroom(folder, config)
        self.versions: dict[str, dict[str, list[Entry]]] = {"all": {}, "news": {}, "press": {}}
        self._content = folder / "content"
        first = Piece(self._content / "first.md", "The first item", "The text of first.")
        self._pieces = {"first": first}
        self._open = {"first"}
        self._ids: dict[str, str] = {}

    @contextmanager
    def service(self) -> Iterator[None]:
        with started(self.config, self.port, "--log-format", "json"):
            self.wait()
            yield

    def write(self, name: str, **over: str) -> None:
        """Write an item, or write it anew with something changed."""
        new = Piece(self._content / f"{name}.md", f"About {name}", f"The text of {name}.")
        piece = replace(self._pieces.get(name, new), **over)  # type: ignore[arg-type]
        self._say(name, piece)
        _put(piece.file, _manuscript(piece))

    def rename(self, name: str, file: str) -> None:
        piece = self._pieces[name]
        self._pieces[name] = replace(piece, file=piece.file.rename(self._content / file))

    def save_again(self, name: str) -> None:
        """Save a file without a change."""
        file = self._pieces[name].file
        _put(file, file.read_text("utf-8"))

    def withdraw(self, name: str, reason: str) -> None:
        piece = self._pieces[name]
        _put(piece.file, _manuscript(piece, f"withdrawn: true\nwithdrawn_reason: {reason}\n"))
        self._say(name, _taken_back(piece, reason))

    def delete(self, name: str) -> None:
        piece = self._pieces[name]
        piece.file.unlink()
        self._say(name, _taken_back(piece))

    def restore(self, name: str) -> None:
        """Let what was withdrawn stand again as it was before."""
        before = self.versions["all"][name][-2]
        self.write(name, title=before.title, text=before.text)

    def wait(self) -> None:
        """Wait until everything that was written is served; from then on it counts as published.

        An item's id is learned when it is published first, and never again.
        """
        until(lambda: all(self._is_served(name) for name in self._open))
        feed = json.loads((self.config.parent / "public/feeds/all/feed.json").read_bytes())
        ids = {item["url"].rstrip("/").rpartition("/")[2]: item["id"] for item in feed["items"]}
        for name in self._open:
            self._published(self._pieces[name], name, ids[name])
        self._open.clear()

    def _published(self, piece: Piece, name: str, id_: str) -> None:
        version = Entry(self._ids.setdefault(name, id_), piece.title, piece.text)
        for feed in ("all", piece.category):
            met = self.versions[feed].setdefault(name, [])
            if version not in met[-1:]:
                met.append(version)

    def _say(self, name: str, piece: Piece) -> None:
        self._pieces[name] = piece
        self._open.add(name)

    def _is_served(self, name: str) -> bool:
        """Look at the item's page, which is of the same build as the feeds; these are left to the readers."""
        piece, found = self._pieces[name], self._page(f"/items/{name}/")
        sentence = piece.text.partition(". ")[0]
        return piece.title.removeprefix(WITHDRAWN) in found and sentence in found

    def _page(self, path: str) -> str:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()


def _taken_back(piece: Piece, reason: str = "") -> Piece:
    today = long_day(datetime.now(ZoneInfo("Europe/Stockholm")).date(), "en")
    text = f"This was withdrawn on {today}. {reason}".strip()
    return replace(piece, title=f"{WITHDRAWN}{piece.title}", text=text)


def _manuscript(piece: Piece, more: str = "") -> str:
    head = f"title: {piece.title}\ndate: {piece.date}\ncategory: {piece.category}\n{more}"
    return f"---\n{head}---\n{piece.text}\n"


def _put(file: Path, text: str) -> None:
    """Write a file as editors do, so that it is never seen half."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, "utf-8")
    beside.replace(file)
