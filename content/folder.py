"""A folder as a source: which files it holds, and their text.

Every file below it, at any depth, in one order everywhere; hidden files, editors' backups and read-me files
are passed over, links are not followed. What cannot be read is told, never raised, but for the folder itself.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from content.characters import clean
from content.errors import SourceMissing
from content.newsroom import Problem
from content.settings import SourceSettings

MARKDOWN = (".md", ".markdown")
LISTS = (".yaml", ".yml")

# Backups and locks of editors (x~, #x#, .x.swp, ~$x), Hugo's section pages, what explains a repository.
_PASSED_OVER = re.compile(
    r"[.#~].*|.*(~|\.bak|\.orig|\.swp|\.tmp)|_index\.\w+|readme\.\w+|_drafts|node_modules", re.IGNORECASE
)
_UNREADABLE_SIGNS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`source` names the file for the ledger, the same on every machine: its source's label and its path."""

    path: Path
    source: str
    size: int

    @property
    def is_list(self) -> bool:
        return self.path.suffix.lower() in LISTS


@dataclass(slots=True)
class Scan:
    """What was found. `unreadable` are the sources of folders that could not be listed, ending in a slash."""

    files: list[SourceFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


class Unusable(ValueError):
    """A file's bytes are no text that can be used; says why, and the line if there is one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def labels(sources: Sequence[SourceSettings]) -> tuple[str, ...]:
    """Name each source by its folder; a later one of the same name gets its parents' names before it."""
    taken: list[str] = []
    for source in sources:
        parts = [part for part in source.folder.parts if part != source.folder.anchor] or ["root"]
        choices = ("/".join(parts[-length:]) for length in range(1, len(parts) + 1))
        label = next((choice for choice in choices if choice not in taken), f"{parts[-1]}-{len(taken) + 1}")
        taken.append(label)
    return tuple(taken)


def scan(folder: Path, label: str) -> Scan:
    """Find the files of a source; raise SourceMissing when the folder itself cannot be listed."""
    found = Scan()
    if not folder.is_dir():
        raise SourceMissing(str(folder), "is not a folder" if folder.exists() else "does not exist")
    try:
        entries = _listed(folder)
    except OSError as error:
        raise SourceMissing(str(folder), f"cannot be read ({error.strerror})") from error
    for path, source, size in _walk(entries, label, found):
        found.files.append(SourceFile(path, source, size))
    return found


def _listed(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _walk(entries: list[os.DirEntry[str]], parent: str, found: Scan) -> Iterator[tuple[Path, str, int]]:
    for entry in entries:
        source = f"{parent}/{entry.name}"
        if _PASSED_OVER.fullmatch(entry.name):
            continue
        if entry.is_symlink():
            _tell_of_link(entry, found)
        elif entry.is_dir():
            try:
                below = _listed(entry)
            except OSError as error:
                found.problems.append(Problem(entry.path, f"the folder cannot be read ({error.strerror})"))
                found.unreadable.append(f"{source}/")
                continue
            yield from _walk(below, source, found)
        elif entry.name.lower().endswith(MARKDOWN + LISTS) and entry.is_file():
            yield Path(entry.path), source, _size(entry)


def _size(entry: os.DirEntry[str]) -> int:
    """A file that has gone since it was listed is told of when it is read."""
    try:
        return entry.stat().st_size
    except OSError:
        return 0


def _tell_of_link(entry: os.DirEntry[str], found: Scan) -> None:
    """Pictures may be links, and are checked where they are used; a text or folder is expected to be read."""
    if entry.name.lower().endswith(MARKDOWN + LISTS) or entry.is_dir():
        message = "is a symbolic link, which is not followed; put the file itself here"
        found.problems.append(Problem(entry.path, message, fatal=False))


def read(file: SourceFile, limit: int) -> str:
    """Give the text of a file, its line ends as line feeds; raise Unusable or OSError."""
    if file.size > limit:
        message = f"has {file.size:,} bytes, more than limits.file_size allows ({limit:,})"
        raise Unusable(message)
    with open(file.path, "rb") as stream:  # noqa: PTH123 - Path.open costs twice as much, ten thousand times
        data = stream.read(limit + 1)
    if len(data) > limit:
        message = f"has more bytes than limits.file_size allows ({limit:,})"
        raise Unusable(message)
    return decoded(data)


def decoded(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark; raise Unusable for anything else."""
    for sign, name in _UNREADABLE_SIGNS:
        if data.startswith(sign):
            message = f"is encoded as {name}; save it as UTF-8"
            raise Unusable(message)
    if b"\0" in data:
        message = "is a binary file, not text"
        raise Unusable(message, data.count(b"\n", 0, data.index(b"\0")) + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = (
            f"is not UTF-8: byte {data[error.start]:#04x} at position {error.start + 1}; save it as UTF-8"
        )
        raise Unusable(message, line) from error
    return clean(text)
