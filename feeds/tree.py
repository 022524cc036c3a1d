"""Publish the public tree so that nobody ever sees half of anything.

Everything that changed is first written beside its place under a temporary name (`feeds.staging`); only
when all of it is there are the files moved, each atomically: media first, the front page last, so that
nothing links to what is not there yet. Until the first move, whatever fails (a template, a full disk, a
missing right) leaves the tree as it was; `kill -9` leaves whole files, and temporary ones that the next
build clears. What an earlier build published and this one does not is removed, by a list kept in the
tree; other people's files are left alone. One build at a time: a second one waits for the first.

Files are not synced to the disk one by one, which would take minutes for a large tree: what a power cut
damages differs from what it should be, and is written anew by the next build. Only the list is synced.
Called by `pressroom` with what `feeds.documents` and `feeds.pages` give.
"""

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from content.newsroom import Media
from feeds.staging import OWN, TEMPORARY, Staging, Unreadable, reporting, safe

MANIFEST = f"{OWN}manifest.json"
LOCK = f"{OWN}lock"
CHANGING = f"{OWN}changing"
"""Lies in the tree while files are moved, and stays there when that is cut short."""

VERSION = 1


@dataclass(frozen=True, slots=True)
class Published:
    """What one publication did; `failed` says of each picture or attachment that could not be had why."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    failed: tuple[str, ...] = ()


def publish(output: Path, files: Iterable[tuple[str, bytes]], media: Iterable[Media]) -> Published:
    """Bring the tree at `output` to hold exactly these files and media, besides other people's.

    `files` may be a generator: what it raises is passed on, and nothing has changed then. Raise
    PublishError for whatever keeps the tree from being written.
    """
    with reporting(str(output)):
        output.mkdir(parents=True, exist_ok=True)
        root = str(output.resolve(strict=True))
    with _locked(root):
        staging = Staging(root)
        try:
            failed = _stage_media(staging, media)
            for path, content in files:
                staging.add(path, content)
            return _change(staging, root, failed)
        finally:
            staging.discard()


@contextmanager
def _locked(root: str) -> Iterator[None]:
    with reporting(root):
        lock = os.open(f"{root}/{LOCK}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        with reporting(root):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def held_still(output: Path) -> Iterator[bool]:
    """Keep every build from changing the tree while it is read; False when one was cut short in it."""
    try:
        lock = os.open(output / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # nothing was ever built here
        yield True
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield not (output / CHANGING).exists()
    finally:
        os.close(lock)


def _stage_media(staging: Staging, media: Iterable[Media]) -> tuple[str, ...]:
    """Prepare the media; one that cannot be read is reported and keeps nothing else from being published."""
    failed: dict[str, str] = {}
    seen: set[str] = set()
    for one in media:
        if one.file is None or one.path is None or one.path in seen:
            continue
        seen.add(one.path)
        try:
            staging.copy(one.path, one.file, one.length)
        except Unreadable as error:
            failed[one.path] = f"{one.file}: {error}"
    return tuple(failed.values())


def _change(staging: Staging, root: str, failed: tuple[str, ...]) -> Published:
    """Move, then remove. The list names more than there is rather than less, whenever this is cut short."""
    before = _listed(root)
    gone = sorted(before - staging.wanted)
    changing = Path(root, CHANGING)
    _list(root, before, before | staging.wanted)
    if staging.changes or gone:
        with reporting(str(changing)):
            changing.touch()
    written = staging.move(_order)
    removed = tuple(path for path in gone if staging.remove(path))
    _list(root, before | staging.wanted, staging.wanted)
    with reporting(str(changing)):
        changing.unlink(missing_ok=True)
    return Published(written, len(staging.wanted) - len(written), removed, failed)


def _order(path: str) -> tuple[int, str]:
    """Rank what others link to before what links to it."""
    pieces = path.startswith(("items/", "events/")) and path != "events/index.html"
    archive = path.startswith("feeds/") and "/archive/" in path
    if pieces or archive:
        rank = 1
    elif path.endswith(".html"):
        rank = 4 if path == "index.html" else 3
    else:
        rank = 2 if path.startswith("feeds/") else 0
    return rank, path


def _listed(root: str) -> frozenset[str]:
    """Read what we published. Without a list that can be read nothing is ours, so nothing is removed."""
    try:
        found = json.loads(Path(root, MANIFEST).read_bytes())
        return frozenset(path for path in found["files"] if isinstance(path, str) and safe(path))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return frozenset()


def _list(root: str, before: Collection[str], paths: Collection[str]) -> None:
    manifest = Path(root, MANIFEST)
    if paths == before and manifest.exists():
        return
    content = json.dumps({"version": VERSION, "files": sorted(paths)}, ensure_ascii=False, indent=0) + "\n"
    temporary = Path(root, f"{TEMPORARY}manifest")
    with reporting(str(manifest)):
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(manifest)
        finally:
            temporary.unlink(missing_ok=True)
