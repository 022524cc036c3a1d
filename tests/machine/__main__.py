"""Follows docs/how-to/deploy.md word for word on a clean Debian 12 that it makes and takes away.

    make machine                                       everything
    .venv/bin/python -m tests.machine --base FOLDER    with a Debian that is kept there for the next time

Wants root, and debootstrap, systemd-container, slirp4netns, iproute2 and curl of Debian; takes some minutes.
The machine has namespaces of its own: neither systemd nor nginx nor any port of this one is touched.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pressroom.sink_session import Answer
from tests.end_to_end.commands import mail_server
from tests.machine import apart, container, debian, trouble, walk
from tests.machine.debian import Machine
from tests.machine.stage import CLIENT, HOSTS, NAME, SERVER, Stage, checkout
from tests.machine.visitor import Visitor

PROGRAMS = ("debootstrap", "systemd-nspawn", "slirp4netns", "ip", "curl")
LARGE = "/var/tmp"  # noqa: S108 - some gigabytes, and /tmp may be memory
Step = Callable[[Stage], str]
STEPS: tuple[Step, ...] = (
    walk.boot,
    walk.bring,
    walk.install,
    walk.make_the_newsroom,
    walk.start_the_service,
    walk.put_nginx_in_front,
    walk.read,
    walk.follow_by_mail,
    walk.keep_tokens_to_itself,
    trouble.be_killed,
    trouble.stand_still,
    trouble.be_stopped_while_mailing,
    walk.copy_and_bring_back,
    walk.upgrade,
    walk.start_again,
    walk.put_caddy_in_front,
    container.run_in_a_container,
    walk.have_done_everything,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.machine")
    parser.add_argument("--base", type=Path, help="where a fresh Debian is kept, or to be kept")
    parser.add_argument("--transcript", type=Path, help="where to keep all that was said")
    parser.add_argument("--apart", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.apart:
        return _walk(given.apart)
    if lacking := [each for each in PROGRAMS if not shutil.which(each)]:
        parser.error(f"not here: {', '.join(lacking)}")
    if os.geteuid() != 0:
        parser.error("only root can make a machine")
    with tempfile.TemporaryDirectory(prefix="pressroom-machine-", dir=LARGE) as folder:
        return _whole(Path(folder), given.base, given.transcript)


def _whole(folder: Path, base: Path | None, transcript: Path | None) -> int:
    """Make the machine, and walk; the folder goes in any case."""
    if not _say(f"A clean Debian {debian.RELEASE}", partial(_make, folder, base)):
        return 1
    ended = apart.again("--apart", str(folder))
    if transcript:
        shutil.copy(folder / "transcript", transcript)
    return ended


def _make(folder: Path, base: Path | None) -> str:
    kept, plain = base or folder / "plain", folder / "plain"
    if not kept.exists():
        debian.install(kept)
    if base:
        debian.copy(base, plain)
    debian.furnish(plain, NAME, HOSTS)
    debian.copy(plain, folder / "debian")
    return f"in {folder}"


def _walk(folder: Path) -> int:
    (folder / "hosts").write_text(HOSTS)
    apart.settle(folder / "hosts", SERVER, CLIENT)
    machine = Machine(folder / "debian", folder / "transcript")
    visitor = Visitor(NAME, SERVER, CLIENT, folder / "authority.pem")
    stage = Stage(machine, visitor, checkout(folder / "checkout"), [])
    with mail_server(lambda at, _: Answer(delay=stage.slow) if at == "end" else None, 25) as (_, stage.mails):
        try:
            return 0 if all(_say(_words(step), partial(step, stage)) for step in STEPS) else 1
        finally:
            machine.off()


def _words(step: Step) -> str:
    return step.__name__.replace("_", " ")


def _say(what: str, step: Callable[[], str]) -> bool:
    """Do a step and tell of it in a line; tell everything when it fails."""
    begun = time.monotonic()
    try:
        told = step()
    except (AssertionError, OSError, subprocess.SubprocessError):
        print(f"FAILED    {what}\n{traceback.format_exc()}", flush=True)
        return False
    print(f"ok {time.monotonic() - begun:5.1f} s  {what}: {told}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
