"""The service's letters: from a sign-up in the ledger to a mail over SMTP, by the jobs that `run` runs."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter import following
from newsletter.following import SignUp
from pressroom import postroom
from pressroom.bootstrap import Pressroom, open_pressroom
from pressroom.clock import starting_at
from pressroom.postroom import count_signups, keep_tidy, letterhead, send_letters
from pressroom.sending import token_key
from pressroom.sink import Received, Sink
from pressroom.subscriptions import offer_of
from pressroom.web.tallies import Tallies
from storage import signups
from storage.engine import reading, writing
from tests.mails import links_of_text, read
from tests.pressroom.newsrooms import a_newsroom, loaded
from tests.scenarios import NOW

PATIENCE = 30.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return a_newsroom(tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postroom, "LOOK_FOR_LETTERS", 0.05)


def sign_up(room: Pressroom, address: str) -> None:
    wish = SignUp(address, {"weekly": None}, "192.0.2.7", "https://example.org/", "sign-up-1")
    key = token_key(room)
    with writing(room.engine) as connection:
        following.sign_up(connection, wish, offer_of(room.config), key, room.clock(), room.config.signups)


async def test_who_signs_up_gets_a_mail_that_confirms_and_no_log_names_them(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    arrived: asyncio.Queue[Received] = asyncio.Queue()
    stop = asyncio.Event()
    async with Sink(arrived.put_nowait).listening() as sink:
        config = loaded(file, {"PRESSROOM_SMTP__URL": sink.url})
        with open_pressroom(config, starting_at(NOW)) as room:
            job = asyncio.create_task(send_letters(room, stop))
            sign_up(room, "anna.andersson@example.net")
            async with asyncio.timeout(PATIENCE):
                mail = await arrived.get()
                (link,) = (each for each in links_of_text(read(mail.message).text) if "/confirm/" in each)
                token = link.rpartition("/")[2]
                key, click = token_key(room), following.Evidence("192.0.2.8", "confirm-1")
                with writing(room.engine) as connection:
                    following.confirm(connection, key, token, click, room.clock())
                welcome = await arrived.get()
            stop.set()
            await asyncio.wait_for(job, PATIENCE)
    assert link.startswith(f"{config.web.url}/confirm/")
    assert "/preferences/" in read(welcome.message).text
    assert (mail.recipient, welcome.recipient) == ("anna.andersson@example.net",) * 2
    assert "andersson" not in caplog.text
    assert token not in caplog.text


async def test_what_is_over_is_forgotten_by_itself(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pressroom")
    config = loaded(file, {})
    with open_pressroom(config, starting_at(NOW)) as room:
        sign_up(room, "nobody@example.net")
    stop = asyncio.Event()
    with open_pressroom(config, starting_at(NOW + timedelta(days=8))) as room:
        job = asyncio.create_task(keep_tidy(room, stop))
        async with asyncio.timeout(PATIENCE):
            while not any(record.getMessage() == "tidied" for record in caplog.records):
                await asyncio.sleep(0.05)
        stop.set()
        await job
        with reading(room.engine) as connection:
            assert signups.counts(connection) == {}
    for trace in (config.folder / "data").iterdir():
        assert b"nobody@example.net" not in trace.read_bytes(), trace.name


async def test_a_flood_is_a_line_a_minute_that_names_nobody(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "pressroom")
    monkeypatch.setattr(postroom, "COUNT_EVERY", 0.05)
    tallies, stop = Tallies(), asyncio.Event()
    job = asyncio.create_task(count_signups(tallies, stop))
    tallies.signups.update({"letter": 2, "network": 900})
    await asyncio.sleep(0.2)
    tallies.signups["letter"] += 1
    stop.set()
    await job
    lines = [record.__dict__["fields"] for record in caplog.records if record.getMessage() == "sign-ups"]
    assert lines == [{"letter": 2, "network": 900}, {"letter": 1}]


def test_letters_are_written_in_the_name_of_the_configuration(file: Path) -> None:
    config = loaded(file, {})
    head = letterhead(config)
    assert (head.name, head.base_url) == (config.organisation.name, config.web.url)
    assert list(head.newsletters) == list(config.newsletters)
