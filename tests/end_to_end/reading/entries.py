"""What a reader holds of an item, in one shape for all readers; and what a reader is to these tests."""

import html
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FEEDS = tuple(f"{name}/{file}" for name in ("all", "news", "press") for file in ("atom.xml", "rss.xml"))
"""What is subscribed to, by the path below /feeds/."""

NEVER = 1_000_000
SECONDS = 60


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One version of an item; `text` is plain."""

    id: str
    title: str
    text: str


class Reader(Protocol):
    """A program with subscriptions; it asks `unconditional` times, at most, before it sends validators."""

    @property
    def name(self) -> str: ...
    @property
    def feeds(self) -> Sequence[str]: ...
    @property
    def unconditional(self) -> int: ...

    def poll(self) -> None:
        """Ask for every feed once."""

    def holds(self, feed: str) -> list[Entry]:
        """Give what its user would see now."""

    def shows(self, versions: Sequence[Entry]) -> Sequence[Entry]:
        """Give what a reader of this kind shows of an item that it met in these versions."""


def plain(markup: str) -> str:
    """Give the words of a text."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def run(home: Path, *command: str) -> str:
    """Run a program that finds nothing of the user's own; give what it says."""
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TMPDIR": str(home)}
    done = subprocess.run(
        command, env=env, cwd=home, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout + done.stderr


def addresses(base: str, feeds: Sequence[str] = FEEDS) -> Mapping[str, str]:
    """Give the address of each feed."""
    return {feed: f"{base}/feeds/{feed}" for feed in feeds}
