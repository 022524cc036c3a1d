"""A clean Debian with a systemd of its own, in a folder: made by debootstrap, booted by systemd-nspawn.

The caller has namespaces of its own (`tests.machine.apart`): what is mounted here, and what listens in the
machine, is not to be seen outside. It gets from this machine only what a provider's image would bring: where
packages come from, the name servers, its own name.
"""

import os
import pty
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

RELEASE = "bookworm"
CGROUPS = Path("/sys/fs/cgroup")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
REBOOT = 133
NAME_SERVER = "10.0.2.3"  # slirp4netns, which asks whom this machine asks
PATIENCE = 60.0
A_COMMAND = 600.0
LOGIN = {
    "HOME": "/root",
    "TERM": "dumb",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
}
YES = b"y\n" * 9
NSPAWN = """\
echo $$ > "$0/cgroup.procs"
exec systemd-nspawn --quiet --boot --register=no --keep-unit --console=read-only --resolv-conf=off \\
    --machine=newsroom --directory="$1"
"""


def install(folder: Path) -> None:
    """Put a Debian as it comes into a folder."""
    command = ["debootstrap", "--include=dbus", RELEASE, str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def copy(folder: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", str(folder), str(to)], check=True)


def furnish(folder: Path, name: str, hosts: str) -> None:
    """Give a machine its name, and the way to the packages that this machine knows."""
    (folder / "etc/hostname").write_text(f"{name.partition('.')[0]}\n")
    (folder / "etc/hosts").write_text(hosts)
    (folder / "etc/pip.conf").write_text("[global]\ncert = /etc/packages.pem\n")
    (folder / "etc/resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    shutil.copy(CERTIFICATES, folder / "etc/packages.pem")
    for file in Path("/etc/apt/apt.conf.d").iterdir():
        if "Acquire::" in file.read_text() and "docker" not in file.name:
            shutil.copy(file, folder / "etc/apt/apt.conf.d")
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    if sources.exists() and RELEASE in sources.read_text():
        shutil.copy(sources, folder / "etc/apt/sources.list.d")
        (folder / "etc/apt/sources.list").unlink(missing_ok=True)


@dataclass(slots=True)
class Machine:
    """A machine in `folder`; what is done on it is written to `transcript`."""

    folder: Path
    transcript: Path
    leader: int = 0
    place: str = "/root"
    group: Path = CGROUPS / f"machine-{os.getpid()}"
    _booted: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def boot(self) -> None:
        """Start it, and wait until its systemd has started everything."""
        self.group.mkdir(exist_ok=True)
        with self.transcript.open("ab") as log:
            command = ["sh", "-c", NSPAWN, str(self.group), str(self.folder)]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._booted.append(process)
        self.leader = _first_child(process)
        end = time.monotonic() + PATIENCE
        while self.said("systemctl is-system-running || true") not in {"running", "degraded"}:
            assert time.monotonic() < end, "the machine did not come up"
            time.sleep(0.5)

    def reboot(self) -> None:
        """Let it start again, as `reboot` does."""
        self._leave("systemctl reboot", REBOOT)
        self.boot()

    def off(self) -> None:
        with suppress(AssertionError):
            self._leave("systemctl poweroff", 0)
        for process in self._booted:
            process.kill()
        for group in sorted(CGROUPS.glob(f"{self.group.name}/**/"), reverse=True):
            with suppress(OSError):
                group.rmdir()

    def _leave(self, command: str, code: int) -> None:
        self.run(command, check=False)
        ended = self._booted[-1].wait(PATIENCE)
        assert ended == code, f"{command}: ended with {ended}"

    def said(self, command: str) -> str:
        """Run a command of ours beside what a reader of the how-to does; give what it said."""
        return self.run(command, at="/").strip()

    def follow(self, command: str, environ: Mapping[str, str]) -> str:
        """Run a line as somebody at a terminal: in the folder where the last one left off, saying yes."""
        after = f"{command}\ncode=$?; pwd > /run/place; exit $code"
        said = self.run(after, at=self.place, environ=environ)
        self.place = self.said("cat /run/place")
        return said

    def run(
        self, command: str, *, at: str = "/", environ: Mapping[str, str] | None = None, check: bool = True
    ) -> str:
        namespaces = ["--mount", "--uts", "--ipc", "--pid", "--cgroup"]
        words = ["nsenter", "--target", str(self.leader), *namespaces, "--", "/bin/bash", "-c"]
        own, theirs = pty.openpty()
        os.write(own, YES)
        try:
            done = subprocess.run(
                [*words, f"cd {at}\n{command}"],
                env={**LOGIN, **(environ or {})},
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=A_COMMAND,
            )
        finally:
            os.close(own)
            os.close(theirs)
        said = done.stdout.decode("utf-8", "replace")
        with self.transcript.open("a", encoding="utf-8") as log:
            log.write(f"# {command}\n{said}({done.returncode})\n")
        assert not check or done.returncode == 0, f"{command}\nended with {done.returncode}: {said[-2000:]}"
        return said


def _first_child(process: subprocess.Popen[bytes]) -> int:
    """Give the machine's process 1: the first child of the nspawn that started it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + PATIENCE
    while not (found := children.read_text().split()):
        assert process.poll() is None, f"systemd-nspawn ended with {process.returncode}"
        assert time.monotonic() < end, "systemd-nspawn started nothing"
        time.sleep(0.1)
    return int(found[0])
