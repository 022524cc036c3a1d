"""What systemd hears of the service: that it is ready, and that it lives; nothing when nobody listens."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pressroom import systemd
from tests.end_to_end.commands import PRESSROOM, environment, pressroom
from tests.end_to_end.services import PATIENCE, free_port, status
from tests.pressroom.newsrooms import CONFIG, a_newsroom

SECOND = "1000000"


@contextmanager
def listener(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(address)
        line.settimeout(PATIENCE)
        yield line


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_a_message_arrives_at_either_kind_of_socket(kind: str, tmp_path: Path) -> None:
    name = f"pressroom-{os.getpid()}"
    bound, told = (str(tmp_path / name),) * 2 if kind == "file" else (f"\0{name}", f"@{name}")
    with listener(bound) as line:
        systemd.tell({"NOTIFY_SOCKET": told}, systemd.READY)
        assert line.recv(100) == b"READY=1"


def test_a_socket_that_nobody_reads_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    systemd.tell({}, systemd.READY)
    assert caplog.messages == []
    systemd.tell({"NOTIFY_SOCKET": str(tmp_path / "gone")}, systemd.READY)
    assert "systemd was not told READY=1" in caplog.text


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
        ({"WATCHDOG_USEC": "60000000"}, 20),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"}, 20),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"}, 0),
    ],
)
def test_signs_of_life_come_three_times_as_often_as_they_are_waited_for(
    environ: dict[str, str], seconds: float
) -> None:
    assert systemd.pulse(environ, 7) == seconds


async def test_a_loop_that_stands_still_gives_no_sign_of_life(tmp_path: Path) -> None:
    with listener(str(tmp_path / "notify")) as line:
        line.settimeout(0)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        async with systemd.watched(environ):
            await asyncio.sleep(0.05)
            assert line.recv(100) == b"WATCHDOG=1"
            time.sleep(0.3)  # what is in the way of the loop
            with pytest.raises(BlockingIOError):
                line.recv(100)


def test_the_service_says_that_it_is_ready_when_it_listens(tmp_path: Path) -> None:
    port = free_port()
    file = a_newsroom(tmp_path / "room", CONFIG + f"  listen: 127.0.0.1:{port}\n")
    with listener(str(tmp_path / "notify")) as line:
        told = environment({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": SECOND})
        command = [*PRESSROOM, "--config", str(file), "run"]
        process = subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL)
        try:
            while line.recv(100) != b"READY=1":
                continue
            assert status(port, "/healthz") in {200, 503}, "who is told may ask at once"
            assert [line.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


def test_a_service_that_cannot_listen_never_says_that_it_is_ready(tmp_path: Path) -> None:
    with listener(str(tmp_path / "notify")) as line, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = a_newsroom(tmp_path / "room", CONFIG + f"  listen: 127.0.0.1:{port}\n")
        done = pressroom("run", config=file, env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        line.settimeout(0)
        assert (done.returncode, "cannot listen" in done.stderr) == (1, True)
        with pytest.raises(BlockingIOError):
            line.recv(100)
