"""A newsroom served in this process, so that its clock can be moved: for ways that take days.

Its templates are the built-in ones, each with a mark by which a page tells which of them it was made from.
"""

import asyncio
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from pressroom.bootstrap import Pressroom
from pressroom.building import publish_newsroom
from pressroom.fates import fates
from pressroom.loading import load
from pressroom.sending import decide
from pressroom.web.application import application
from pressroom.web.following import routes
from pressroom.web.tree import PublicTree
from tests.mails import ROOT
from tests.pressroom.web.circles import TWO, Following, following
from tests.pressroom.web.sockets import PATIENCE, served

FRAME = "web/base.html"
PAGES = frozenset(
    {f"web/{file.name}" for file in (ROOT / "templates" / "web").glob("*.html")} - {FRAME}
    | {"email/web.html"}
)
MARKED = """\
{{% extends "builtin/{name}" %}}
{{% block head %}}
{{{{ super() }}}}
<meta name="template" content="{name}">
{{% endblock %}}
"""
CONFIG = f"{TWO.replace('language: en', 'language: sv')}templates: marked/\n"
PICTURE = ROOT / "demo" / "items" / "bilder" / "bord.jpg"
READER = "bengt@example.org"
LONG = "Samhällsbyggnadsnämndsordförandekonferensens tillgänglighetsredogörelse " * 3

CONTENT = {
    "short.md": "title: Kort\ndate: 2026-09-30 10:00\ncategory: news\nsummary: En ingress.\n"
    f"image: {{file: {PICTURE.name}, alt: Ett bord}}",
    "meeting.md": "title: Möte\nstart: 2026-10-15 10:00\nend: 2026-10-15 12:00\nplace: Salen\n"
    "date: 2026-09-01 10:00",
    "long.md": f"title: {LONG}\ndate: 2026-09-29 10:00\ncategory: news",
    "away.md": "title: On another site\ndate: 2026-09-28 10:00\ncategory: press\nlink: https://example.net/",
    "english.md": "title: In English\ndate: 2026-08-02 10:00\ncategory: news\nlanguage: en\npinned: true",
    "gone.md": "title: Indragen\ndate: 2026-09-20 10:00\ncategory: press\nwithdrawn: 2026-10-01 10:00\n"
    "withdrawn_reason: Siffrorna var fel.",
    "whole-day.md": "title: En hel dag\nstart: 2026-10-20\ndate: 2026-09-01 10:00",
    "several-days.md": f"title: {LONG}\nstart: 2026-10-05\nend: 2026-10-07\nplace: {LONG}\n"
    "date: 2026-09-01 10:00",
    "off.md": "title: Inställd\nstart: 2026-10-09 10:00\ncancelled: true\ndate: 2026-09-01 10:00",
    "over.md": "title: Förbi\nstart: 2026-09-09 10:00\ndate: 2026-09-01 10:00",
}
BODY = f"""\
Text med ett långt ord: {LONG.split(maxsplit=1)[0]}, och en fotnot.[^1]

## Mellanrubrik

| Kommun | Januari | Februari | Mars | April | Maj | Juni | Juli | Augusti | September |
|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| Älvsunda | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 |

    Kod på en enda rad, som är mycket längre än vad en telefon är bred, och det gör ingenting alls.

[^1]: Noten.
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A newsroom that is published and answers at `base`."""

    base: str
    circle: Following

    def settings(self, address: str = READER) -> str:
        """Give the path of a reader's own page."""
        number = self.circle.subscribe(address, "weekly", "monthly")
        return f"/preferences/{self.circle.token('preferences', number)}"


@contextmanager
def staged(
    folder: Path, config: str = CONFIG, content: Mapping[str, str] = MappingProxyType(CONTENT)
) -> Iterator[Stage]:
    """Publish and serve a newsroom; its `content` are the heads of files, and each gets the same body."""
    for name in PAGES:
        file = folder / "marked" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(MARKED.format(name=name), "utf-8")
    with following(folder, config) as circle:
        for file in (folder / "content").iterdir():
            file.unlink()
        shutil.copy(PICTURE, folder / "content")
        for name, head in content.items():
            (folder / "content" / name).write_text(f"---\n{head}\n---\n{BODY}", "utf-8")
        circle.subscribe(READER)
        _publish(circle.room)
        with _answering(circle) as base:
            yield Stage(base, circle)


def _publish(room: Pressroom) -> None:
    """Publish the newsroom and an issue. What is withdrawn had been public before."""
    now = room.clock()
    load(room, now - timedelta(days=2))
    found = load(room, now)
    decide(room, "weekly", found, now)
    publish_newsroom(room, found.loaded.newsroom, now)


@contextmanager
def _answering(circle: Following) -> Iterator[str]:
    """Serve the application from a thread."""
    room = circle.room
    tree = PublicTree(room.config.feeds.output, "", room.clock)
    tree.refresh(fates(room))
    app = application(room, tree, routes(room, room.clock))
    loop, ready, end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with served(app) as port:
            ports.append(port)
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(PATIENCE)
        loop.close()
