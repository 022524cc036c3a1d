"""Runs a function in a process of its own, that ends with it.

For the heavy rounds of the service: Python lets one thread of a process compute at a time, so a build beside
the web server would make every reader wait, and would keep the memory that it needed. Each process starts
from nothing and loads the program, for about a second; a server of forks that has it loaded already would
save that, and hold 80 MB for it all day.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from pressroom.errors import PressroomError

P = ParamSpec("P")
T = TypeVar("T")


class Failed(PressroomError):
    """What was done apart failed in a way that a person can mend; the message is that of the cause."""


class Apart:
    """`expected` are the errors to be passed on by their message; any other is a mistake of the program."""

    def __init__(self, expected: tuple[type[Exception], ...]) -> None:
        self._expected = expected
        self._context = multiprocessing.get_context("spawn")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Give what the function gives there; raise Failed for what it expects to go wrong."""
        pool = ProcessPoolExecutor(1, self._context, initializer=_alone)
        try:
            running = pool.submit(_caught, self._expected, function, args, kwargs)
            given, message = await asyncio.wrap_future(running)
        except BrokenProcessPool as error:
            message = "the process that builds was ended from outside, perhaps for want of memory"
            raise Failed(message) from error
        finally:
            pool.shutdown(wait=False)
        if message is not None:
            raise Failed(message)
        return given  # type: ignore[return-value]


def _alone() -> None:
    """Leave it to the service when to stop: Ctrl-C is sent to every process of a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _caught(
    expected: tuple[type[Exception], ...],
    function: Callable[..., T],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> tuple[T | None, str | None]:
    """Call, and turn what is expected into its message: not every error can cross over."""
    try:
        return function(*args, **kwargs), None
    except expected as error:
        return None, str(error)
