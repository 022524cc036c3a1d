"""Work in a process of its own: its value and its errors come back, and its end is not ours."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from content.errors import SourceMissing
from pressroom import logbook
from pressroom.apart import Apart, Failed, Mistake
from tests.end_to_end.services import until

EXPECTED = (SourceMissing,)


def double(number: int) -> tuple[int, int]:
    return 2 * number, os.getpid()


def miss() -> None:
    folder = "content"
    raise SourceMissing(folder, "is not mounted")


def mistake() -> None:
    raise ZeroDivisionError


def chatter() -> str:
    print("what libraries say")  # noqa: T201
    return "said"


def linger(mark: str) -> None:
    Path(mark).write_text(str(os.getpid()), "ascii")
    time.sleep(1)


def gone(process: int) -> bool:
    """Tell whether a process has ended, waited for by init or not."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def fall() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def test_work_is_done_elsewhere_each_time_in_another_process() -> None:
    apart = Apart(EXPECTED)
    (four, first), (six, second) = await apart.run(double, 2), await apart.run(double, 3)
    assert (four, six) == (4, 6)
    assert len({first, second, os.getpid()}) == 3


async def test_what_is_expected_comes_back_as_its_message_and_a_mistake_as_its_traceback() -> None:
    apart = Apart(EXPECTED)
    with pytest.raises(Failed, match="is not mounted"):
        await apart.run(miss)
    with pytest.raises(Mistake, match=r"ZeroDivisionError\n(.*\n)+.*in mistake\n") as caught:
        await apart.run(mistake)
    assert "in mistake" in logbook.trace(caught.value), "or the log would not tell where it was"


async def test_what_is_printed_there_does_not_get_between() -> None:
    assert await Apart(EXPECTED).run(chatter) == "said"


ALONE = """
import asyncio
from pressroom import logbook
from pressroom.apart import Apart
from tests.pressroom.test_apart import linger
asyncio.run(Apart(()).run(linger, sys.argv[1]))
"""


def test_a_process_whose_starter_is_killed_ends_with_its_function(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    starter = subprocess.Popen([sys.executable, "-c", f"import sys\n{ALONE}", str(mark)])
    until(lambda: mark.exists() and bool(mark.read_text("ascii")))
    starter.kill()
    starter.wait()
    number = int(mark.read_text("ascii"))
    until(lambda: gone(number))


async def test_a_process_that_is_killed_is_told_of_and_the_next_one_works() -> None:
    apart = Apart(EXPECTED)
    with pytest.raises(Failed, match="ended from outside"):
        await apart.run(fall)
    assert (await apart.run(double, 1))[0] == 2
