"""Watching files: a change is told once it is quiet, what editors leave beside is not."""

import asyncio
from pathlib import Path

import pytest

from pressroom import watching
from pressroom.watching import Watched, watch


async def first(what: Watched) -> frozenset[Path]:
    """Give the first batch of changes."""
    stop, found = asyncio.Event(), []

    def note(paths: frozenset[Path]) -> None:
        found.append(paths)
        stop.set()

    await watch(what, note, stop)
    return found[0]


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
    task = asyncio.create_task(first(Watched((tmp_path,), ())))
    found = await written_until(task, tmp_path / "a.md", tmp_path / "sub.md", tmp_path / ".a.md.swp")
    assert {path.name for path in found} <= {"a.md", "sub.md"}
    assert found


async def test_a_folder_that_appears_later_is_watched_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_AGAIN", 0.1)
    task = asyncio.create_task(first(Watched((tmp_path / "later",), ())))
    await asyncio.sleep(0.2)
    (tmp_path / "later").mkdir()
    assert await written_until(task, tmp_path / "later" / "a.md")


async def test_watching_ends_when_it_is_time_to_stop(tmp_path: Path) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(watch(Watched((tmp_path,), (tmp_path / "a",)), lambda _: None, stop))
    await asyncio.sleep(0.1)
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_a_file_is_watched_for_ever_although_editors_put_another_in_its_place(tmp_path: Path) -> None:
    file, stop, batches = tmp_path / "config.yaml", asyncio.Event(), []
    file.write_text("")

    def note(paths: frozenset[Path]) -> None:
        batches.append(paths)
        if len(batches) == 2:
            stop.set()

    task = asyncio.create_task(watch(Watched((), (file,)), note, stop))
    for number in range(100):
        draft = tmp_path / "draft"
        draft.write_text(str(number))
        draft.replace(file)
        await asyncio.sleep(0.2)
        if stop.is_set():
            break
    await asyncio.wait_for(task, 10)
    assert batches == [frozenset({file})] * 2, "the draft beside it is nothing to us"
