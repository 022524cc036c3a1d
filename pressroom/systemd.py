"""What systemd is told of the service, when it is systemd that runs it (`Type=notify`, `WatchdogSec=`).

That it is ready: `systemctl start` comes back when we listen, and says so when we could not. Then again and
again that the event loop turns: when that fails to come, systemd starts the service anew, although the
process is still there. Without NOTIFY_SOCKET in the environment nothing is said. See sd_notify(3).
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

READY = "READY=1"
ALIVE = "WATCHDOG=1"


@asynccontextmanager
async def watched(environ: Mapping[str, str]) -> AsyncIterator[None]:
    """Give signs of life for the length of the block, to whoever waits for them."""
    beating = asyncio.create_task(_beat(environ), name="watchdog")
    try:
        yield
    finally:
        beating.cancel()


def tell(environ: Mapping[str, str], message: str) -> None:
    """Send a message to whoever started us; the service goes on if it does not arrive."""
    place = environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    address = f"\0{place[1:]}" if place.startswith("@") else place
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(message.encode("ascii"), address)
    except OSError as error:
        logging.getLogger("pressroom").warning("systemd was not told %s: %s", message, error)


def pulse(environ: Mapping[str, str], pid: int) -> float:
    """Give the seconds between two signs of life; 0 when nobody waits for any from this process."""
    wanted = environ.get("WATCHDOG_USEC", "")
    if not wanted.isdecimal() or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return 0.0
    return int(wanted) / 1_000_000 / 3


async def _beat(environ: Mapping[str, str]) -> None:
    seconds = pulse(environ, os.getpid())
    while seconds:
        tell(environ, ALIVE)
        await asyncio.sleep(seconds)
