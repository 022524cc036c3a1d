"""The service killed with -9 while it builds: started again, it serves one whole build, and the right one."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urljoin

import pytest

from feeds.staging import TEMPORARY
from tests.pressroom.newsrooms import CONFIG, a_newsroom, write_item
from tests.pressroom.web.sockets import free_port

ROOT = Path(__file__).parents[2]
ITEMS = 80
KILLS = 3
FEED = "/feeds/all/atom.xml"
PATIENCE = 60.0


@contextmanager
def service(config: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "pressroom", "--config", str(config), "run"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


def got(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def wait_for(port: int, path: str, condition: Callable[[str], object]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError):
            status, body = got(port, path)
            if status == 200 and condition(body):
                return
        time.sleep(0.05)
    pytest.fail(f"{path} did not come to be what was waited for")


def rounds(text: str) -> dict[str, str]:
    return dict(re.findall(r"Item (\d+) of round (\d+)", text))


def of_one_build(port: int) -> bool:
    """Compare the feed with the pages of its items; None can be said when it is replaced meanwhile."""
    before = rounds(got(port, FEED)[1])
    pages = [rounds(got(port, f"/items/item-{number}/")[1]) for number in before]
    after = rounds(got(port, FEED)[1])
    if before != after:
        return True
    return all(page.items() <= before.items() for page in pages) and len(before) == ITEMS


def links(port: int, page: str) -> set[str]:
    """Give the addresses of ours that a page links to."""
    _, body = got(port, page)
    found = {urljoin(page, href) for href in re.findall(r'(?:href|src)="([^":#?]+)[#?"]', body)}
    return {href for href in found if not href.startswith("//")}


def test_a_service_killed_during_builds_serves_one_whole_build_after_it(tmp_path: Path) -> None:
    port, chance = free_port(), Random(7)  # noqa: S311 - for moments, not for secrets
    web = f"web:\n  listen: 127.0.0.1:{port}"
    config = a_newsroom(
        tmp_path, CONFIG.replace("web:", web).replace("output: public/", "output: public/\n  items: 500")
    )
    log = tmp_path / "log"
    for number in range(ITEMS):
        write_item(tmp_path, f"item-{number}", f"Item {number} of round 0")
    with service(config, log):
        wait_for(port, FEED, rounds)
    for kill in range(1, KILLS + 1):
        with service(config, log) as process:
            wait_for(port, "/readyz", bool)
            assert of_one_build(port)
            for number in range(ITEMS):
                write_item(tmp_path, f"item-{number}", f"Item {number} of round {kill}")
            time.sleep(chance.uniform(0.6, 2.2))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with service(config, log):
        wait_for(port, FEED, lambda body: set(rounds(body).values()) == {str(KILLS)})
        assert of_one_build(port)
        for href in links(port, "/") | links(port, "/items/"):
            assert got(port, href)[0] == 200, href
    assert not list((tmp_path / "public").rglob(f"{TEMPORARY}*"))
    assert "Traceback" not in log.read_text("utf-8")
