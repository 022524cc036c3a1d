"""Whoever follows every link there is, on every page and in every mail, changes nothing."""

import http.client
import re
import time
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit
from urllib.request import Request, urlopen

from sqlalchemy import select

from pressroom.bootstrap import open_pressroom
from pressroom.config import load
from storage.engine import reading
from storage.schema import metadata
from tests.end_to_end.services import PATIENCE, Running, form_of, link, service
from tests.end_to_end.test_following_in_chromium import ANNA

AS_LONG_AS_PEOPLE_TAKE = 2.2
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


def post(running: Running, url: str, **form: str) -> str:
    """Send a form; give the page that comes."""
    request = Request(url, urlencode(form).encode())  # noqa: S310 - our own service
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return str(answer.read(), "utf-8")


def follow(running: Running) -> list[EmailMessage]:
    """Do all that brings a mail; give one of each kind, some with their button not pressed yet."""
    sign_up(running, ANNA)
    asking = running.mail()
    post(running, link(asking, "confirm"), ok="ok")
    welcome = running.mail()
    settings = link(welcome, "preferences")
    post(running, settings, do="move", address="anna.moved@example.org")
    moving = running.mail()
    post(running, settings, do="renew")
    renewed = running.mail()
    sign_up(running, "bo@example.org")
    unanswered = running.mail()
    running.publish("news-of-today", "news")
    running.send(1)
    running.publish("news-of-tomorrow", "news")
    return [asking, welcome, moving, renewed, unanswered, running.mail()]


def sign_up(running: Running, address: str) -> None:
    page = ask(running, "GET", "/subscribe")[1].decode()
    time.sleep(AS_LONG_AS_PEOPLE_TAKE)
    form = form_of(page) | {"address": address}
    assert "Check your mail" in post(running, f"{running.base}/subscribe", **form)


def links_of(running: Running, mail: EmailMessage) -> set[str]:
    """Give the paths of all links to us, those of the headers as well."""
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    found = re.findall(rf"{running.base}(/[^\s\"<>]*)", "\n".join([*texts, *map(str, mail.values())]))
    return {unescape(urldefrag(url)[0]) for url in found}


def test_a_crawler_that_has_every_mail_changes_no_row_and_finds_no_dead_link(tmp_path: Path) -> None:
    with service(tmp_path) as running:
        start = {"/", *(f"/{each}" for each in ("subscribe", "newsletters/", "newsletters/weekly/atom.xml"))}
        for mail in follow(running):
            start |= links_of(running, mail)
        for purpose, number in (("confirm", 3), ("preferences", 3), ("unsubscribe", 1)):
            assert sum(f"/{purpose}/" in path for path in start) == number
        running.wait_for("/newsletters/weekly/1/")
        before = everything(running)
        found = crawl(running, start)
        assert everything(running) == before
        assert {path: status for path, status in found.items() if status not in {200, 308}} == {}
        assert len(found) > 30
