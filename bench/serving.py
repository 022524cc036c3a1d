"""Asks the running service for a feed of 100 KB, beside nginx with the same bytes, in one run, in turn.

    .venv/bin/python bench/serving.py                     three rounds of five seconds each
    .venv/bin/python bench/serving.py --rounds 5 --seconds 10

It needs wrk and nginx (Debian: apt-get install wrk nginx-light; the system's nginx is not touched, one of our
own is started and stopped). Prints Markdown tables (see README.md): 200 and 304, then the same 200 while
the service builds, and while it sends.
"""

import argparse
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median

import material
from build import ROOT, configuration

FEED = "/feeds/all/atom.xml"
ITEMS = 1_000
SHOWN = 16  # make a feed of 100 KB
READERS = 100_000
CONNECTIONS = 32
PATIENCE = 120.0
NGINX = """\
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; etag on; keepalive_requests 100000000;
  types {{ application/atom+xml xml; }}
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


# As deploy/ has it.
MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
SINK = """\
import asyncio, sys
from pressroom.sink import Sink
async def main():
    async with Sink().listening(int(sys.argv[1])):
        await asyncio.Event().wait()
asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of wrk: requests a second, the slowest of a hundred in milliseconds, what went wrong."""

    rate: float
    p99: float
    errors: int


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def wrk(port: int, seconds: int, tag: str = "") -> Run:
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        f"http://127.0.0.1:{port}{FEED}",
    ]
    said = subprocess.run(
        [*command, *(["-H", f"If-None-Match: {tag}"] if tag else [])],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", said))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", said)))
    errors += int(_found(r"Non-2xx or 3xx responses: (\d+)", said, "0"))
    return Run(rate, float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit], errors)


def _found(pattern: str, text: str, otherwise: str = "") -> str:
    match = re.search(pattern, text)
    return match[1] if match else otherwise


def head(port: int, tag: str = "") -> tuple[int, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", FEED, headers={"If-None-Match": tag} if tag else {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("gave up waiting")


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | MEMORY
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def memory(process: int) -> float:
    """Give the resident memory in MB, now."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(_found(r"VmRSS:\s+(\d+)", status)) / 1024


def table(ports: dict[str, int], seconds: int, rounds: int) -> str:
    """Ask both in turn."""
    tags = {name: head(port)[1]["etag"] for name, port in ports.items()}
    for name, port in ports.items():
        if head(port, tags[name])[0] != 304:  # noqa: PLR2004
            sys.exit(f"{name} does not answer 304")
    found: dict[tuple[str, int], list[Run]] = {}
    for _ in range(rounds):
        for name, port in ports.items():
            found.setdefault((name, 200), []).append(wrk(port, seconds))
            found.setdefault((name, 304), []).append(wrk(port, seconds, tags[name]))
    middle = {key: _median(runs) for key, runs in found.items()}
    rows = [
        "| server | 200/s | of nginx | p99 ms | 304/s | of nginx | p99 ms |",
        "|:--|--:|--:|--:|--:|--:|--:|",
    ]
    for name in ports:
        whole, unchanged = middle[name, 200], middle[name, 304]
        rows.append(
            f"| {name} | {whole.rate:,.0f} | {whole.rate / middle['nginx', 200].rate:.2f} | {whole.p99:.1f} "
            f"| {unchanged.rate:,.0f} | {unchanged.rate / middle['nginx', 304].rate:.2f} "
            f"| {unchanged.p99:.1f} |"
        )
    return "\n".join(rows)


def _median(runs: list[Run]) -> Run:
    return Run(median(r.rate for r in runs), median(r.p99 for r in runs), sum(r.errors for r in runs))


def beside(port: int, seconds: int, rounds: int, going_on: Callable[[], AbstractContextManager[None]]) -> str:
    """Ask in turn while nothing else goes on and while something does; give the columns of a row."""
    quiet, disturbed = [], []
    for _ in range(rounds):
        quiet.append(wrk(port, seconds))
        with going_on():
            disturbed.append(wrk(port, seconds))
    before, then = _median(quiet), _median(disturbed)
    errors = before.errors + then.errors
    rates = f"{before.rate:,.0f} | {then.rate:,.0f} | {before.p99:.1f} | {then.p99:.1f}"
    return f"{rates} | {then.p99 / before.p99:.2f} | {errors}"


@contextmanager
def editing(item: Path, numbers: Iterator[int]) -> Iterator[None]:
    """Change an item every second."""
    text, stop = item.read_text("utf-8"), threading.Event()

    def edit() -> None:
        while not stop.wait(1.0):
            item.write_text(f"{text}\nOnce more, {next(numbers)}.\n", "utf-8")

    thread = threading.Thread(target=edit)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def sending(folder: Path) -> Iterator[None]:
    """Let the issue go out for a while."""
    _pressroom(folder, "issues", "resume", "weekly", "1")
    before = _sent(folder)
    until(lambda: _sent(folder) > before)
    try:
        yield
    finally:
        _pressroom(folder, "issues", "pause", "weekly", "1")


def an_issue(folder: Path) -> None:
    """Make an issue that goes to many, and hold it."""
    rows = "".join(f"reader{number}@example.org\n" for number in range(READERS))
    (folder / "readers.csv").write_text(f"address\n{rows}", "ascii")
    _pressroom(folder, "subscribers", "import", "readers.csv", "--newsletter", "weekly")
    _pressroom(folder, "send", "weekly", "--now")
    _pressroom(folder, "issues", "approve", "weekly", "1")
    _pressroom(folder, "issues", "pause", "weekly", "1")


def set_up(work: Path, port: int, smtp: int) -> Path:
    """Write the newsroom; give its folder."""
    shutil.rmtree(work, ignore_errors=True)
    folder = work / "pressroom"
    folder.mkdir(parents=True)
    material.write(work / "items", ITEMS)
    newsletter = (
        "newsletters: {weekly: {title: Weekly, schedule: 'fri 07:00', from: news@example.org, "
        "lookback: 50w, approval: required}}\n"
        f"smtp: {{url: 'smtp://127.0.0.1:{smtp}', connections: 4}}\n"
    )
    config = configuration(work / "items").replace(
        "web: {url: https://news.example.org}",
        f"web: {{url: https://news.example.org, listen: '127.0.0.1:{port}'}}",
    )
    config = config.replace("items: 30", f"items: {SHOWN}")
    (folder / "config.yaml").write_text(config + newsletter, "utf-8")
    return folder


@contextmanager
def peer(work: Path, port: int, content: Path) -> Iterator[None]:
    folder = work / "nginx"
    (folder / "www/feeds/all").mkdir(parents=True)
    shutil.copy(content, folder / "www" / FEED.lstrip("/"))
    for each in (work, folder, *(folder / "www").rglob("*")):
        each.chmod(0o755)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port), "ascii")
    with running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], folder):
        until(lambda: head(port)[0] == 200)  # noqa: PLR2004
        yield


def _sent(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder}/data/pressroom.db?mode=ro", uri=True)) as ledger:
        (count,) = ledger.execute("SELECT count(*) FROM deliveries WHERE state = 'sent'").fetchone()
    return int(count)


def _pressroom(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pressroom", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"pressroom {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "bench" / "work" / "http")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    work = arguments.work.resolve()
    ports = {"nginx": free_port(), "Pressroom": free_port()}
    smtp = free_port()
    folder = set_up(work, ports["Pressroom"], smtp)
    log = folder / "log"
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    sink = running([sys.executable, "-c", SINK, str(smtp)], work)
    with sink, running([sys.executable, "-m", "pressroom", "run", "--log-format", "json"], folder) as service:
        until(lambda: 'event": "built' in log.read_text("utf-8") and head(ports["Pressroom"])[0] == 200)  # noqa: PLR2004
        feed = folder / "public" / FEED.lstrip("/")
        print(
            f"{feed.stat().st_size:,} bytes of Atom; {ITEMS:,} items; {os.cpu_count()} cores; load {load}\n"
        )
        started = memory(service.pid)
        with peer(work, ports["nginx"], feed):
            print(table(ports, arguments.seconds, arguments.rounds), end="\n\n")
        print(f"Memory: {started:.0f} MB before, {memory(service.pid):.0f} MB after.\n")
        print("| 200, beside | quiet/s | then/s | quiet p99 ms | then p99 ms | of quiet | errors |")
        print("|:--|--:|--:|--:|--:|--:|--:|")
        port, how = ports["Pressroom"], (arguments.seconds * 2, arguments.rounds)
        item = work / "items" / material.CATEGORIES[0] / "item-000000.md"
        before, numbers = _built(log), count()
        columns = beside(port, *how, lambda: editing(item, numbers))
        print(f"| {_built(log) - before} builds | {columns} |")
        an_issue(folder)
        sent = _sent(folder)
        columns = beside(port, *how, lambda: sending(folder))
        print(f"| {_sent(folder) - sent:,} mails | {columns} |")
        print(f"\nMemory at the end: {memory(service.pid):.0f} MB.")


def _built(log: Path) -> int:
    return sum(json.loads(line).get("event") == "built" for line in log.read_text("utf-8").splitlines())


if __name__ == "__main__":
    main()
