"""A small newsroom on disk, to run commands and the service on."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pressroom.clock import Clock
from pressroom.config import load
from pressroom.settings import Config

CONFIG = """\
organisation:
  name: Example Association
  url: https://www.example.org
  language: en
  timezone: Europe/Stockholm
  address: Street 1
sources:
  - folder: content
categories:
  news:
    title: {en: News, sv: Nyheter}
  press:
    title: {en: Press releases}
feeds:
  output: public/
  id_authority: example.org,2026
newsletters:
  weekly:
    title: The week
    schedule: fri 07:00
    from: Example <news@example.org>
smtp:
  url: smtp://127.0.0.1:9
  timeout: 5s
  connections: 2
storage:
  url: sqlite:///data/ledger.db
web:
  url: https://news.example.org
"""


def a_newsroom(folder: Path, config: str = CONFIG) -> Path:
    """Write a newsroom with one item and one event; give its configuration file."""
    file = folder / "config.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(config, "utf-8")
    (folder / "content").mkdir(exist_ok=True)
    write_item(folder, "first", "The first item")
    (folder / "content" / "meeting.md").write_text(
        "---\ntitle: A meeting\nstart: 2026-10-15 10:00\nend: 2026-10-15 12:00\nplace: The hall\n"
        "date: 2026-09-20 10:00\n---\nWelcome.\n",
        "utf-8",
    )
    return file


def write_item(
    folder: Path, name: str, title: str, *, date: str = "2026-09-30 12:00", category: str = "news"
) -> Path:
    file = folder / "content" / f"{name}.md"
    head = f"---\ntitle: {title}\ndate: {date}\ncategory: {category}\n---\n"
    file.write_text(f"{head}The text of {name}.\n", "utf-8")
    return file


def loaded(file: Path, environ: Mapping[str, str] | None = None) -> Config:
    return load(file, environ or {})


def at(moment: datetime) -> Clock:
    """Give a clock that stands still."""
    return lambda: moment
