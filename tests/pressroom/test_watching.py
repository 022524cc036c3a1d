"""Watching files: a change is told once it is quiet, what editors leave beside is not."""

import asyncio
from pathlib import Path

import pytest

from pressroom import watching
from pressroom.watching import changes


async def first(folders: list[Path], stop: asyncio.Event) -> frozenset[Path]:
    async for batch in changes(folders, stop):
        return batch
    return frozenset()


async def written_until(done: "asyncio.Task[frozenset[Path]]", *files: Path) -> frozenset[Path]:
    """Write again and again: the watch begins at a moment that nobody is told of."""
    for number in range(100):
        for file in files:
            file.write_text(str(number))
        await asyncio.sleep(0.1)
        if done.done():
            break
    return await asyncio.wait_for(done, 10)


async def test_changes_are_told_together(tmp_path: Path) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(first([tmp_path], stop))
    found = await written_until(task, tmp_path / "a.md", tmp_path / "sub.md", tmp_path / ".a.md.swp")
    assert {path.name for path in found} <= {"a.md", "sub.md"}
    assert found


async def test_a_folder_that_appears_later_is_watched_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_AGAIN", 0.1)
    stop = asyncio.Event()
    task = asyncio.create_task(first([tmp_path / "later"], stop))
    await asyncio.sleep(0.2)
    (tmp_path / "later").mkdir()
    assert await written_until(task, tmp_path / "later" / "a.md")


async def test_watching_ends_when_it_is_time_to_stop(tmp_path: Path) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(first([tmp_path], stop))
    await asyncio.sleep(0.1)
    stop.set()
    assert await asyncio.wait_for(task, 10) == frozenset()
