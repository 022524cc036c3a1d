"""Readers come first: how long whoever sends mails stands back while many are being answered.

Sending shares the processor and Python's lock with the web server. A mail may wait a moment, a reader should
not; so while answers come thick, each sending connection rests before its next mail. A newsroom of the usual
size never gets there, and then nothing rests. Used by `pressroom.service`.
"""

import time
from collections.abc import Callable

WINDOW = 0.1
"""Seconds over which answers are counted."""

MANY = 500.0
"""Answers a second; readers who poll every hour are two millions then."""

REST = 0.04


class Courtesy:
    """`answered` tells how many answers were given so far, from whichever thread."""

    def __init__(self, answered: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._answered = answered
        self._clock = clock
        self._since, self._count = clock(), answered()
        self._rest = 0.0

    def __call__(self) -> float:
        """Give the seconds to rest before the next mail."""
        now = self._clock()
        passed = now - self._since
        if passed >= WINDOW:
            count = self._answered()
            self._rest = REST if (count - self._count) / passed > MANY else 0.0
            self._since, self._count = now, count
        return self._rest
