"""The port that deliveries leave by: whoever can hand one mail to a server and say what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from newsletter.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Envelope:
    """`message` is final: CRLF line ends, as it shall arrive."""

    sender: str
    recipient: str
    message: bytes


class Courier(Protocol):
    """One way out, used by one worker at a time."""

    async def ready(self) -> None:
        """Have a connection; raise NoConnection. Nothing about any recipient goes over the wire."""

    async def deliver(self, envelope: Envelope) -> Outcome:
        """Hand over one mail; every way it can end is an outcome."""

    async def close(self) -> None:
        """Let the connection go; never raises."""


CourierFactory = Callable[[], Courier]
