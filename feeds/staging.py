"""Files prepared beside their places in the public tree, to be moved there all at once.

A `Staging` takes stock of a folder, clears the temporary files that a killed build left, and collects
what differs from what lies there. Nothing visible changes before `move`. It knows nothing of who
published what; that is `feeds.tree`, its only user.
"""

import filecmp
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from feeds.errors import PublishError

OWN = ".pressroom-"
TEMPORARY = f"{OWN}tmp-"
LONGEST_NAME = 255
CHUNK = 1 << 20


class Unreadable(Exception):
    """A file to be copied could not be read, or is not what it was."""


class Staging:
    """What is to change in the tree at `root`, which must be an existing folder, free of links."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._sizes: dict[str, int] = {}
        self._folders = {""}
        self._made: list[str] = []
        self._staged: dict[str, str] = {}
        self._numbers = count()
        self.wanted: set[str] = set()
        self._take_stock()

    def add(self, path: str, content: bytes) -> bool:
        """Prepare a file; tell whether it differs from the one that is there."""
        self._claim(path)
        if self._sizes.get(path) == len(content) and self._read(path) == content:
            return False
        self._write(path, iter((content,)))
        return True

    def copy(self, path: str, source: Path, length: int | None) -> bool:
        """Prepare a copy of a file of this length; raise Unreadable when there is no such thing."""
        self._claim(path)
        try:
            if self._copied(path, source, length):
                return False
            self._write(path, _chunks(source))
        except Unreadable:
            self._drop(path)
            raise
        return True

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to move."""
        return bool(self._staged)

    def move(self, order: Callable[[str], tuple[int, str]]) -> tuple[str, ...]:
        """Move every prepared file into its place, in this order."""
        moved = tuple(sorted(self._staged, key=order))
        for path in moved:
            with reporting(self.full(path)):
                os.replace(self._staged[path], self.full(path))
            del self._staged[path]
        return moved

    def discard(self) -> None:
        """Take away what was prepared and not moved."""
        for temporary in self._staged.values():
            with suppress(OSError):
                os.unlink(temporary)
        for folder in reversed(self._made):
            with suppress(OSError):  # not empty: something was moved there
                os.rmdir(self.full(folder))
        self._staged.clear()

    def remove(self, path: str) -> bool:
        """Remove a file, and the folders that it leaves empty; tell whether there was one."""
        with reporting(self.full(path)):
            try:
                os.unlink(self.full(path))
            except (FileNotFoundError, NotADirectoryError):
                return False
        parent = path.rpartition("/")[0]
        with suppress(OSError):  # not empty
            while parent:
                os.rmdir(self.full(parent))
                parent = parent.rpartition("/")[0]
        return True

    def full(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _take_stock(self) -> None:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            with reporting(self.full(folder)):
                try:
                    entries = list(os.scandir(self.full(folder)))
                except PermissionError:
                    if not folder:
                        raise
                    continue  # somebody else's: if a file of ours goes there, that fails
                self._folders.add(folder)
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif entry.name.startswith(TEMPORARY):
                        os.unlink(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        self._sizes[path] = entry.stat(follow_symlinks=False).st_size

    def _claim(self, path: str) -> None:
        if not safe(path):
            raise PublishError(path, "is no path below the public root")
        if path in self.wanted:
            raise PublishError(path, "two different files are to be published under this name")
        if path in self._folders:
            raise PublishError(self.full(path), "a folder is in the place of a file")
        self._make_folder(path.rpartition("/")[0])
        self.wanted.add(path)

    def _make_folder(self, folder: str) -> None:
        """Make a folder and those above it. A link in its place is refused: it may lead out of the tree."""
        if folder in self._folders:
            return
        self._make_folder(folder.rpartition("/")[0])
        with reporting(self.full(folder)):
            os.mkdir(self.full(folder))
        self._folders.add(folder)
        self._made.append(folder)

    def _write(self, path: str, chunks: Iterator[bytes]) -> None:
        folder = self.full(path.rpartition("/")[0])
        self._staged[path] = f"{folder}/{TEMPORARY}{next(self._numbers)}"
        with reporting(self.full(path)), open(self._staged[path], "xb") as file:
            for chunk in chunks:
                file.write(chunk)

    def _drop(self, path: str) -> None:
        """Forget a file that cannot be had; one that was published before stays."""
        with suppress(OSError, KeyError):
            os.unlink(self._staged.pop(path))
        if path not in self._sizes:
            self.wanted.discard(path)

    def _read(self, path: str) -> bytes | None:
        try:
            return Path(self.full(path)).read_bytes()
        except OSError:
            return None

    def _copied(self, path: str, source: Path, length: int | None) -> bool:
        """Tell whether the copy is there already: as long, and made after the source's last change."""
        with _reading(source):
            state = source.stat()
        if length is not None and state.st_size != length:
            message = f"has {state.st_size} bytes now, and had {length} when it was loaded"
            raise Unreadable(message)
        if self._sizes.get(path) != state.st_size:
            return False
        with suppress(OSError):
            made = os.stat(self.full(path)).st_mtime_ns
            return made >= state.st_mtime_ns or filecmp.cmp(self.full(path), source, shallow=False)
        return False


def safe(path: str) -> bool:
    """Tell whether a path is relative, stays below the root and is not one of our own files."""
    return all(
        part not in {"", ".", ".."}
        and part.isprintable()
        and "\\" not in part
        and not part.startswith(OWN)
        and len(part.encode(errors="surrogatepass")) <= LONGEST_NAME
        for part in path.split("/")
    )


@contextmanager
def reporting(path: str) -> Iterator[None]:
    """Turn what the system says into a PublishError of this path."""
    try:
        yield
    except OSError as error:
        raise PublishError(path, error.strerror or str(error)) from error


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error


def _chunks(source: Path) -> Iterator[bytes]:
    with _reading(source):
        file = source.open("rb")
    with file:
        while True:
            with _reading(source):
                chunk = file.read(CHUNK)
            if not chunk:
                return
            yield chunk
