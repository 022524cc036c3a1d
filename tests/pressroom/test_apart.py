"""Work in a process of its own: its value and its errors come back, and its end is not ours."""

import os
import signal

import pytest

from content.errors import SourceMissing
from pressroom.apart import Apart, Failed

EXPECTED = (SourceMissing,)


def double(number: int) -> tuple[int, int]:
    return 2 * number, os.getpid()


def miss() -> None:
    folder = "content"
    raise SourceMissing(folder, "is not mounted")


def mistake() -> None:
    raise ZeroDivisionError


def fall() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def test_work_is_done_elsewhere_each_time_in_another_process() -> None:
    apart = Apart(EXPECTED)
    (four, first), (six, second) = await apart.run(double, 2), await apart.run(double, 3)
    assert (four, six) == (4, 6)
    assert len({first, second, os.getpid()}) == 3


async def test_what_is_expected_comes_back_as_its_message_and_a_mistake_as_itself() -> None:
    apart = Apart(EXPECTED)
    with pytest.raises(Failed, match="is not mounted"):
        await apart.run(miss)
    with pytest.raises(ZeroDivisionError):
        await apart.run(mistake)


async def test_a_process_that_is_killed_is_told_of_and_the_next_one_works() -> None:
    apart = Apart(EXPECTED)
    with pytest.raises(Failed, match="ended from outside"):
        await apart.run(fall)
    assert (await apart.run(double, 1))[0] == 2
