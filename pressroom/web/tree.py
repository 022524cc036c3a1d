"""The public tree as it was at one moment, ready to be served: a table from path to what is sent.

`refresh` reads the published folder anew, in a thread, and puts the new table into the place of the old one
by one assignment: a request sees one build or the next, never half of either. A build that was cut short by
`kill -9` is not taken up; the one after it is. Files that are gone answer 410, and moved ones 308. When to
read anew is for `pressroom.upkeep` to say.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from feeds.tree import held_still
from pressroom.clock import Clock
from pressroom.web import mediatypes
from pressroom.web.freshness import cache_control
from pressroom.web.mediatypes import Kind
from pressroom.web.negotiation import BROTLI, GZIP, IDENTITY
from pressroom.web.representations import About, Held, OnDisk, Ready, held

LARGEST_HELD = 2_000_000
BUDGET = 48_000_000
"""Bytes of packed files in memory; what goes beyond is read from the disk when it is asked for."""

UNFOLDED = 24_000_000
"""Bytes of other encodings that are kept until they are made anew."""

NOT_FOUND = "404.html"
INDEX = "index.html"

State = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """Nothing is here any more; `location` is where it went, as an absolute path."""

    location: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Something was here and was taken back."""


Served = Held | OnDisk | Moved | Gone
Fates = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`table` has absolute paths, `files` the same files by their path in the folder, with their state."""

    table: Mapping[str, Served] = field(default_factory=dict)
    files: Mapping[str, tuple[State, Held | OnDisk]] = field(default_factory=dict)
    not_found: Held | None = None


class PublicTree:
    """What is served of the folder `output` below the path `base`, which is empty or as "/news"."""

    def __init__(self, output: Path, base: str, clock: Clock) -> None:
        self._output = output
        self._base = base
        self._clock = clock
        self.now = Snapshot()
        self.ready = False
        self._fates: Fates = {}
        self._seen = 0
        self._unfolded = 0

    def refresh(self, fates: Fates | None = None, *, mixed: bool = False) -> bool:
        """Read the folder and swap; tell whether that was done.

        `fates` tells of paths in the folder that are no more: where they went, or None for nowhere; left out,
        they are those of the last time. A folder that a killed build left between two states is only taken as
        it is when `mixed` allows it, and never in the place of a whole one.
        """
        fates = self._fates if fates is None else fates
        with held_still(self._output) as whole:
            if not whole and (self.ready or not mixed):
                return False
            seen = self._changed()
            files = dict(self._files({path for path, target in fates.items() if target is None}))
        self.now = Snapshot(self._table(files, fates), files, _page(files, NOT_FOUND))
        self._fates, self._seen = fates, seen
        self.ready = True
        return True

    def is_outdated(self) -> bool:
        """Tell whether something was published since `refresh`; a look that costs nothing."""
        return self._changed() != self._seen

    def _changed(self) -> int:
        """Give when the folder's own entries changed last, as every publication makes them."""
        try:
            return self._output.stat().st_mtime_ns
        except OSError:
            return 0

    def representation(self, found: Held, encoding: str) -> Ready:
        """Give a file in an encoding, made now if it is not there; of too many, the old ones are let go."""
        before = len(found.ready)
        made = found.representation(encoding)
        if len(found.ready) > before:
            self._unfolded += len(made.body["body"])
            if self._unfolded > UNFOLDED:
                self._fold()
        return made

    def _fold(self) -> None:
        for path, (_, each) in self.now.files.items():
            if isinstance(each, Held) and not _is_hot(path):
                each.ready.clear()
        self._unfolded = 0

    def _files(self, gone: Collection[str]) -> Iterator[tuple[str, tuple[State, Held | OnDisk]]]:
        """Read what has changed; what has not is taken over."""
        before, space = self.now.files, BUDGET
        for path in sorted(_paths(str(self._output)), key=_importance):
            file = self._output / path
            try:
                state, known = _state(file), before.get(path)
                status = _status(path, gone)
                if known and known[0] == state and known[1].about.status == status:
                    found = self._aged(known[1])
                else:
                    state, found = self._read(path, file, state, status, known)
            except OSError:  # it went away in the meantime, or is not for us to read
                continue
            if isinstance(found, Held):
                space -= len(found.packed)
                if space < 0:
                    found = OnDisk(found.about, file, state[1], state)
            if _is_hot(path) and isinstance(found, Held):
                for encoding in (IDENTITY, GZIP, BROTLI):
                    found.representation(encoding)
            yield path, (state, found)

    def _aged(self, found: Held | OnDisk) -> Held | OnDisk:
        """Give the same file with how long it may be kept by now."""
        about = found.about
        cache = cache_control(about.kind, about.modified, int(self._clock().timestamp()))
        if cache == about.cache:
            return found
        about = replace(about, cache=cache)
        if isinstance(found, Held):
            return Held(about, found.packed, found.shrinks)
        return replace(found, about=about)

    def _read(
        self, path: str, file: Path, state: State, status: int, known: tuple[State, Held | OnDisk] | None
    ) -> tuple[State, Held | OnDisk]:
        shrinks = mediatypes.shrinks(path)
        content = file.read_bytes() if shrinks and state[1] <= LARGEST_HELD else None
        digest = _digest(path, file, content)
        modified = self._modified(state, digest, known[1].about if known else None)
        if modified * 10**9 > state[2]:  # so that it holds after a new start
            with suppress(OSError):
                os.utime(file, ns=(modified * 10**9, modified * 10**9))
                state = (state[0], state[1], modified * 10**9)
        kind = mediatypes.kind(path)
        cache = cache_control(kind, modified, int(self._clock().timestamp()))
        about = About(path, kind, mediatypes.content_type(path), digest, modified, cache, status)
        if content is None:
            return state, OnDisk(about, file, state[1], state)
        return state, held(about, content, shrinks=shrinks)

    def _modified(self, state: State, digest: str, before: About | None) -> int:
        """Give Last-Modified: never back, and another one for other bytes within the same second."""
        modified = min(state[2] // 10**9, int(self._clock().timestamp()))
        if before is None:
            return modified
        if before.digest == digest:
            return before.modified  # written anew, and the same
        return max(modified, before.modified + 1)

    def _table(self, files: Mapping[str, tuple[State, Held | OnDisk]], fates: Fates) -> dict[str, Served]:
        """Name everything by the path of its address, and the ways that lead there."""
        table: dict[str, Served] = {}
        for path, (_, found) in files.items():
            if path == NOT_FOUND:
                continue
            folder, _, name = path.rpartition("/")
            if name != INDEX:
                table[f"{self._base}/{path}"] = found
                continue
            address = f"{self._base}/{folder}/" if folder else f"{self._base}/"
            table[address] = found
            moved = Moved(quote(address))
            table[address + INDEX] = moved
            table[address.removesuffix("/")] = moved
        for path, target in fates.items():
            place = f"{self._base}/{path}"
            fate = Gone() if target is None else Moved(quote(f"{self._base}/{target}"))
            for each in (place, place.removesuffix("/")):
                table.setdefault(each, fate)
        return table


def _paths(root: str) -> Iterator[str]:
    """Give every file's path, but hidden ones, and links, which may lead anywhere."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError), os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                if entry.name.startswith(".") and entry.name != ".well-known":
                    continue
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_file(follow_symlinks=False):
                    yield path


def _state(file: Path) -> State:
    found = file.stat(follow_symlinks=False)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _digest(path: str, file: Path, content: bytes | None) -> str:
    """Name the bytes. Media are named by their content already, so that they need not be read."""
    parts = path.split("/")
    if content is None and parts[0] == "media" and len(parts) > 2:  # noqa: PLR2004 - media/<digest>/<name>
        return "-".join((parts[1], f"{file.stat().st_size:x}"))
    if content is not None:
        return blake2b(content, digest_size=12).hexdigest()
    whole = blake2b(digest_size=12)
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            whole.update(chunk)
    return whole.hexdigest()


def _status(path: str, gone: Collection[str]) -> int:
    """Give what a file is answered with: the page of a withdrawn piece says so, and is no success."""
    if path == NOT_FOUND:
        return 404
    return 410 if path in gone or (path.endswith(f"/{INDEX}") and path.removesuffix(INDEX) in gone) else 200


def _is_hot(path: str) -> bool:
    """Tell what is asked for all the time: the current feeds and the front page."""
    return path == INDEX or (mediatypes.kind(path).is_feed and "/archive/" not in path)


def _importance(path: str) -> tuple[bool, bool, str]:
    """Rank what is kept in memory first."""
    return not _is_hot(path), mediatypes.kind(path) is Kind.MEDIA, path


def _page(files: Mapping[str, tuple[State, Held | OnDisk]], path: str) -> Held | None:
    found = files.get(path)
    return found[1] if found and isinstance(found[1], Held) else None
