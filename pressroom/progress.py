"""How far the work is: a bar on a terminal, and only for what takes over a second.

It writes to stderr, so that a result on stdout can be piped while the bar is looked at.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

PATIENCE = 1.0
"""Seconds of work before anything is shown."""

Step = Callable[[int], None]
Entry = TypeVar("Entry")


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Step]:
    """Show the work's progress; the function that is given moves it on."""
    counting = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) if total else ()
    shown = TextColumn("{task.description}")
    bar = Progress(SpinnerColumn(), shown, *counting, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=total)
    start = threading.Timer(PATIENCE, bar.start)
    start.daemon = True
    if sys.stderr.isatty():
        start.start()
    try:
        yield lambda count: bar.update(task, advance=count)
    finally:
        start.cancel()
        if bar.live.is_started:
            bar.stop()


def counted(entries: Iterable[Entry], step: Step) -> Iterator[Entry]:
    """Pass entries on, moving the bar by one for each."""
    for entry in entries:
        yield entry
        step(1)
