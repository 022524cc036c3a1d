"""Tells when something changed in the files that a newsroom is made of.

Editors write a file in several steps, and a checkout changes many: changes are gathered until it is
quiet for a moment. Single files are watched by their folders, because editors put a new file in the
place of the old one. A folder that vanishes or cannot be watched is looked for again, so that a share
that is unmounted and comes back needs no restart.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from pressroom.settings import Config
from pressroom.supervising import pause

QUIET_MS = 300
LONGEST_MS = 2_000
LOOK_AGAIN = 5.0
"""Seconds until folders that were not there are looked for again."""

OnChange = Callable[[frozenset[Path]], None]


class _ContentFilter(DefaultFilter):
    """Everything but what editors and version control leave beside the files."""

    ignore_entity_patterns = (*DefaultFilter.ignore_entity_patterns, r"^4913$", r"^\.goutputstream-", r"^\.#")


@dataclass(frozen=True, slots=True)
class Watched:
    """Folders with all that is in them, and single files; absolute paths."""

    folders: tuple[Path, ...]
    files: tuple[Path, ...]


def watched(config: Config) -> Watched:
    """Give what the published newsroom depends on."""
    folders = [source.folder for source in config.sources]
    files = [config.file.absolute(), config.organisation.contacts, config.organisation.logo]
    if config.templates is not None:
        folders.append(config.templates)
    return Watched(tuple(folders), tuple(file for file in files if file is not None))


async def watch(what: Watched, on_change: OnChange, stop: asyncio.Event) -> None:
    """Call `on_change` with the paths that changed, a batch at a time, until `stop` is set."""
    parents = sorted({file.parent for file in what.files})
    wanted = {str(file) for file in what.files}

    def only_files(_change: Change, path: str) -> bool:
        return path in wanted

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_kept(what.folders, on_change, stop, _ContentFilter(), recursive=True))
            group.create_task(_kept(parents, on_change, stop, only_files, recursive=False))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def _kept(
    folders: Collection[Path],
    on_change: OnChange,
    stop: asyncio.Event,
    wanted: Callable[[Change, str], bool],
    *,
    recursive: bool,
) -> None:
    """Watch those folders that are there; begin anew when one of them comes or goes."""
    before: list[Path] | None = None
    while folders and not stop.is_set():
        there = [folder for folder in folders if folder.is_dir()]
        if there != before and before is not None:
            on_change(frozenset(folders))
        before = there
        if there:
            watching = awatch(
                *there,
                watch_filter=wanted,
                debounce=LONGEST_MS,
                step=QUIET_MS,
                stop_event=stop,
                rust_timeout=int(LOOK_AGAIN * 1000),
                yield_on_timeout=True,
                recursive=recursive,
            )
            async for batch in watching:
                if batch:
                    on_change(frozenset(Path(path) for _, path in batch))
                if there != [folder for folder in folders if folder.is_dir()]:
                    break
        await pause(stop, LOOK_AGAIN if len(there) < len(folders) else 0.0)
