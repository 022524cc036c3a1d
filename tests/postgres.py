"""A PostgreSQL server of the tests' own: made, started and thrown away by `tests/conftest.py`.

It is Debian's (or whatever `initdb` is on the path), listens on a socket in a short temporary folder
only, and syncs nothing. PostgreSQL refuses to run as root, so then it runs as `postgres` or `nobody`.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

USER = "pressroom"
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "timezone": "America/St_Johns",  # never UTC by accident: a forgotten conversion must show
}


@dataclass(frozen=True)
class Server:
    """`folder` holds the socket."""

    folder: Path

    def url(self, database: str, password: str = "") -> str:
        user = f"{USER}:{password}" if password else USER
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def execute(self, database: str, statement: str) -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def disconnect(self, database: str) -> None:
        """End what is still connected: a test may have killed a process in the middle of its work."""
        others = f"datname = '{database}' AND pid <> pg_backend_pid()"
        end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"  # noqa: S608 - ours
        self.execute("postgres", end)


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a fresh server, and stop it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.getuid() == 0:
            account = _account()
            os.chown(folder, account.pw_uid, account.pw_gid)
        _run(
            "initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"
        )
        with _started(folder):
            yield Server(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[None]:
    settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
    command = [_program("postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=_die_with_parent, **_unprivileged(),  # noqa: PLW1509 - before any thread
        )  # fmt: skip
    try:
        _wait(process, folder)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(Server(folder).url("postgres")).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"PostgreSQL did not start:\n{(folder / 'log').read_text()}"
                raise RuntimeError(message) from None
            time.sleep(0.05)
        else:
            return


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [_program(program), *arguments], capture_output=True, text=True, check=False, **_unprivileged()
    )
    if done.returncode:
        message = f"{program} failed:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)


def _program(name: str) -> str:
    """Debian keeps the server's programs off the path, by version: take the newest."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda file: float(file.parts[4]))
    found = str(debian[-1]) if debian else shutil.which(name)
    if not found:
        message = f"PostgreSQL's {name} is not installed, and these tests need it (Debian: postgresql)"
        raise RuntimeError(message)
    return found


def _account() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _unprivileged() -> dict[str, object]:
    """Give the arguments by which a process of root's becomes somebody else's."""
    if os.getuid() != 0:
        return {"cwd": "/"}
    account = _account()
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return {
        "user": account.pw_uid,
        "group": account.pw_gid,
        "extra_groups": [],
        "cwd": "/",
        "env": environment,
    }


def _die_with_parent() -> None:
    """Ask Linux to stop the server should the tests be killed before they can (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)
