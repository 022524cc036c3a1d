"""A reader of the web application in this process: asks like a browser, with no server between."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from starlette.types import ASGIApp, Message

from pressroom.bootstrap import Pressroom
from pressroom.web.application import application
from pressroom.web.following import routes
from pressroom.web.tallies import Tallies
from pressroom.web.tree import PublicTree
from tests.feeds.sites import Page

HOST = "news.example.org"
BASE = f"https://{HOST}"
URLENCODED = "application/x-www-form-urlencoded"
CLIENT = "192.0.2.7"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def page(self) -> Page:
        return Page(self.text)

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.text)
        return unescape(found[1]) if found else ""

    def form(self) -> dict[str, list[str]]:
        """Give what a browser would send of the page's only form, as it stands."""
        given: dict[str, list[str]] = {}
        for each in self.page.find("input"):
            if each["type"] != "checkbox" or "checked" in each:
                given.setdefault(each["name"], []).append(each.get("value", ""))
        return given


@dataclass(slots=True)
class Clock:
    """Stands still until it is told otherwise."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass(slots=True)
class Reader:
    """Asks an application; follows a redirect as a browser does."""

    app: ASGIApp
    client: str = CLIENT
    headers: dict[str, str] = field(default_factory=lambda: {"accept-language": "en"})

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def post(
        self, path: str, form: Mapping[str, Any], *, follow: bool = True, **headers: str
    ) -> Answer:
        body = urlencode(form, doseq=True).encode()
        answer = await self.ask("POST", path, body, {"content-type": URLENCODED, **headers})
        if follow and answer.status == 303:
            return await self.get(urljoin(f"{BASE}{path}", answer.headers["location"]).removeprefix(BASE))
        return answer

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        parts = urlsplit(path)
        given = {"host": HOST, **self.headers, **(headers or {})}
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in given.items()
            ],
            "client": (self.client, 4711),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        return await _asked(self.app, scope, body)


async def _asked(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Answer:
    incoming: Iterable[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(iter(incoming), {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    content = b"".join(message.get("body", b"") for message in sent)
    return Answer(start["status"], headers, content)


def reader_of(room: Pressroom, **over: Any) -> Reader:
    """Give a reader of the application as the service puts it together."""
    tree = PublicTree(room.config.feeds.output, "", room.clock)
    return Reader(application(room, tree, routes(room, room.clock), Tallies()), **over)
