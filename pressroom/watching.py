"""Tells when something changed in the files that a newsroom is made of.

Editors write a file in several steps, and a checkout changes many: changes are gathered until it is
quiet for a moment. A folder that vanishes or cannot be watched is looked for again, so that a
share that is unmounted and comes back needs no restart.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from pressroom.settings import Config

QUIET_MS = 300
LONGEST_MS = 2_000
LOOK_AGAIN = 5.0
"""Seconds until paths that were not there are looked for again."""


class _ContentFilter(DefaultFilter):
    """Everything but what editors and version control leave beside the files."""

    ignore_entity_patterns = (*DefaultFilter.ignore_entity_patterns, r"^4913$", r"^\.goutputstream-", r"^\.#")


def watched(config: Config) -> tuple[Path, ...]:
    """Give the files and folders that the published newsroom depends on."""
    single = (config.file, config.templates, config.organisation.contacts, config.organisation.logo)
    return (*(source.folder for source in config.sources), *(path for path in single if path is not None))


async def changes(paths: Iterable[Path], stop: asyncio.Event) -> AsyncIterator[frozenset[Path]]:
    """Give the paths that changed, a batch at a time, until `stop` is set."""
    wanted = tuple(paths)
    while not stop.is_set():
        there = [path for path in wanted if path.exists()]
        if there:
            async for batch in _until_one_appears(
                there, [path for path in wanted if path not in there], stop
            ):
                yield batch
        try:
            await asyncio.wait_for(stop.wait(), LOOK_AGAIN)
        except TimeoutError:
            continue


async def _until_one_appears(
    there: list[Path], missing: list[Path], stop: asyncio.Event
) -> AsyncIterator[frozenset[Path]]:
    watching = awatch(
        *there,
        watch_filter=_ContentFilter(),
        debounce=LONGEST_MS,
        step=QUIET_MS,
        stop_event=stop,
        rust_timeout=int(LOOK_AGAIN * 1000),
        yield_on_timeout=True,
        recursive=True,
    )
    async for batch in watching:
        if batch:
            yield frozenset(_path(change) for change in batch)
        if any(path.exists() for path in missing) or not all(path.exists() for path in there):
            return


def _path(change: tuple[Change, str]) -> Path:
    return Path(change[1])
