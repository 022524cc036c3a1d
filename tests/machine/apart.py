"""Namespaces of its own for the whole run: mounts, network and processes end with it, however it ends.

Outside stays what it is: no address, no mount, no unit, no port of this machine is touched. Out of the
network leads only slirp4netns, in user space, to the packages; nothing leads in.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
UNSHARED = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child")
SLIRP = ("slirp4netns", "--configure", "--mtu=1400", "--disable-host-loopback")


def again(*words: str) -> int:
    """Run this program once more, apart; give how it ended."""
    command = [*DIES_WITH_US, *UNSHARED, sys.executable, "-m", "tests.machine", *words]
    process = subprocess.Popen(command)
    try:
        with _network(process):
            return process.wait()
    finally:
        process.kill()


@contextmanager
def _network(process: subprocess.Popen[bytes]) -> Iterator[None]:
    end = time.monotonic() + PATIENCE
    while _namespace(process.pid) == _namespace(os.getpid()):
        assert time.monotonic() < end, "there is no network namespace to be had"
        time.sleep(0.05)
    command = [*DIES_WITH_US, *SLIRP, str(process.pid), "tap0"]
    bridge = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        bridge.terminate()
        bridge.wait()


def _namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def settle(hosts: Path, *addresses: str) -> None:
    """Once apart: one's own cgroups, names and addresses, and a way out."""
    for command in (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "tmpfs", "/run"],
        ["umount", "--recursive", "--lazy", "/sys/fs/cgroup"],
        ["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"],
        ["mount", "--bind", str(hosts), "/etc/hosts"],
        ["ip", "link", "set", "lo", "up"],
        *(["ip", "address", "add", f"{address}/32", "dev", "lo"] for address in addresses),
    ):
        subprocess.run(command, check=True)
    end = time.monotonic() + PATIENCE
    while not Path("/sys/class/net/tap0").exists() and "tap0" not in Path("/proc/net/route").read_text():
        assert time.monotonic() < end, "there is no way to the packages"
        time.sleep(0.1)
