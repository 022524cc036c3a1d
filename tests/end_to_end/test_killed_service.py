"""The service killed with -9 again and again while it builds, sends, and takes sign-ups, all at once.

Editors write, two newsletters come due a minute apart, and people sign up and confirm by their mails, while
the service is killed at moments drawn from a seed and started again. At the end nothing is lost, nothing was
done twice but for what was on the wire, and the schedule has gone on.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from threading import Event, Thread
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from feeds.staging import TEMPORARY
from pressroom.bootstrap import open_pressroom
from pressroom.config import load
from pressroom.sink import Received
from pressroom.sink_session import Answer
from storage.engine import reading
from storage.schema import deliveries, issues, slots, subscriptions
from tests.end_to_end.commands import mail_server, pressroom
from tests.end_to_end.services import PATIENCE, form_of, set_up, started, until
from tests.pressroom.newsrooms import write_item

READERS, PEOPLE, KILLS = 80, 60, 5
ON_THE_WIRE = 4  # two connections for issues, and two for letters
TWO_MINUTES = 120.0
URLENCODED = "application/x-www-form-urlencoded"


def slow(stage: str, _recipient: str) -> Answer | None:
    """Keep mails on the wire, so that some are whenever the service is killed."""
    return Answer(delay=0.05) if stage in {"rcpt", "end"} else None


def asked(port: int, method: str, path: str, form: dict[str, str] | None = None, client: str = "") -> str:
    """Ask until there is an answer, over the kills; it must be a good one."""
    headers = {"X-Forwarded-For": client} | ({"Content-Type": URLENCODED} if form else {})
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(method, path, urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        except OSError:
            time.sleep(0.1)
            continue
        finally:
            connection.close()
        if answer.status != 503:
            assert answer.status == 200, body
            return body


class Person:
    """Signs up, waits for the letter, and presses the button in it."""

    def __init__(self, port: int, number: int, mails: list[Received]) -> None:
        self.address = f"person{number}@example.org"
        self._port, self._mails, self._client = port, mails, f"203.0.113.{number}"
        self._comes_after = number * 40 / PEOPLE  # seconds: as long as it goes on

    def follow(self, form: dict[str, str]) -> None:
        time.sleep(self._comes_after)
        asked(self._port, "POST", "/subscribe", form | {"address": self.address}, self._client)
        until(lambda: bool(self.letters()))
        path = re.findall(rb"/confirm/[\w-]+", self.letters()[0].message.replace(b"=\r\n", b""))[0]
        asked(self._port, "POST", path.decode(), {"x": "y"}, self._client)

    def letters(self) -> list[Received]:
        return [mail for mail in list(self._mails) if mail.recipient == self.address]


def stamped(port: int) -> dict[str, str]:
    page = asked(port, "GET", "/subscribe")
    return form_of(page) | {"newsletter": "weekly"}


@contextmanager
def editing(folder: Path) -> Iterator[list[str]]:
    """Write items and write them anew, all the time; give the names of those there are."""
    stop, names = Event(), ["first"]

    def edit() -> None:
        number = 0
        while not stop.wait(0.4):
            number += 1
            hour = datetime.now().astimezone() - timedelta(hours=1)
            name = f"item-{number // 4}"
            write_item(folder, name, f"{name} of round {number}", date=hour.isoformat(timespec="seconds"))
            if name not in names:
                names.append(name)

    thread = Thread(target=edit)
    thread.start()
    try:
        yield names
    finally:
        stop.set()
        thread.join()


def killed_again_and_again(config: Path, port: int) -> None:
    chance = Random(11)  # noqa: S311 - for moments, not for secrets
    for _ in range(KILLS):
        with started(config, port) as process:
            time.sleep(chance.uniform(2, 14))
            process.kill()
            process.wait()


def test_a_service_that_is_killed_again_and_again_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    with mail_server(slow) as (url, mails):
        port, config = set_up(tmp_path, url)
        write_two_newsletters(config)
        (tmp_path / "readers.csv").write_text("address\n" + "".join(f"{r}\n" for r in readers()), "ascii")
        words = ("import", tmp_path / "readers.csv", "--newsletter", "weekly", "--newsletter", "second")
        assert pressroom("subscribers", *words, config=config).returncode == 0
        people = [Person(port, number, mails) for number in range(1, PEOPLE + 1)]
        with editing(tmp_path) as names, ThreadPoolExecutor(PEOPLE) as crowd:
            with started(config, port):
                form = stamped(port)
                time.sleep(3)
            following = [crowd.submit(person.follow, form) for person in people]
            killed_again_and_again(config, port)
            with started(config, port):
                for each in following:
                    each.result(timeout=120)
                until(lambda: is_done(config), TWO_MINUTES)
        with started(config, port):
            last = f"{names[-1]} of round"
            until(lambda: last in asked(port, "GET", "/feeds/all/atom.xml"))
        nothing_is_lost(config, mails, people)
        nothing_is_half_done(tmp_path)


def write_two_newsletters(file: Path) -> None:
    """Let one come due soon, and another one a minute later; none may come more than once an hour."""
    config = file.read_text("utf-8")
    first = datetime.now(ZoneInfo("Europe/Stockholm")) + timedelta(seconds=70)
    minutes = first.minute, (first.minute + 1) % 60
    schedules = [f'schedule: "{minute} * * * *"' for minute in minutes]
    weekly = config.index("  weekly:")
    second = config[weekly : config.index("smtp:")].replace("weekly", "second").replace("The week", "Again")
    config = config.replace("smtp:\n", f"{second}smtp:\n", 1)
    for schedule in schedules:
        config = config.replace("schedule: fri 07:00", schedule, 1)
    file.write_text(config, "utf-8")


def readers() -> list[str]:
    return [f"reader{number}@example.org" for number in range(READERS)]


@contextmanager
def ledger(config: Path) -> Iterator[Connection]:
    with open_pressroom(load(config, {})) as room, reading(room.engine) as connection:
        yield connection


def is_done(config: Path) -> bool:
    """Tell whether both newsletters have gone out."""
    with ledger(config) as connection:
        states = set(connection.scalars(select(deliveries.c.state)))
        made = connection.scalar(select(func.count()).select_from(issues))
    return made == 2 and states == {"sent"}


def nothing_is_lost(config: Path, mails: list[Received], people: list[Person]) -> None:
    with ledger(config) as connection:
        decided = connection.execute(select(slots.c.newsletter, slots.c.outcome)).all()
        number = connection.scalar(select(func.count()).select_from(deliveries))
        active = Counter(connection.scalars(select(subscriptions.c.newsletter)))
    assert sorted(decided) == [("second", "issue"), ("weekly", "issue")]
    assert active == {"weekly": READERS + PEOPLE, "second": READERS}
    digests, letters = told_apart(mails)
    assert len({mail["Message-ID"] for mail in digests}) == number, "everybody got each issue"
    kinds = Counter(mail["To"] for mail in {mail["Message-ID"]: mail for mail in letters}.values())
    assert kinds == {person.address: 2 for person in people}, "a letter that asks, and a welcome"
    assert len(mails) - number - 2 * PEOPLE <= KILLS * ON_THE_WIRE, "what was on the wire came twice"


def told_apart(mails: list[Received]) -> tuple[list[EmailMessage], list[EmailMessage]]:
    """Give the digests and the letters."""
    read = [message_from_bytes(mail.message, policy=policy.default) for mail in mails]
    digests = [mail for mail in read if "/unsubscribe/" in str(mail["List-Unsubscribe"])]
    return digests, [mail for mail in read if mail not in digests]


def nothing_is_half_done(folder: Path) -> None:
    assert not list((folder / "public").rglob(f"{TEMPORARY}*"))
    log = (folder / "service.log").read_text("utf-8")
    assert "Traceback" not in log
    assert "@example.org" not in log
