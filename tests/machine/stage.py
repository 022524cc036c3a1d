"""What the steps share: the machine, a visitor, the mails that came; and how lines are carried out."""

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import MappingProxyType

from pressroom.sink import Received
from tests.end_to_end.commands import ROOT
from tests.machine.debian import Machine
from tests.machine.howto import HOW_TO, Line, replaced, sections
from tests.machine.visitor import Visitor

NAME, SERVER, CLIENT = "press.example.org", "203.0.113.1", "203.0.113.9"
HOSTS = f"127.0.0.1 localhost\n{SERVER} {NAME}\n"
REPLACED = {"news.example.org": NAME}
NOT_BROUGHT = (
    ".git",
    ".venv",
    "dist",
    "data",
    "public",
    "demo-output",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)
TOKEN = re.compile(r"/(?:confirm|preferences|unsubscribe)/([\w.~-]+)")
NO_CHANGE = 'revision = "{:04}"\ndown_revision = "{}"\n\n\ndef upgrade() -> None:\n    return None\n'
ALL = slice(None)
NOTHING: Mapping[str, str] = MappingProxyType({})
PATIENCE = 60.0


def mirror() -> dict[str, str]:
    """Give what this machine's pip is told of where packages come from."""
    return {name: os.environ[name] for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL") if name in os.environ}


@dataclass(slots=True)
class Stage:
    """`slow` is how long the mail server takes for an answer to a mail."""

    machine: Machine
    visitor: Visitor
    checkout: Path
    mails: list[Received]
    slow: float = 0.0
    read: int = 0
    lines: dict[str, tuple[Line, ...]] = field(default_factory=lambda: sections(HOW_TO.read_text("utf-8")))
    environ: dict[str, str] = field(default_factory=mirror)
    done: set[Line] = field(default_factory=set)

    def follow(self, heading: str, lines: slice = ALL, by: Mapping[str, str] = NOTHING) -> str:
        """Carry out a section of the how-to, or lines of it; `by` is what is replaced beside the name."""
        chosen = self.lines[heading][lines]
        said = "\n".join(self._do(line, by) for line in chosen)
        self.done.update(chosen)
        return said

    def _do(self, line: Line, by: Mapping[str, str]) -> str:
        command = replaced(line.command, {**REPLACED, **by})
        if line.as_root:
            return self.machine.follow(command, self.environ)
        return self._own(command)

    def _own(self, command: str) -> str:
        words = shlex.split(command)
        if words[0] == "scp":
            for source in words[2:-1]:
                bring(self.checkout / source, self.machine.folder / "root" / Path(source).name)
            return ""
        environ = {**os.environ, "CURL_CA_BUNDLE": str(self.visitor.authority)}
        done = subprocess.run(
            words, cwd=self.checkout, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def mail(self) -> EmailMessage:
        """Wait for the next mail, and read it."""
        until(lambda: len(self.mails) > self.read)
        self.read += 1
        return parsed(self.mails[self.read - 1])

    def tokens(self) -> set[str]:
        """Give all the tokens that went out by mail."""
        bodies = [parsed(mail).get_body(("plain",)) for mail in self.mails]
        return {token for body in bodies if body for token in TOKEN.findall(body.get_content())}

    def ours(self, words: str) -> str:
        """Run a command of Pressroom's on the machine as the service's user."""
        program = "runuser -u pressroom -- /opt/pressroom/bin/pressroom --config /srv/newsroom/config.yaml"
        return self.machine.said(f"{program} {words}")

    def shown(self, unit: str, name: str) -> str:
        return self.machine.said(f"systemctl show --value -p {name} {unit}")

    def serving(self) -> bool:
        return "ready" in self.machine.run("curl -s http://127.0.0.1:8000/readyz", check=False)


def parsed(mail: Received) -> EmailMessage:
    found = BytesParser(policy=policy.SMTP).parsebytes(mail.message)
    assert isinstance(found, EmailMessage)
    return found


def bring(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_BROUGHT))
    else:
        shutil.copy2(source, target)


def checkout(folder: Path) -> Path:
    """Give a copy of the sources in which `make wheel` can be called; the environment is ours."""
    bring(ROOT, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def later_version(before: Path, version: str) -> Path:
    """Give a copy of the sources as a later version of them, whose schema is a later one too."""
    folder = checkout(before.with_name(version))
    project = folder / "pyproject.toml"
    made = project.stat()
    text = re.sub(
        r'^version = ".*"$', f'version = "{version}"', project.read_text("utf-8"), flags=re.MULTILINE
    )
    project.write_text(text, "utf-8")
    os.utime(project, ns=(made.st_atime_ns, made.st_mtime_ns))  # or make would set up our environment anew
    versions = folder / "storage/migrations/versions"
    last = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    (versions / f"{int(last) + 1:04}_nothing.py").write_text(NO_CHANGE.format(int(last) + 1, last))
    return folder


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.3)
