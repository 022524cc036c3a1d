"""Runs a function in a process of its own, that ends with it.

For the heavy rounds of the service: Python lets one thread of a process compute at a time, so a build beside
the web server would make every reader wait, and would keep the memory that it needed. Each process starts
from nothing and loads the program, for about a second; a server of forks that has it loaded already would
save that, and hold 80 MB for it all day. What goes in and comes out is pickled and crosses by pipes.

A process that outlives us (we were killed with -9) finishes its function, finds nobody to tell, and ends;
a pool's worker would wait for ever for the next one.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from pressroom import logbook
from pressroom.errors import PressroomError

P = ParamSpec("P")
T = TypeVar("T")

PROGRAM = "from pressroom.apart import main; main()"
DONE, EXPECTED, MISTAKE = "done", "expected", "mistake"


class Failed(PressroomError):
    """What was done apart failed in a way that a person can mend; the message is that of the cause."""


class Mistake(Exception):
    """The function failed by a mistake of the program; `places` tell what and where it was over there."""

    def __init__(self, places: str) -> None:
        super().__init__(places)
        self.places = places


class Apart:
    """`expected` are the errors to be passed on by their message; any other is a mistake of the program."""

    def __init__(self, expected: tuple[type[Exception], ...]) -> None:
        self._expected = expected

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Give what the function gives there; raise Failed for what it expects to go wrong."""
        task = pickle.dumps((self._expected, function, args, kwargs))
        # A session of its own: Ctrl-C goes to every process of a terminal, and when to stop is ours to say.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
        answer, _ = await process.communicate(task)
        if process.returncode:
            raise _ended(process.returncode)
        how, given = pickle.loads(answer)  # noqa: S301 - our own process wrote it
        if how != DONE:
            raise (Failed if how == EXPECTED else Mistake)(given)
        result: T = given
        return result


def _ended(status: int) -> Exception:
    """Say why there is no answer; by a signal it is nobody's mistake."""
    if status < 0:
        return Failed("the process that builds was ended from outside, perhaps for want of memory")
    return Mistake(f"the process that builds ended with status {status}")


def main() -> None:
    """Be the other process: take a task from stdin, and give its answer to stdout."""
    answer = os.dup(1)
    os.dup2(2, 1)  # whatever prints must not get between
    with suppress(EOFError, BrokenPipeError):  # who wanted it is gone
        task = pickle.load(sys.stdin.buffer)  # noqa: S301 - it comes from ourselves
        with os.fdopen(answer, "wb") as pipe:
            pipe.write(pickle.dumps(_called(*task)))


def _called(
    expected: tuple[type[Exception], ...],
    function: Callable[..., Any],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> tuple[str, Any]:
    """Call, and turn an error into its text: not every error can cross over."""
    try:
        return DONE, function(*args, **kwargs)
    except expected as error:
        return EXPECTED, str(error)
    except Exception as error:
        return MISTAKE, logbook.trace(error)
