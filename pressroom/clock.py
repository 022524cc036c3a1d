"""What time it is: the only place of the program that asks the machine.

Everything else is given `now`, or a `Clock` when it lives long enough for the time to pass.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system() -> datetime:
    """Give the machine's time."""
    return datetime.now(UTC)


def starting_at(start: datetime) -> Clock:
    """Give a clock that shows `start` now and runs on from there."""
    ahead: timedelta = start - system()

    def now() -> datetime:
        return system() + ahead

    return now
