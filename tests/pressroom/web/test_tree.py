"""The tree in memory: swapped whole, with times that never go back."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from feeds.tree import CHANGING, publish
from pressroom.web import tree as module
from pressroom.web.freshness import HOUR, MINUTE, YEAR, cache_control, max_age
from pressroom.web.mediatypes import Kind, content_type, kind
from pressroom.web.representations import Held, OnDisk
from pressroom.web.tree import Gone, Moved, PublicTree
from tests.pressroom.newsrooms import at
from tests.pressroom.web.asking import Clock

NOW = datetime(2026, 10, 2, 5, tzinfo=UTC)
FILES = {"index.html": b"front " * 200, "feeds/all/atom.xml": b"<feed/> " * 200, "404.html": b"nowhere"}


def put(folder: Path, files: dict[str, bytes], moment: datetime = NOW) -> None:
    publish(folder, files.items(), ())
    for path in files:
        if folder.joinpath(path).stat().st_mtime > moment.timestamp():
            os.utime(folder / path, (moment.timestamp(), moment.timestamp()))


def a_tree(folder: Path, moment: datetime = NOW, base: str = "") -> PublicTree:
    tree = PublicTree(folder, base, at(moment))
    assert tree.refresh()
    return tree


def kept_for(seconds: int) -> tuple[bytes, bytes]:
    return b"cache-control", b"public, max-age=%d" % seconds


def held(tree: PublicTree, path: str) -> Held:
    found = tree.now.table[path]
    assert isinstance(found, Held)
    return found


def test_addresses_lead_to_files_and_folders_to_their_slash(tmp_path: Path) -> None:
    put(tmp_path, FILES | {"feeds/index.html": b"feeds", "items/å b/index.html": b"item"})
    tree = a_tree(tmp_path)
    assert held(tree, "/").content == FILES["index.html"]
    assert held(tree, "/feeds/").content == b"feeds"
    assert tree.now.table["/feeds"] == tree.now.table["/feeds/index.html"] == Moved("/feeds/")
    assert tree.now.table["/items/å b"] == Moved("/items/%C3%A5%20b/")
    assert "/404.html" not in tree.now.table
    assert tree.now.not_found is not None


def test_below_a_path_everything_is_below_it(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    tree = a_tree(tmp_path, base="/news")
    assert set(tree.now.table) == {"/news/", "/news", "/news/index.html", "/news/feeds/all/atom.xml"}
    assert tree.now.table["/news"] == Moved("/news/")


def test_hidden_files_links_and_our_own_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    put(tmp_path / "public", FILES | {".well-known/security.txt": b"Contact:"})
    (tmp_path / "public/.git").mkdir()
    (tmp_path / "public/.git/config").write_text("x")
    (tmp_path / "public/link.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "public/folder").symlink_to(tmp_path)
    paths = set(a_tree(tmp_path / "public").now.files)
    assert paths == {*FILES, ".well-known/security.txt"}


def test_the_same_bytes_keep_tag_and_time_and_other_bytes_get_later_ones(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    tree = a_tree(tmp_path)
    before = held(tree, "/").about
    os.utime(tmp_path / "index.html", (0, 0))  # put back from a copy
    tree.refresh()
    assert held(tree, "/").about == before
    (tmp_path / "index.html").write_bytes(b"changed within the second")
    os.utime(tmp_path / "index.html", (before.modified, before.modified))
    tree.refresh()
    after = held(tree, "/").about
    assert after.digest != before.digest
    assert after.modified == before.modified + 1
    assert held(a_tree(tmp_path, NOW.replace(hour=9)), "/").about.modified == after.modified, (
        "kept over a start"
    )


def test_what_stays_the_same_may_be_kept_for_longer_as_time_goes_by(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    clock = Clock(NOW)
    tree = PublicTree(tmp_path, "", clock)
    tree.refresh()
    feed = "/feeds/all/atom.xml"
    assert held(tree, feed).representation("gzip").start["headers"].count(kept_for(900)) == 1
    clock.wait(hours=24)
    tree.refresh()
    found = held(tree, feed)
    for message in (found.representation("gzip").start, found.representation("gzip").unchanged):
        assert message["headers"].count(kept_for(3600)) == 1


def test_a_tree_knows_when_somebody_has_published(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    tree = a_tree(tmp_path)
    assert not tree.is_outdated()
    put(tmp_path, FILES)
    tree.refresh()
    put(tmp_path, FILES | {"feeds/all/atom.xml": b"<feed>deep below</feed>"})
    assert tree.is_outdated()
    tree.refresh()
    assert not tree.is_outdated()


def test_a_file_of_tomorrow_is_not_said_to_be_of_tomorrow(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    os.utime(tmp_path / "index.html", (NOW.timestamp() + 9999, NOW.timestamp() + 9999))
    assert held(a_tree(tmp_path), "/").about.modified == NOW.timestamp()


def test_a_build_that_was_cut_short_is_not_taken_up(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    tree = a_tree(tmp_path)
    (tmp_path / "index.html").write_bytes(b"of the new build, whose other half is missing")
    (tmp_path / CHANGING).touch()
    assert not tree.refresh(mixed=True)
    assert held(tree, "/").content == FILES["index.html"]
    fresh = PublicTree(tmp_path, "", at(NOW))
    assert not fresh.refresh()
    assert not fresh.ready
    assert fresh.refresh(mixed=True), "rather that than nothing, when there will be no better"
    put(tmp_path, FILES)
    assert tree.refresh()
    assert not (tmp_path / CHANGING).exists()


def test_a_tree_is_not_read_while_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, FILES)
    tree = a_tree(tmp_path)
    reached, go_on = Event(), Event()
    replace = os.replace

    def slowly(source: str, target: str) -> None:
        replace(source, target)
        reached.set()
        go_on.wait(10)

    monkeypatch.setattr(os, "replace", slowly)
    new = {path: b"new " + content for path, content in FILES.items()}
    building = Thread(target=put, args=(tmp_path, new))
    building.start()
    assert reached.wait(10)
    reading = Thread(target=tree.refresh)
    reading.start()
    reading.join(0.3)
    assert reading.is_alive()
    assert held(tree, "/").content == FILES["index.html"]
    go_on.set()
    for thread in (building, reading):
        thread.join(10)
    found = {path: each.content for path, (_, each) in tree.now.files.items() if isinstance(each, Held)}
    assert found == new


def test_what_is_gone_says_so_and_what_moved_leads_on(tmp_path: Path) -> None:
    put(tmp_path, FILES | {"items/notice/index.html": b"withdrawn"})
    tree = PublicTree(tmp_path, "", at(NOW))
    fates = {"items/notice/": None, "items/away/": None, "items/old/": "items/new/", "index.html": "items/x/"}
    tree.refresh(fates)
    assert held(tree, "/items/notice/").about.status == 410
    assert isinstance(tree.now.table["/items/away/"], Gone)
    assert isinstance(tree.now.table["/items/away"], Gone)
    assert tree.now.table["/items/old/"] == Moved("/items/new/")
    assert isinstance(tree.now.table["/"], Held), "what is there is served, whatever is said of it"
    tree.refresh({})
    assert held(tree, "/items/notice/").about.status == 200, "it was brought back"


def test_what_does_not_fit_into_memory_is_read_from_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUDGET", 100)
    put(tmp_path, FILES | {"items/x/index.html": os.urandom(300).hex().encode(), "media/ab/p.jpg": b"jpg"})
    tree = a_tree(tmp_path)
    assert isinstance(tree.now.table["/feeds/all/atom.xml"], Held), "feeds are kept before all"
    assert isinstance(tree.now.table["/items/x/"], OnDisk)
    assert isinstance(tree.now.table["/media/ab/p.jpg"], OnDisk)


def test_encodings_are_made_once_and_let_go_of_when_they_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, FILES | {f"items/{number}/index.html": b"item " * 200 for number in range(9)})
    tree = a_tree(tmp_path)
    hot, found = held(tree, "/"), held(tree, "/items/1/")
    assert tree.representation(found, "br") is tree.representation(found, "br")
    assert len({tree.representation(found, each).tag for each in ("identity", "gzip", "br")}) == 3
    monkeypatch.setattr(module, "UNFOLDED", 4000)
    for number in range(9):
        assert gzip.decompress(tree.representation(held(tree, f"/items/{number}/"), "gzip").body["body"])
        tree.representation(held(tree, f"/items/{number}/"), "identity")
    kept = [each for _, each in tree.now.files.values() if isinstance(each, Held) and each.ready]
    assert 0 < len(kept) < 8
    assert len(hot.ready) == 3


def test_a_folder_that_is_not_there_is_an_empty_tree(tmp_path: Path) -> None:
    assert a_tree(tmp_path / "nowhere").now.table == {}


@pytest.mark.parametrize(
    ("path", "of", "type_"),
    [
        ("feeds/all/atom.xml", Kind.ATOM, "application/atom+xml; charset=utf-8"),
        ("feeds/all/rss.xml", Kind.RSS, "application/rss+xml; charset=utf-8"),
        ("feeds/all/feed.json", Kind.JSON, "application/feed+json"),
        ("feeds/events/events.ics", Kind.CALENDAR, "text/calendar; charset=utf-8"),
        ("feeds/feeds.opml", Kind.OTHER, "text/x-opml; charset=utf-8"),
        ("items/x/index.html", Kind.PAGE, "text/html; charset=utf-8"),
        ("media/ab/Foto.JPG", Kind.MEDIA, "image/jpeg"),
        ("media/ab/plan.pdf", Kind.MEDIA, "application/pdf"),
        ("media/ab/tabell.csv", Kind.MEDIA, "text/csv; charset=utf-8"),
        ("media/ab/what", Kind.MEDIA, "application/octet-stream"),
        ("robots.txt", Kind.OTHER, "text/plain; charset=utf-8"),
    ],
)
def test_a_file_has_the_type_that_its_name_says(path: str, of: Kind, type_: str) -> None:
    assert (kind(path), content_type(path)) == (of, type_)


def test_caches_follow_the_rhythm_within_bounds() -> None:
    assert max_age(Kind.ATOM, 1000, 1000) == 15 * MINUTE
    assert max_age(Kind.ATOM, 0, 5 * HOUR) == HOUR / 2
    assert max_age(Kind.ATOM, 0, YEAR) == HOUR
    assert max_age(Kind.PAGE, 0, YEAR) == 15 * MINUTE
    assert cache_control(Kind.MEDIA, 0, 0) == f"public, max-age={YEAR}, immutable"
