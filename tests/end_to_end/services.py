"""The real service on a free port, with a mail server beside it, as a browser and a mail program meet it."""

import http.client
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pressroom.sink import Received
from tests.end_to_end.commands import PRESSROOM, environment, mail_server, pressroom
from tests.pressroom.newsrooms import CONFIG, a_newsroom, write_item

PATIENCE = 30.0


@dataclass(slots=True)
class Running:
    """A newsroom whose service runs; `mails` grows as they arrive."""

    base: str
    config: Path
    mails: list[Received]
    process: subprocess.Popen[bytes]
    read: int = 0
    _minutes: int = 0

    def mail(self) -> EmailMessage:
        """Wait for the next mail, and read it."""
        until(lambda: len(self.mails) > self.read)
        found = BytesParser(policy=policy.SMTP).parsebytes(self.mails[self.read].message)
        self.read += 1
        assert isinstance(found, EmailMessage)
        return found

    def memory(self) -> float:
        """Give the service's resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024

    def wait_for(self, path: str) -> None:
        """Wait until a page is there: what another process has published is taken up in a second or two."""
        until(lambda: status(int(self.base.rpartition(":")[2]), path) == 200)

    def publish(self, name: str, category: str) -> None:
        """Write an item of this hour."""
        hour = datetime.now().astimezone() - timedelta(hours=1)
        write_item(
            self.config.parent,
            name,
            f"About {name}",
            date=hour.isoformat(timespec="seconds"),
            category=category,
        )

    def send(self, mails: int) -> None:
        """Send an issue by hand; so many mails come of it, or none because nobody wants it."""
        self._minutes += 1  # a slot is named by its minute, and a slot has one issue
        at = datetime.now(ZoneInfo("Europe/Stockholm")) + timedelta(minutes=self._minutes)
        words = ("send", "weekly", "--now", "--at", at.strftime("%Y-%m-%dT%H:%M"))
        before = len(self.mails)
        done = pressroom(*words, config=self.config)
        assert done.returncode == 0, done.stderr
        assert ("nobody" in done.stdout) == (mails == 0), done.stdout
        until(lambda: len(self.mails) >= before + mails)
        assert len(self.mails) == before + mails

    def one_click(self, mail: EmailMessage) -> int:
        """Do what a mail program does when its reader presses its button for leaving; give the status."""
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        place = urlsplit(re.findall("<(http[^>]+)>", mail["List-Unsubscribe"])[0])
        connection = http.client.HTTPConnection(place.netloc, timeout=PATIENCE)
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
        connection.request("POST", place.path, body, {"Content-Type": "multipart/form-data; boundary=b"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.getheader("Set-Cookie") is None
        return answer.status


def link(mail: EmailMessage, purpose: str) -> str:
    """Give the link of a mail to one of the pages, as it stands in the text."""
    text = mail.get_body(("plain",))
    assert text is not None
    found: list[str] = re.findall(rf"https?://\S+/{purpose}/\S+", text.get_content())
    return found[0]


def form_of(page: str) -> dict[str, str]:
    """Give what a browser would send of a sign-up form with the first subject of each newsletter ticked."""
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    for name, value in re.findall(r'name="(category-\w+)" value="(\w+)"', page):
        form.setdefault(name, value)
    return form


@contextmanager
def service(folder: Path, language: str = "en") -> Iterator[Running]:
    """Run the service on a small newsroom; it must end when it is told to."""
    with mail_server() as (url, mails):
        port, file = set_up(folder, url, language)
        with started(file, port) as process:
            yield Running(f"http://127.0.0.1:{port}", file, mails, process)


def set_up(folder: Path, smtp: str, language: str = "en") -> tuple[int, Path]:
    """Write a newsroom that is served on this machine; give the port and the configuration."""
    port = free_port()
    replaced = {
        "https://news.example.org": f"http://127.0.0.1:{port}",
        "language: en": f"language: {language}",
        "smtp://127.0.0.1:9": smtp,
    }
    config = CONFIG
    for before, after in replaced.items():
        config = config.replace(before, after)
    return port, a_newsroom(folder, f"{config}  listen: 127.0.0.1:{port}\n")


@contextmanager
def started(config: Path, port: int, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service until the end of the block, or until it is killed in it."""
    command = [*PRESSROOM, "--config", str(config), "run", *words]
    with (config.parent / "service.log").open("a") as log:
        process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log)
    try:
        until(lambda: status(port, "/readyz") == status(port, "/") == 200)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


def status(port: int, path: str) -> int:
    """Give the status of an answer; 0 while there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
