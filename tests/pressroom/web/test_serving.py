"""The public tree as it comes out of the real server, byte by byte, on plain sockets."""

import asyncio
import gzip
import os
import re
import shutil
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from feeds.tree import publish
from pressroom.bootstrap import Pressroom, open_pressroom
from pressroom.web import server
from pressroom.web.application import application
from pressroom.web.health import Health
from pressroom.web.negotiation import http_date, seconds_of
from pressroom.web.server import Front, ListenError, serving
from pressroom.web.tallies import Tallies
from pressroom.web.tree import PublicTree
from tests.pressroom.newsrooms import CONFIG, a_newsroom, at, loaded
from tests.pressroom.web.sockets import ask, free_port, read, send, served
from tests.scenarios import NOW

FEED = b"<feed>" + b"<entry>Some news.</entry>\n" * 400 + b"</feed>"
FILM = bytes(range(256)) * 4096
FILES = {
    "index.html": b"<!doctype html><h1>Front</h1>" * 50,
    "404.html": b"<!doctype html><h1>Page not found</h1>" * 30,
    "feeds/index.html": b"feeds",
    "feeds/all/atom.xml": FEED,
    "media/0123456789abcdef/film.mp4": FILM,
    "media/0123456789abcdef/\u00e5rs bok.txt": b"text",
}


async def form(request: Request) -> PlainTextResponse:
    given = await request.form()
    return PlainTextResponse(f"{request.method} {len(given)}")


async def slow(_request: Request) -> PlainTextResponse:
    await asyncio.sleep(1.0)
    return PlainTextResponse("done")


async def broken(_request: Request) -> PlainTextResponse:
    message = "anna@example.org"
    raise RuntimeError(message)


ROUTES = [
    Route("/subscribe", form, methods=["GET", "POST"]),
    Route("/slow", slow),
    Route("/broken", broken),
]


@dataclass(frozen=True, slots=True)
class Site:
    port: int
    room: Pressroom
    tree: PublicTree
    tallies: Tallies


@dataclass(slots=True)
class Huge:
    path: Path
    read: int = 0

    def is_open(self) -> bool:
        return any(_leads_to(link, self.path) for link in Path("/proc/self/fd").iterdir())


def _leads_to(link: Path, path: Path) -> bool:
    with suppress(OSError):  # closed since
        return link.readlink() == path
    return False


def changed(room: Pressroom, **web: object) -> Pressroom:
    return replace(room, config=replace(room.config, web=room.config.web.model_copy(update=web)))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    with open_pressroom(loaded(a_newsroom(tmp_path)), at(NOW)) as room:
        output = room.config.feeds.output
        publish(output, FILES.items(), ())
        tree, tallies = PublicTree(output, "", room.clock), Tallies()
        tree.refresh({"items/away/": None, "items/old/": "items/new/"})
        async with served(application(room, tree, ROUTES, tallies)) as port:
            yield Site(port, room, tree, tallies)


async def test_a_feed_comes_whole_with_everything_a_reader_needs(site: Site) -> None:
    answer = await ask(site.port, "/feeds/all/atom.xml?utm=x")
    assert (answer.status, answer.body) == (200, FEED)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert re.fullmatch(r'"[0-9a-f]{24}"', answer.headers["etag"])
    assert seconds_of(answer.headers["last-modified"].encode()) is not None
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "ETag"
    assert "set-cookie" not in answer.headers


async def test_each_encoding_has_a_tag_of_its_own_and_the_same_content(site: Site) -> None:
    plain = await ask(site.port, "/feeds/all/atom.xml")
    packed = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="gzip")
    small = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="gzip, br")
    assert [each.headers.get("content-encoding") for each in (plain, packed, small)] == [None, "gzip", "br"]
    assert gzip.decompress(packed.body) == brotli.decompress(small.body) == plain.body == FEED
    assert len({each.headers["etag"] for each in (plain, packed, small)}) == 3


async def test_head_says_what_get_would_and_sends_nothing(site: Site) -> None:
    for path in ("/", "/feeds/all/atom.xml", "/media/0123456789abcdef/film.mp4", "/nowhere", "/feeds"):
        whole = await ask(site.port, path)
        head = await send(
            site.port, f"HEAD {path} HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n\r\n".encode()
        )
        assert (head.status, head.body) == (whole.status, b"")
        drop = {"date"}
        assert {k: v for k, v in head.headers.items() if k not in drop} == {
            k: v for k, v in whole.headers.items() if k not in drop
        }


async def test_304_whenever_nothing_changed(site: Site) -> None:
    whole = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="br")
    tag = whole.headers["etag"]
    for theirs in (tag, f"W/{tag}", f'"other", {tag}', f'"other"\r\nIf-None-Match: {tag}', "*"):
        same = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="br", if_none_match=theirs)
        assert (same.status, same.body) == (304, b"")
        for name in ("etag", "last-modified", "cache-control", "vary", "access-control-allow-origin"):
            assert same.headers[name] == whole.headers[name]
    since = whole.headers["last-modified"]
    assert (await ask(site.port, "/feeds/all/atom.xml", if_modified_since=since)).status == 304
    before = http_date((seconds_of(since.encode()) or 0) - 1).decode()
    assert (await ask(site.port, "/feeds/all/atom.xml", if_modified_since=before)).status == 200


async def test_the_tag_counts_more_than_the_date(site: Site) -> None:
    whole = await ask(site.port, "/feeds/all/atom.xml")
    since = whole.headers["last-modified"]
    answer = await ask(site.port, "/feeds/all/atom.xml", if_none_match='"old"', if_modified_since=since)
    assert answer.status == 200


async def test_a_date_that_says_nothing_keeps_nobody_from_the_news(site: Site) -> None:
    date = (await ask(site.port, "/feeds/all/atom.xml")).headers["last-modified"]
    tomorrow = http_date(int(NOW.timestamp()) + 86_400).decode()
    for since in (
        tomorrow,
        "Thu, 01 Jan 1970 00:00:00 GMT",
        f"{date}\r\nIf-Modified-Since: {date}",
        "0",
        "-1",
    ):
        for path in ("/feeds/all/atom.xml", "/media/0123456789abcdef/film.mp4"):
            assert (await ask(site.port, path, if_modified_since=since)).status == 200


async def test_another_version_than_the_one_that_is_asked_for_is_not_sent(site: Site) -> None:
    """As somebody asks who fetches the rest of a file."""
    for path in ("/feeds/all/atom.xml", "/media/0123456789abcdef/film.mp4"):
        whole = await ask(site.port, path)
        tag, date = whole.headers["etag"], whole.headers["last-modified"]
        for theirs in ('"other"', f"W/{tag}"):
            assert (await ask(site.port, path, if_match=theirs, range="bytes=1-2")).status == 412
        assert (await ask(site.port, path, if_unmodified_since="Thu, 01 Jan 1970 00:00:00 GMT")).status == 412
        for held in ({"if_match": f'"other", {tag}'}, {"if_match": "*"}, {"if_unmodified_since": date}):
            assert (await ask(site.port, path, **held)).body == whole.body


async def test_a_script_of_another_site_may_ask_whether_something_changed(site: Site) -> None:
    asked = {"origin": "https://reader.example", "access_control_request_headers": "if-none-match"}
    answer = await ask(site.port, "/feeds/all/atom.xml", "OPTIONS", **asked)
    assert answer.status == 204
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_client_that_has_another_encoding_keeps_it_if_it_still_takes_it(site: Site) -> None:
    """A reader that sends the tag of what it once got as gzip, though it now takes brotli as well."""
    packed = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="gzip")
    tag = packed.headers["etag"]
    same = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="gzip, br", if_none_match=tag)
    assert (same.status, same.headers["etag"]) == (304, tag)
    other = await ask(site.port, "/feeds/all/atom.xml", accept_encoding="br", if_none_match=tag)
    assert other.status == 200


async def test_no_instance_manipulation_and_no_limit_for_readers(site: Site) -> None:
    statuses = [(await ask(site.port, "/feeds/all/atom.xml", a_im="feed")).status for _ in range(50)]
    assert set(statuses) == {200}


async def test_a_range_of_a_film(site: Site) -> None:
    path = "/media/0123456789abcdef/film.mp4"
    whole = await ask(site.port, path)
    assert (whole.status, whole.body, whole.headers["accept-ranges"]) == (200, FILM, "bytes")
    assert "immutable" in whole.headers["cache-control"]
    part = await ask(site.port, path, range="bytes=100-199")
    assert (part.status, part.body) == (206, FILM[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(FILM)}"
    end = await ask(site.port, path, range="bytes=-5", if_range=whole.headers["etag"])
    assert (end.status, end.body) == (206, FILM[-5:])
    changed_since = await ask(site.port, path, range="bytes=-5", if_range='"other"')
    assert (changed_since.status, changed_since.body) == (200, FILM)
    outside = await ask(site.port, path, range=f"bytes={len(FILM)}-")
    assert (outside.status, outside.headers["content-range"]) == (416, f"bytes */{len(FILM)}")
    assert (await ask(site.port, path, if_none_match=whole.headers["etag"])).status == 304


@pytest.fixture
def huge(site: Site, monkeypatch: pytest.MonkeyPatch) -> Huge:
    """A file that no buffer of the system swallows, and how much of it is read."""
    path = site.room.config.feeds.output / "media/0123456789abcdef/huge.mp4"
    with path.open("wb") as file:
        file.truncate(4 << 30)
    site.tree.refresh()
    found, really = Huge(path), os.pread

    def reading(descriptor: int, length: int, offset: int) -> bytes:
        found.read += length
        return really(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", reading)
    return found


@pytest.mark.parametrize("linger", [b"", struct.pack("ii", 1, 0)], ids=["closed", "reset"])
async def test_a_download_that_is_given_up_is_read_no_further(site: Site, huge: Huge, linger: bytes) -> None:
    for _ in range(5):
        with await begun(site.port, huge) as client:
            await asyncio.sleep(0.2)
            if linger:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    await until(lambda: not huge.is_open())
    assert huge.read < 200 << 20
    assert not [task for task in asyncio.all_tasks() if "pieces" in repr(task)]


async def test_one_who_takes_nothing_for_a_while_is_let_go_and_a_slow_one_gets_it_all(
    site: Site, huge: Huge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pressroom.web.pieces.PIECE_SECONDS", 1.0)
    with await begun(site.port, huge) as idle:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
        writer.write(b"GET /media/0123456789abcdef/film.mp4 HTTP/1.1\r\nHost: x\r\n\r\n")
        body = await reader.readuntil(b"\r\n\r\n") and b""
        while len(body) < len(FILM):
            body += await reader.read(1 << 16)
            await asyncio.sleep(0.1)
        assert body == FILM
        await until(lambda: not huge.is_open())
        idle.settimeout(10)
        while await asyncio.to_thread(idle.recv, 1 << 20):
            pass
    writer.close()


async def begun(port: int, huge: Huge) -> socket.socket:
    """Ask for the file and take as good as nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET /media/0123456789abcdef/{huge.path.name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await until(huge.is_open)
    return client


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_file_that_was_replaced_behind_our_back_is_not_sent_under_the_old_tag(site: Site) -> None:
    path = "media/0123456789abcdef/film.mp4"
    file = site.room.config.feeds.output / path
    file.unlink()
    file.write_bytes(b"x" * len(FILM))
    answer = await ask(site.port, f"/{path}")
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


async def test_errors_have_error_codes(site: Site) -> None:
    nowhere = await ask(site.port, "/nowhere")
    assert (nowhere.status, nowhere.body) == (404, FILES["404.html"])
    assert {"etag", "last-modified"} & set(nowhere.headers) == set()
    assert (await ask(site.port, "/items/away/")).status == 410
    assert (await ask(site.port, "/items/away")).status == 410
    refused = await ask(site.port, "/feeds/all/atom.xml", "POST", b"x=1")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (await ask(site.port, "/feeds/all/atom.xml", "OPTIONS")).status == 204
    assert (await ask(site.port, "/subscribe", "DELETE")).status == 405
    assert (await ask(site.port, "/404.html")).status == 404


async def test_what_moved_leads_on_for_good(site: Site) -> None:
    for path, target in (
        ("/feeds", "/feeds/"),
        ("/feeds/index.html", "/feeds/"),
        ("/index.html", "/"),
        ("/items/old/", "/items/new/"),
    ):
        answer = await ask(site.port, path)
        assert (answer.status, answer.headers["location"]) == (308, target)


async def test_a_slash_too_many_leads_on_without_a_word_of_scheme_or_host(site: Site) -> None:
    """A form that was sent over https, to a proxy of ours, must not be sent again over http."""
    for method, body in (("GET", b""), ("POST", b"a=b")):
        answer = await ask(site.port, "/subscribe/?newsletter=weekly", method, body)
        assert (answer.status, answer.headers["location"]) == (308, "/subscribe?newsletter=weekly")
        assert answer.headers["cache-control"] == "no-store"
    assert (await ask(site.port, "//evil.example/subscribe/")).status == 404
    assert (await ask(site.port, "/nowhere/")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../config.yaml",
        "/%2e%2e/config.yaml",
        "/feeds/%2e%2e/%2e%2e/data/ledger.db",
        "//evil.example/",
        "//evil.example",
        "/feeds//all/atom.xml",
        "/.pressroom-manifest.json",
        "/%00",
        "/%ff%fe",
        "/\\..\\config.yaml",
        "/feeds/all/atom.xml/",
    ],
)
async def test_nothing_else_can_be_reached(site: Site, path: str) -> None:
    answer = await ask(site.port, path)
    assert answer.status in (400, 404)
    assert b"Example Association" not in answer.body


async def test_a_name_with_a_space_and_a_letter_is_found(site: Site) -> None:
    answer = await ask(site.port, "/media/0123456789abcdef/%C3%A5rs%20bok.txt")
    assert (answer.status, answer.body) == (200, b"text")


async def test_pages_carry_the_headers_of_safety(site: Site) -> None:
    page = (await ask(site.port, "/")).headers
    assert "default-src 'none'" in page["content-security-policy"]
    assert "script-src" not in page["content-security-policy"]
    assert "frame-ancestors 'none'" in page["content-security-policy"]
    assert page["referrer-policy"] == "strict-origin-when-cross-origin"
    dynamic = (await ask(site.port, "/subscribe")).headers
    assert dynamic["cache-control"] == "no-store"
    assert dynamic["referrer-policy"] == "same-origin"
    assert dynamic["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("news.example.org", 200),
        ("NEWS.example.org:443", 200),
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("news.example.org.evil.example", 421),
        ("evil.example:80@news.example.org", 421),
    ],
)
async def test_pages_that_act_answer_for_our_host_alone(site: Site, host: str, status: int) -> None:
    assert (await ask(site.port, "/subscribe", host=host)).status == status
    feed = await ask(site.port, "/feeds/all/atom.xml", host=host)
    assert (feed.status, feed.body) == (200, FEED), "what is the same for everybody needs no host"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("GET /feeds/all/atom.xml HTTP/1.1", 400),
        ("GET /feeds/all/atom.xml HTTP/1.1\r\nHost: a\r\nHost: a", 400),
        ("GET /feeds/all/atom.xml HTTP/1.0\r\nHost: a\r\nHost: b", 400),
        ("GET /healthz HTTP/1.1", 400),
        ("GET /feeds/all/atom.xml HTTP/1.0", 200),
        ("GET /feeds/all/atom.xml HTTP/1.1\r\nHost:", 400),
        ("GET http://news.example.org/feeds/all/atom.xml HTTP/1.1\r\nHost: a", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: a", 204),
        ("GET * HTTP/1.1\r\nHost: a", 400),
    ],
)
async def test_requests_are_taken_in_every_form_that_http_has(site: Site, lines: str, status: int) -> None:
    answer = await send(site.port, f"{lines}\r\nConnection: close\r\n\r\n".encode())
    assert answer.status == status


@pytest.mark.parametrize("host", ["", "a b", "x" * 9000, "\x00", "news.example.org\r\nHost: evil.example"])
async def test_a_host_that_is_none_breaks_nothing(site: Site, host: str) -> None:
    request = f"GET /subscribe HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        assert (await send(site.port, request)).status in (400, 421, 431)
    assert (await ask(site.port, "/healthz")).status == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(site: Site) -> None:
    for path, status in (("/subscribe", 413), ("/feeds/all/atom.xml", 405)):
        head = f"POST {path} HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: {100 << 20}\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(head.encode() + b"x" * 100_000)
        async with asyncio.timeout(10):
            assert (await read(reader)).status == status
        writer.close()


async def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(site: Site) -> None:
    head = (
        b"POST /subscribe HTTP/1.1\r\nHost: news.example.org\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(head)
    sent = 0
    with suppress(ConnectionError):  # we talk on while the server has hung up
        async with asyncio.timeout(20):
            while sent < 100 << 20:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()
                sent += 0x10000
    assert sent < 20 << 20, "the connection was cut off long before the end"
    with suppress(ConnectionError):
        assert (await read(reader)).status == 413
    writer.close()
    small = b"4\r\na=bc\r\n0\r\n\r\n"
    assert (await send(site.port, head + small)).body == b"POST 1"


async def test_a_form_that_comes_too_slowly_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pressroom.web.refusals.BODY_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(
        b"POST /subscribe HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\na="
    )
    async with asyncio.timeout(10):
        assert (await read(reader)).status == 408
    writer.close()


async def test_headers_and_addresses_that_are_too_long_are_refused(site: Site) -> None:
    assert (await ask(site.port, "/confirm/" + "x" * 9000)).status == 414
    assert (await ask(site.port, "/subscribe", x_padding="x" * 40_000)).status == 431
    assert (await ask(site.port, "/subscribe", x_padding="x" * 200_000)).status in (400, 431)


async def test_a_thousand_idle_connections_and_slow_ones_keep_nobody_waiting(site: Site) -> None:
    writers = []
    for number in range(1000):
        _, writer = await asyncio.open_connection("127.0.0.1", site.port)
        if number % 2:
            writer.write(b"GET / HTTP/1.1\r\nHo")
        writers.append(writer)
    try:
        async with asyncio.timeout(5):
            for _ in range(20):
                assert (await ask(site.port, "/feeds/all/atom.xml")).status == 200
                assert (await ask(site.port, "/readyz")).status == 200
    finally:
        for writer in writers:
            writer.close()


@pytest.mark.parametrize(
    "said", [b"", b"G", b"GET / HTTP/1.1\r\n", b"PRI * HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
async def test_one_who_never_sends_a_whole_head_is_let_go(
    site: Site, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(server, "HEADER_MS", 300)
    async with served(application(site.room, site.tree)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()


async def test_when_as_many_are_silent_as_there_may_be_readers_wait_no_longer_than_they_last(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEADER_MS", 1000)
    monkeypatch.setattr(server, "CONNECTIONS", 50)
    async with served(application(site.room, site.tree)) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
        async with asyncio.timeout(5):
            assert (await ask(port, "/feeds/all/atom.xml")).status == 200
        for _, writer in silent:
            writer.close()


async def test_a_mistake_of_ours_is_a_page_that_tells_nothing_and_a_line_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask(site.port, "/broken", accept_language="en")
    assert answer.status == 500
    assert b"<h1>It does not work just now</h1>" in answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"anna" not in answer.body
    assert b"Traceback" not in answer.body
    (told,) = mistakes(caplog)
    assert told["error"] == "RuntimeError"
    assert "in broken" in told["traceback"]
    assert "anna" not in str(told)


async def test_a_mistake_in_what_is_no_page_is_told_too(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Health, "_ask", fail)
    monkeypatch.setattr(PublicTree, "representation", fail)
    monkeypatch.setattr("pressroom.web.publicfiles.byte_range", fail)
    monkeypatch.setattr("pressroom.web.answers.Answers.page", fail)
    film = "/media/0123456789abcdef/film.mp4"
    for path, headers in (("/readyz", {}), ("/feeds/", {}), (film, {"range": "bytes=0-1"}), ("/broken", {})):
        answer = await ask(site.port, path, **headers)
        assert (answer.status, answer.body) == (500, b"It does not work just now.\n"), path
    assert [each["error"] for each in mistakes(caplog)] == ["ZeroDivisionError"] * 4
    assert (await ask(site.port, "/healthz")).status == 200


async def test_an_answer_that_breaks_in_the_middle_is_cut_off_and_told(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.pread

    def fail_later(descriptor: int, length: int, offset: int) -> bytes:
        if offset:
            raise OSError(5, "anna@example.org")
        return really(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", fail_later)
    answer = await ask(site.port, "/media/0123456789abcdef/film.mp4")
    assert answer.status == 200
    assert 0 < len(answer.body) < len(FILM)
    assert int(answer.headers["content-length"]) == len(FILM)
    assert [each["error"] for each in mistakes(caplog)] == ["OSError"]


def mistakes(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    found = [each for each in caplog.records if each.getMessage() == "answer-failed"]
    return [each.fields for each in found]  # type: ignore[attr-defined]


async def test_health_is_told_to_all_and_metrics_to_those_who_may(site: Site) -> None:
    assert (await ask(site.port, "/healthz")).body == b"ok\n"
    assert (await ask(site.port, "/readyz")).body == b"ready\n"
    assert (await ask(site.port, "/metrics")).status == 404
    open_to_us = changed(site.room, metrics=site.room.config.web.proxies)
    await ask(site.port, "/feeds/all/atom.xml")
    async with served(application(open_to_us, site.tree, tallies=site.tallies)) as port:
        figures = (await ask(port, "/metrics")).body.decode()
        assert 'pressroom_served_total{kind="atom",status="200"} 1.0' in figures
        assert "pressroom_database_up 1.0" in figures
        assert (await ask(port, "/metrics", x_forwarded_for="198.51.100.7")).status == 404


async def test_not_ready_without_a_tree_or_without_a_database(site: Site) -> None:
    bare = PublicTree(site.room.config.feeds.output, "", site.room.clock)
    async with served(application(site.room, bare)) as port:
        answer = await ask(port, "/readyz")
        assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    Path(str(site.room.engine.url.database)).unlink()
    Path(str(site.room.engine.url.database)).mkdir()
    site.room.engine.dispose()
    async with served(application(site.room, site.tree)) as port:
        assert (await ask(port, "/readyz")).status == 503
        assert (await ask(port, "/healthz")).status == 200
        assert (await ask(port, "/feeds/all/atom.xml")).status == 200, "readers need no database"


async def test_not_ready_with_a_database_that_is_not_ours_and_ready_again_when_it_is_back(site: Site) -> None:
    home = Path(str(site.room.engine.url.database)).parent
    assert (await ask(site.port, "/readyz")).status == 200
    home.rename(home.with_name("away"))
    async with served(application(site.room, site.tree)) as port:
        answer = await ask(port, "/readyz")
        assert (answer.status, answer.body) == (503, b"the database does not answer\n")
    home.mkdir()
    Path(str(site.room.engine.url.database)).touch()
    async with served(application(site.room, site.tree)) as port:
        answer = await ask(port, "/readyz")
        assert (answer.status, answer.body) == (503, b"the database is empty, or another one than ours\n")
    shutil.rmtree(home)
    home.with_name("away").rename(home)
    async with served(application(site.room, site.tree)) as port:
        assert (await ask(port, "/readyz")).status == 200


async def test_below_a_path_of_the_public_address(tmp_path: Path) -> None:
    config = loaded(
        a_newsroom(tmp_path, CONFIG.replace("https://news.example.org", "https://example.org/news"))
    )
    with open_pressroom(config, at(NOW)) as room:
        publish(config.feeds.output, FILES.items(), ())
        tree = PublicTree(config.feeds.output, "/news", room.clock)
        tree.refresh()
        async with served(application(room, tree, ROUTES)) as port:
            assert (await ask(port, "/news/feeds/all/atom.xml")).status == 200
            assert (await ask(port, "/news/subscribe", host="example.org")).status == 200
            assert (await ask(port, "/feeds/all/atom.xml")).status == 404
            assert (await ask(port, "/subscribe", host="example.org")).status == 404
            assert (await ask(port, "/news")).headers["location"] == "/news/"
            slash = await ask(port, "/news/subscribe/", host="example.org")
            assert slash.headers["location"] == "/news/subscribe"


async def test_who_is_being_answered_when_we_stop_gets_the_whole_answer(site: Site) -> None:
    port = free_port()
    async with serving(f"127.0.0.1:{port}", application(site.room, site.tree, ROUTES)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await read(reader)  # and stays connected, idle
        asking = asyncio.create_task(ask(port, "/slow"))
        await asyncio.sleep(0.3)
    assert (await asking).body == b"done"
    writer.close()


async def test_a_place_that_is_taken_is_said_plainly(site: Site) -> None:
    with pytest.raises(ListenError, match=rf"cannot listen at 127.0.0.1:{site.port}: address already in use"):
        async with serving(f"127.0.0.1:{site.port}", Starlette()):
            pass


async def test_before_there_is_an_application_everybody_is_asked_to_wait() -> None:
    async with served(Front()) as port:
        answer = await ask(port, "/")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
