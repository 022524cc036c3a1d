"""Whoever follows every link there is, on every page and in every mail, changes nothing."""

import http.client
import re
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from sqlalchemy import select

from pressroom.bootstrap import open_pressroom
from pressroom.config import load
from storage.engine import reading
from storage.schema import metadata
from tests.end_to_end.commands import pressroom
from tests.end_to_end.services import PATIENCE, Running, link, service
from tests.end_to_end.test_following_in_chromium import ANNA

LINK = re.compile(rb'(?:href|src|action)="([^"]+)"')


def everything(running: Running) -> dict[str, list[str]]:
    """Give every row of the ledger."""
    with open_pressroom(load(running.config, {})) as room, reading(room.engine) as connection:
        tables = metadata.sorted_tables
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}


def ask(running: Running, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(running.base).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
        if method == "HEAD":
            assert body == b""
        if answer.status in {301, 302, 307, 308}:
            path = urljoin(f"{running.base}{path}", answer.headers["Location"])
            return answer.status, f'href="{path}"'.encode()
        return answer.status, body
    finally:
        connection.close()


def crawl(running: Running, start: set[str]) -> dict[str, int]:
    """Follow every link below the newsroom, by HEAD and by GET; give each path with its status."""
    found: dict[str, int] = {}
    waiting = set(start)
    while waiting:
        path = waiting.pop()
        head, _ = ask(running, "HEAD", path)
        status, body = ask(running, "GET", path)
        assert head == status, path
        found[path] = status
        for raw in LINK.findall(body):
            url = urldefrag(urljoin(f"{running.base}{path}", unescape(raw.decode("utf-8", "replace"))))[0]
            if url.startswith(f"{running.base}/"):
                waiting |= {url.removeprefix(running.base)} - found.keys()
    return found


def test_a_crawler_that_has_every_mail_changes_no_row_and_finds_no_dead_link(tmp_path: Path) -> None:
    with service(tmp_path) as running:
        done = pressroom("subscribers", "add", ANNA, "--newsletter", "weekly", config=running.config)
        assert done.returncode == 0
        running.publish("news-of-today", "news")
        running.send(1)
        running.publish("news-of-tomorrow", "news")
        digest = running.mail()
        start = {"/", *(f"/{each}" for each in ("subscribe", "newsletters/", "newsletters/weekly/atom.xml"))}
        for purpose in ("unsubscribe", "preferences"):
            start.add(link(digest, purpose).removeprefix(running.base))
        for part in digest.walk():
            if part.get_content_maintype() == "text":
                urls = re.findall(rf"{running.base}(/[^\s\"<>]*)", part.get_content())
                start |= {unescape(urldefrag(url)[0]) for url in urls}
        running.wait_for("/newsletters/weekly/1/")
        before = everything(running)
        found = crawl(running, start)
        assert everything(running) == before
        assert {path: status for path, status in found.items() if status not in {200, 308}} == {}
        assert len(found) > 30
