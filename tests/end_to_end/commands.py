"""The real command in a process of its own, and a mail server beside it."""

import asyncio
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pressroom.sink import Received, Sink
from pressroom.sink_session import Script

PRESSROOM = [sys.executable, "-m", "pressroom"]
ROOT = Path(__file__).parent.parent.parent


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give what a user's shell would: nothing of ours but what the test is about."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRESSROOM")}
    del_bytecode = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return {**kept, **del_bytecode, "LC_ALL": "C.UTF-8", **(more or {})}


def pressroom(
    *words: str | Path,
    config: Path | None = None,
    env: Mapping[str, str] | None = None,
    largest_file: int = 0,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `largest_file` is how many bytes a file may have, as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    chosen = ["--config", str(config)] if config else []
    command = [*PRESSROOM, *chosen, *map(str, words)]
    return subprocess.run(
        command,
        env=environment(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit if largest_file else None,
    )


@contextmanager
def mail_server(script: Script | None = None, port: int = 0) -> Iterator[tuple[str, list[Received]]]:
    """Run a sink in a thread; give its address and the mails that it took."""
    received: list[Received] = []
    sink = Sink(received.append, script) if script else Sink(received.append)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with sink.listening(port):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield sink.url, received
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
