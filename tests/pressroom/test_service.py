"""The service in this process, with its clock in our hand: it publishes, decides, delivers, and survives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.tree import publish
from newsletter import people
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Wish
from pressroom import supervising, watching
from pressroom.bootstrap import Pressroom, open_pressroom
from pressroom.clock import Clock, starting_at
from pressroom.service import Service
from pressroom.sink import Received, Sink
from pressroom.subscriptions import offer_of
from storage import issues, newsletters, slots
from storage.engine import reading, writing
from tests.postgres import Server
from tests.pressroom.newsrooms import a_newsroom, loaded, write_item
from tests.scenarios import NOW

EVERY_SECOND = "*"
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(watching, "LOOK_AGAIN", 0.2)


@asynccontextmanager
async def running(room: Pressroom) -> AsyncIterator[Service]:
    """Run the service for the length of the block; it must end by itself when it is told to stop."""
    stop = asyncio.Event()
    service = Service(room, stop, seconds=EVERY_SECOND)
    task = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(FileNotFoundError):
                if condition():
                    return
            await asyncio.sleep(0.05)


def events(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, Any]]:
    return [record.fields for record in caplog.records if record.getMessage() == name]  # type: ignore[attr-defined]


def set_up(
    file: Path, start: datetime, url: str = "smtp://127.0.0.1:9", storage: str = ""
) -> tuple[Any, Clock]:
    environ = {"PRESSROOM_SMTP__URL": url} | ({"PRESSROOM_STORAGE__URL": storage} if storage else {})
    config = loaded(file, environ)
    clock = starting_at(start)
    with open_pressroom(config, clock) as room, writing(room.engine) as connection:
        newsletters.meet(connection, "weekly", start - timedelta(days=3), list(config.categories))
        consent = Consent("test", "test", start)
        people.add(
            connection, parse_address("anna@example.org"), Wish(("weekly",)), offer_of(config), consent
        )
    return config, clock


async def test_a_changed_file_is_published_and_a_broken_one_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, clock = set_up(a_newsroom(tmp_path), NOW - timedelta(days=1))
    feed = config.feeds.output / "feeds/all/atom.xml"
    with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
        async with running(room):
            await until(lambda: "The first item" in feed.read_text())
            write_item(tmp_path, "second", "The second item")
            await until(lambda: "The second item" in feed.read_text())
            (tmp_path / "content" / "bad.md").write_text("---\ntitle: [\n---\n")
            await until(lambda: bool(events(caplog, "problem")))
            write_item(tmp_path, "third", "The third item")
            await until(lambda: "The third item" in feed.read_text())
    assert len(events(caplog, "problem")) == 1, "what is wrong is said once"


async def test_what_another_process_publishes_is_served_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, clock = set_up(a_newsroom(tmp_path), NOW - timedelta(days=1))
    with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
        async with running(room) as service:
            await until(lambda: "/feeds/all/atom.xml" in service.tree.now.table)
            before = service.tree.now
            publish(config.feeds.output, [("index.html", b"of another process")], ())
            await until(lambda: service.tree.now is not before)
            assert service.tree.now.table.keys() >= {"/"}
            assert "/feeds/all/atom.xml" not in service.tree.now.table
    assert len(events(caplog, "taken-up")) == 1, "its own is taken up by itself"


async def test_an_embargo_ends_by_itself(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    start = NOW - timedelta(seconds=4)
    write_item(tmp_path, "later", "Under embargo", date="2026-10-02T07:00:00+02:00")
    config, clock = set_up(file, start)
    feed = config.feeds.output / "feeds/all/atom.xml"
    with open_pressroom(config, clock) as room:
        async with running(room):
            await until(lambda: "The first item" in feed.read_text())
            assert "Under embargo" not in feed.read_text()
            await until(lambda: "Under embargo" in feed.read_text())
            assert clock() >= NOW


async def test_a_slot_makes_one_issue_that_is_published_and_delivered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[Received] = []
    async with Sink(received.append).listening() as sink:
        config, clock = set_up(a_newsroom(tmp_path), NOW - timedelta(seconds=3), sink.url)
        with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
            async with running(room):
                await until(lambda: bool(events(caplog, "delivered")))
                await asyncio.sleep(2.5)
            with reading(room.engine) as connection:
                (issue,) = issues.listed(connection)
                (slot,) = slots.recent(connection, "weekly", 5)
    assert (issue.state, slot.slot, slot.outcome) == ("sent", "2026-10-02T07:00", "issue")
    assert [mail.recipient for mail in received] == ["anna@example.org"]
    assert "The first item" in (config.feeds.output / "newsletters/weekly/1/index.html").read_text()
    assert not any("anna@" in str(record.__dict__) for record in caplog.records), "no address in the log"


async def test_two_services_on_one_ledger_make_one_issue(tmp_path: Path) -> None:
    received: list[Received] = []
    async with Sink(received.append).listening() as sink:
        config, clock = set_up(a_newsroom(tmp_path), NOW - timedelta(seconds=2), sink.url)
        with open_pressroom(config, clock) as one, open_pressroom(config, clock) as other:
            async with running(one), running(other):
                await until(lambda: bool(received))
                await asyncio.sleep(3)
            with reading(one.engine) as connection:
                assert len(issues.listed(connection)) == 1
    assert len(received) == 1


async def test_an_issue_waits_for_a_mail_server_that_is_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[Received] = []
    sink = Sink(received.append)
    async with sink.listening():
        port, url = sink.port, sink.url
    config, clock = set_up(a_newsroom(tmp_path), NOW, url)
    with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
        async with running(room):
            await until(lambda: bool(events(caplog, "issue-made")))
            await asyncio.sleep(1)
            async with Sink(received.append).listening(port):
                await until(lambda: bool(received))


async def test_a_folder_that_is_gone_leaves_what_is_published_and_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, clock = set_up(a_newsroom(tmp_path), NOW - timedelta(days=1))
    feed, folder = config.feeds.output / "feeds/all/atom.xml", tmp_path / "content"
    with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
        async with running(room):
            await until(lambda: "The first item" in feed.read_text())
            folder.rename(tmp_path / "away")
            await until(lambda: bool(events(caplog, "build-failed")))
            assert "The first item" in feed.read_text()
            (tmp_path / "away").rename(folder)
            write_item(tmp_path, "second", "The second item")
            await until(lambda: "The second item" in feed.read_text())


async def test_a_changed_configuration_asks_for_a_new_start(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    config, clock = set_up(file, NOW - timedelta(days=1))
    with open_pressroom(config, clock) as room:
        stop = asyncio.Event()
        service = Service(room, stop, seconds=EVERY_SECOND)
        task = asyncio.create_task(service.run())
        text = file.read_text()
        for number in range(100):
            file.write_text(f"{text}# {number}\n")
            await asyncio.sleep(0.2)
            if stop.is_set():
                break
        await asyncio.wait_for(task, PATIENCE)
    assert service.reload


async def test_a_database_that_was_away_is_used_again(
    postgresql_server: Server, postgresql_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = a_newsroom(tmp_path)
    config, clock = set_up(file, NOW - timedelta(days=1), storage=postgresql_url)
    feed = config.feeds.output / "feeds/all/atom.xml"
    with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
        async with running(room):
            await until(lambda: "The first item" in feed.read_text())
            postgresql_server.execute("postgres", "ALTER DATABASE ledger ALLOW_CONNECTIONS false")
            try:
                postgresql_server.disconnect("ledger")
                write_item(tmp_path, "second", "The second item")
                await until(lambda: bool(events(caplog, "build-failed")))
            finally:
                postgresql_server.execute("postgres", "ALTER DATABASE ledger ALLOW_CONNECTIONS true")
            write_item(tmp_path, "third", "The third item")
            await until(lambda: "The third item" in feed.read_text())


async def test_a_running_service_sets_up_no_database_in_the_place_of_one_that_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, clock = set_up(a_newsroom(tmp_path), NOW - timedelta(days=1))
    feed = config.feeds.output / "feeds/all/atom.xml"
    with caplog.at_level(logging.INFO, logger="pressroom"), open_pressroom(config, clock) as room:
        home = Path(str(room.engine.url.database)).parent
        async with running(room):
            await until(lambda: "The first item" in feed.read_text())
            home.rename(home.with_name("away"))
            home.mkdir()
            write_item(tmp_path, "second", "The second item")
            await until(lambda: bool(events(caplog, "build-failed")))
            assert list(home.iterdir()) == []
            home.rmdir()
            home.with_name("away").rename(home)
            write_item(tmp_path, "third", "The third item")
            await until(lambda: "The third item" in feed.read_text())
