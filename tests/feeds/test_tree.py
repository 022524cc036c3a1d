"""Publishing: nobody sees half of anything, and nothing of anybody else's is touched."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from content.newsroom import Media
from feeds.errors import PublishError
from feeds.staging import OWN, TEMPORARY
from feeds.tree import LOCK, MANIFEST, publish

NOBODY = 65534
OLD = {"index.html": b"old front", "feeds/all/atom.xml": b"old feed", "items/a/index.html": b"old page"}
NEW = {"index.html": b"new front", "feeds/all/atom.xml": b"new feed", "items/b/index.html": b"new page"}


def put(output: Path, files: dict[str, bytes], *media: Media) -> tuple[list[str], int, list[str]]:
    done = publish(output, files.items(), media)
    return sorted(done.written), done.unchanged, list(done.removed)


def found(output: Path) -> dict[str, bytes]:
    """Give the files that the public sees."""
    files = (
        path for path in sorted(output.rglob("*")) if path.is_file() and path.name not in (MANIFEST, LOCK)
    )
    return {str(path.relative_to(output)): path.read_bytes() for path in files}


def test_a_first_build_writes_everything(tmp_path: Path) -> None:
    assert put(tmp_path / "deep" / "public", OLD) == (sorted(OLD), 0, [])
    assert found(tmp_path / "deep" / "public") == OLD


def test_only_what_changed_is_written_and_the_rest_keeps_its_time(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    before = (tmp_path / "feeds/all/atom.xml").stat()
    assert put(tmp_path, OLD | {"index.html": b"NEW front"}) == (["index.html"], 2, [])
    after = (tmp_path / "feeds/all/atom.xml").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_second_build_of_the_same_changes_nothing_at_all(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert put(tmp_path, OLD) == ([], 3, [])
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_file_that_somebody_damaged_is_mended(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    (tmp_path / "feeds/all/atom.xml").write_bytes(b"bad feed")
    assert put(tmp_path, OLD)[0] == ["feeds/all/atom.xml"]


def test_what_is_no_longer_published_goes_with_its_empty_folder(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    assert put(tmp_path, NEW)[2] == ["items/a/index.html"]
    assert found(tmp_path) == NEW
    assert not (tmp_path / "items/a").exists()


def test_other_peoples_files_stay(tmp_path: Path) -> None:
    (tmp_path / "items/a").mkdir(parents=True)
    (tmp_path / "robots.txt").write_bytes(b"theirs")
    (tmp_path / "items/a/theirs.txt").write_bytes(b"theirs")
    put(tmp_path, OLD)
    put(tmp_path, NEW)
    assert found(tmp_path) == NEW | {"robots.txt": b"theirs", "items/a/theirs.txt": b"theirs"}


@pytest.mark.parametrize(
    "damage", [None, b"", b"\x00\xff", b'["index.html"]', b'{"files": [1, null, "../../x"]}', b"[" * 9999]
)
def test_without_a_list_that_can_be_read_nothing_is_removed(tmp_path: Path, damage: bytes | None) -> None:
    put(tmp_path, OLD)
    (tmp_path / MANIFEST).unlink() if damage is None else (tmp_path / MANIFEST).write_bytes(damage)
    assert put(tmp_path, NEW)[2] == []
    assert found(tmp_path) == OLD | NEW
    assert json.loads((tmp_path / MANIFEST).read_bytes())["files"] == sorted(NEW)


def test_a_list_that_was_tampered_with_leads_nowhere_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"precious")
    output = tmp_path / "public"
    put(output, OLD)
    (output / MANIFEST).write_text(
        json.dumps({"files": ["../outside.txt", str(outside), "items/../../outside.txt"]})
    )
    put(output, NEW)
    assert outside.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/x",
        "a/../../x",
        "a//x",
        "a/./x",
        "",
        "a/",
        "a\\x",
        "a\x00b",
        "a\nb",
        MANIFEST,
        f"a/{TEMPORARY}1",
        "x" * 256,
    ],
)
def test_a_path_out_of_the_tree_is_refused(tmp_path: Path, path: str) -> None:
    output = tmp_path / "public"
    put(output, OLD)
    with pytest.raises(PublishError, match="no path below the public root"):
        put(output, OLD | {path: b"evil"})
    assert found(tmp_path) == {f"public/{name}": content for name, content in OLD.items()}


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside, output = tmp_path / "outside", tmp_path / "public"
    outside.mkdir()
    output.mkdir()
    (output / "items").symlink_to(outside)
    with pytest.raises(PublishError, match="items"):
        put(output, OLD)
    assert not list(outside.iterdir())


def test_a_file_that_is_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside, output = tmp_path / "outside.txt", tmp_path / "public"
    outside.write_bytes(b"precious")
    output.mkdir()
    (output / "index.html").symlink_to(outside)
    put(output, OLD)
    assert (outside.read_bytes(), found(output)) == (b"precious", OLD)


def test_the_output_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "public").symlink_to(tmp_path / "real")
    put(tmp_path / "public", OLD)
    assert found(tmp_path / "real") == OLD


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="two different files"):
        publish(tmp_path, [("a", b"1"), ("a", b"2")], ())
    assert found(tmp_path) == {}


def test_a_folder_in_the_place_of_a_file_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    (tmp_path / "feeds.opml").mkdir()
    with pytest.raises(PublishError, match="a folder is in the place of a file"):
        put(tmp_path, NEW | {"feeds.opml": b"x"})
    assert found(tmp_path) == OLD


def test_a_file_in_the_place_of_a_folder_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    (tmp_path / "events").write_bytes(b"theirs")
    with pytest.raises(PublishError, match="events"):
        put(tmp_path, NEW | {"events/index.html": b"x"})
    assert found(tmp_path) == OLD | {"events": b"theirs"}


def test_an_output_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "public").write_bytes(b"x")
    with pytest.raises(PublishError, match="public"):
        put(tmp_path / "public", OLD)


def test_what_the_files_raise_is_passed_on_and_nothing_has_changed(tmp_path: Path) -> None:
    put(tmp_path, OLD)

    def broken() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new front"
        yield "new/folder/index.html", b"new"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish(tmp_path, broken(), ())
    assert found(tmp_path) == OLD
    assert not (tmp_path / "new").exists()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to write more, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_takes_no_more_leaves_what_is_published(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    with largest_file(1000), pytest.raises(PublishError, match=r"atom\.xml: File too large") as caught:
        put(tmp_path, {"index.html": b"new front", "feeds/all/atom.xml": b"x" * 5000})
    assert caught.value.path.endswith("feeds/all/atom.xml")
    assert found(tmp_path) == OLD


def test_a_list_that_cannot_be_written_leaves_what_is_published(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    many = {f"items/{number:04}/index.html": b"x" for number in range(200)}
    with largest_file(1000), pytest.raises(PublishError, match=MANIFEST):
        put(tmp_path, OLD | many)
    assert found(tmp_path) == OLD


def test_media_that_do_not_fit_leave_what_is_published(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"x" * 5000)
    put(tmp_path / "public", OLD)
    with largest_file(1000), pytest.raises(PublishError, match=r"media/0/picture\.png"):
        put(tmp_path / "public", NEW, a_medium(picture))
    assert found(tmp_path / "public") == OLD


@contextmanager
def as_nobody() -> Iterator[Path]:
    """Give a folder that can be looked into, and do without the rights of root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        try:
            yield Path(name)
        finally:
            os.seteuid(os.getuid())


@pytest.mark.parametrize("locked", ["", "feeds/all"])
def test_a_folder_that_may_not_be_written_leaves_what_is_published(locked: str) -> None:
    with as_nobody() as folder:
        output = folder / "public"
        put(output, OLD)
        for path in output.rglob("*"):
            path.chmod(0o777)
        (output / locked).chmod(0o555)
        if os.getuid() == 0:
            os.seteuid(NOBODY)
        with pytest.raises(PublishError, match="Permission denied"):
            put(output, NEW)
        assert found(output) == OLD


def test_files_may_be_read_by_the_web_server(tmp_path: Path) -> None:
    """A temporary file made the usual way would be private to the one who made it."""
    before = os.umask(0o022)
    try:
        put(tmp_path / "public", OLD)
    finally:
        os.umask(before)
    assert (tmp_path / "public/index.html").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "public/feeds/all").stat().st_mode & 0o777 == 0o755


def test_media_come_first_and_the_front_page_last(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"x")
    pages = [
        "index.html",
        "feeds/index.html",
        "events/index.html",
        "items/a/index.html",
        "categories/x/index.html",
    ]
    others = ["feeds/all/atom.xml", "feeds/all/archive/2026-09/atom.xml", "events/a.ics", "style.css"]
    paths = pages + others
    medium = a_medium(tmp_path / "picture.png")
    written = publish(tmp_path / "public", [(path, b"x") for path in paths], [medium]).written
    order = {path: place for place, path in enumerate(written)}
    assert sorted(order) == sorted([*paths, "media/0/picture.png"])
    pairs = (
        ("media/0/picture.png", "items/a/index.html"),
        ("style.css", "items/a/index.html"),
        ("items/a/index.html", "feeds/all/atom.xml"),
        ("events/a.ics", "events/index.html"),
        ("feeds/all/archive/2026-09/atom.xml", "feeds/all/atom.xml"),
        ("feeds/all/atom.xml", "feeds/index.html"),
        ("feeds/index.html", "index.html"),
        ("events/index.html", "index.html"),
        ("items/a/index.html", "categories/x/index.html"),
        ("categories/x/index.html", "index.html"),
    )
    for first, then in pairs:
        assert order[first] < order[then]


def a_medium(file: Path, *, length: int | None = None, path: str | None = None) -> Media:
    return Media(
        f"https://x/{file.name}", "image/png", length, file=file, path=path or f"media/0/{file.name}"
    )


def test_media_are_copied_once_however_often_they_are_named(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"picture" * 300_000)
    output = tmp_path / "public"
    elsewhere = Media("https://elsewhere.example/x.png", "image/png")
    medium = a_medium(picture, length=2_100_000)
    assert put(output, OLD, medium, elsewhere, medium)[0] == sorted([*OLD, "media/0/picture.png"])
    assert put(output, OLD, medium) == ([], 4, [])
    picture.touch()
    assert put(output, OLD, medium) == ([], 4, [])
    assert put(output, OLD)[2] == ["media/0/picture.png"]


def test_media_of_the_same_length_and_other_bytes_are_copied_anew(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"one")
    put(tmp_path / "public", OLD, a_medium(picture))
    picture.write_bytes(b"two")
    os.utime(picture, ns=(time.time_ns(), time.time_ns() + 10**9))
    assert put(tmp_path / "public", OLD, a_medium(picture))[0] == ["media/0/picture.png"]


@pytest.mark.parametrize("length", [None, 17])
def test_media_that_are_gone_or_changed_are_reported_and_the_rest_is_published(
    tmp_path: Path, length: int | None
) -> None:
    missing, changed = tmp_path / "missing.png", tmp_path / "changed.png"
    changed.write_bytes(b"other")
    done = publish(
        tmp_path / "public", NEW.items(), [a_medium(missing if length is None else changed, length=length)]
    )
    assert len(done.failed) == 1
    assert str(missing if length is None else changed) in done.failed[0]
    assert found(tmp_path / "public") == NEW
    assert "media/0" not in (tmp_path / "public" / MANIFEST).read_text()


def test_media_that_cannot_be_read_any_more_stay_as_they_were(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"picture")
    put(tmp_path / "public", OLD, a_medium(picture))
    picture.unlink()
    done = publish(tmp_path / "public", OLD.items(), [a_medium(picture)])
    assert (len(done.failed), done.removed) == (1, ())
    assert found(tmp_path / "public")["media/0/picture.png"] == b"picture"


def test_a_second_build_waits_for_the_first(tmp_path: Path) -> None:
    """And comes to see what the first has made."""
    started, go = threading.Event(), threading.Event()

    def slow() -> Iterator[tuple[str, bytes]]:
        started.set()
        go.wait(20)
        yield from OLD.items()

    first = threading.Thread(target=publish, args=(tmp_path, slow(), ()))
    first.start()
    assert started.wait(20)
    results: list[tuple[list[str], int, list[str]]] = []
    second = threading.Thread(target=lambda: results.append(put(tmp_path, OLD)))
    second.start()
    second.join(0.2)
    assert second.is_alive()
    assert found(tmp_path) == {}
    go.set()
    first.join(20)
    second.join(20)
    assert results == [([], 3, [])]


KILLED = """
import sys, itertools
from pathlib import Path
from feeds.tree import publish
for number in itertools.count():
    files = ((f"items/{n}/index.html", (b"%d" % (number % 2)) * 5000) for n in range(300))
    publish(Path(sys.argv[1]), files, ())
    print(number, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.013, 0.031])
def test_a_killed_build_leaves_whole_files_and_the_next_one_clears_the_rest(
    tmp_path: Path, delay: float
) -> None:
    output = tmp_path / "public"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    for turn in range(3):
        command = [sys.executable, "-c", KILLED, str(output)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(delay + turn * 0.007)
            child.kill()
        pages = {path: content for path, content in found(output).items() if OWN not in path}
        assert len(pages) == 300
        assert set(pages.values()) <= {b"0" * 5000, b"1" * 5000}
    put(output, OLD)
    assert found(output) == OLD


def test_the_temporary_files_of_a_killed_build_go_even_where_nothing_is_published_any_more(
    tmp_path: Path,
) -> None:
    put(tmp_path, OLD)
    (tmp_path / "items/gone").mkdir()
    (tmp_path / "items/gone" / f"{TEMPORARY}7").write_bytes(b"half")
    put(tmp_path, OLD)
    assert not list(tmp_path.rglob(f"{TEMPORARY}*"))


def test_thousands_of_pages_are_published_in_seconds(tmp_path: Path) -> None:
    """Not a benchmark: a build that syncs or walks per file would take minutes."""
    files = {f"items/{number}/index.html": b"x" * 4000 for number in range(5_000)}
    start = time.process_time()
    assert len(put(tmp_path, files)[0]) == 5_000
    assert put(tmp_path, files) == ([], 5_000, [])
    assert time.process_time() - start < 20
