"""What this process is among others: its name, whether another one is gone, and chance.

A delivery is leased by a process under its name. When a process of this machine is known to be gone,
what it had leased is taken back at once; of any other machine, or another container, nothing is
known, and the lease has to run out.
"""

import os
import platform
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
CONTAINER = Path("/proc/self/ns/pid")


def own_name() -> str:
    """Name this process so that no other one, here or elsewhere, now or later, has the same name."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


def gone(name: str) -> bool:
    """Say of a process by its name whether it is surely no more."""
    machine, _, rest = name.partition("/")
    pid, _, started = rest.partition("/")
    if machine != _machine() or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


def chance() -> float:
    """Give a number between 0 and 1, any of them as likely as another."""
    return int.from_bytes(os.urandom(8)) / (1 << 64)


def new_key() -> bytes:
    """Give a key that nobody can guess."""
    return os.urandom(32)


def _machine() -> str:
    """Name the machine and, on Linux, its boot and container: process numbers mean nothing beyond them."""
    parts = [platform.node()]
    for source in (BOOT, CONTAINER):
        try:
            parts.append(source.read_text().strip() if source == BOOT else str(source.readlink()))
        except OSError:
            continue
    return "+".join(part.replace("/", "-") for part in parts)


def _started(pid: int) -> str:
    """Give when a process was started, as the kernel counts it; "gone" when there is none of that number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return _alive(pid)
    # The name of the program may hold anything, so what counts comes after the last bracket (proc(5)).
    return stat.rpartition(")")[2].split()[19]


def _alive(pid: int) -> str:
    """Ask the system where there is no /proc; a process number that is used again is taken for the same."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        return "alive"
    return "alive"
