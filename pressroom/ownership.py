"""Names for sending processes, by which another one on the same machine can see that they are gone.

Deliveries are claimed under such a name. Without this, what a killed process had claimed would wait for
its lease to run out; with it, the next run takes it over at once. A process elsewhere, in another
container for instance, is never judged: its lease counts.
"""

import hashlib
import os
import re
from pathlib import Path

NONCE = 4
_NAME = re.compile(r"(?P<machine>[0-9a-f]{12})-(?P<pid>\d+)-(?P<born>\d*)-[0-9a-f]+")


def owner_name() -> str:
    """Make a name for this process, another one at every call."""
    pid = os.getpid()
    return f"{_machine()}-{pid}-{_born(pid)}-{os.urandom(NONCE).hex()}"


def gone(owner: str) -> bool:
    """Say whether the process of that name has surely ended; False when in doubt."""
    match = _NAME.fullmatch(owner)
    if match is None or match["machine"] != _machine():
        return False
    pid = int(match["pid"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    # The number may have been given to a new process, or nobody has asked yet how the old one ended.
    return _born(pid) != match["born"] or _state(pid) == "Z"


def _machine() -> str:
    """Name this boot of this machine and its process numbers: a container has numbers of its own."""
    parts = [os.uname().nodename, _read("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid")]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _born(pid: int) -> str:
    """Give when a process began, in the kernel's ticks; "" where the system does not tell."""
    return "".join(_stat(pid)[19:20])


def _state(pid: int) -> str:
    return "".join(_stat(pid)[:1])


def _stat(pid: int) -> list[str]:
    """Give the fields of proc(5) that follow the process's name: its state is the first of them."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _read(path: str) -> str:
    try:
        return Path(path).read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
