"""A new newsroom from nothing: the files of `pressroom/starter`, with the operator's own values in them.

Nothing that exists is ever overwritten. What is made passes `check` and can be built at once.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pressroom.errors import UsageProblem

LOCALTIME = Path("/etc/localtime")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator says of the newsroom; the rest is in its files."""

    name: str
    url: str
    language: str
    timezone: str


def start(folder: Path, wishes: Wishes, now: datetime) -> list[Path]:
    """Write a new newsroom into `folder`; give the files."""
    values = _values(wishes, now)
    made: dict[Path, str] = {}
    for name, source in _walk(files("pressroom") / "starter"):
        made[folder / name] = _filled(source.read_text("utf-8"), values)
    if there := [path for path in made if path.exists()]:
        message = f"{there[0]} exists already; nothing was written. Choose a folder without a newsroom"
        raise UsageProblem(message)
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(made)


def machine_zone() -> str:
    """Give the zone that this machine is set to, UTC when that cannot be told."""
    try:
        _, _, name = str(LOCALTIME.readlink()).partition("zoneinfo/")
    except OSError:
        return "UTC"
    return name if name in available_timezones() else "UTC"


def _values(wishes: Wishes, now: datetime) -> dict[str, str]:
    here = now.astimezone(ZoneInfo(wishes.timezone))
    host = urlsplit(wishes.url).hostname or "example.org"
    domain = host.removeprefix("www.")
    return {
        "name": json.dumps(wishes.name, ensure_ascii=False),
        "title": json.dumps(f"{wishes.name}: the week", ensure_ascii=False),
        "sender": json.dumps(f"{_phrase(wishes.name)} <newsletter@{domain}>", ensure_ascii=False),
        "email": f"press@{domain}",
        "url": wishes.url.rstrip("/"),
        "authority": f"{host},{here.year}",
        "language": wishes.language,
        "timezone": wishes.timezone,
        "today": f"{here:%Y-%m-%d %H:%M}",
        "event_day": f"{here + timedelta(days=14):%Y-%m-%d}",
    }


def _filled(text: str, values: dict[str, str]) -> str:
    """Put the values in; braces that name none of them are the file's own."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _phrase(name: str) -> str:
    """Write a display name as RFC 5322 wants it: in quotes when it holds more than words."""
    if all(character.isalnum() or character in " -'" for character in name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
