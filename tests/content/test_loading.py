"""The life of pieces over several loadings, with a ledger that remembers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from content import folder
from content.errors import SourceMissing, TooManyWithdrawn
from content.settings import SourceSettings
from tests.content.newsrooms import Room, keys_of, told
from tests.scenarios import BASE_URL


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_the_same_files_give_the_same_newsroom_and_nothing_to_remember(room: Room) -> None:
    room.item("a.md", "A", image="{src: https://example.org/a.png, alt: x}")
    room.event("b.md", "B")
    first = room.load()
    assert len(first.remember) == 2
    again = room.load()
    assert again.remember == ()
    assert again.newsroom == first.newsroom
    assert room.recalled == []


def test_a_piece_knows_since_when_the_public_sees_it_whatever_its_date_says(room: Room) -> None:
    room.item("a.md", "A", date="2026-01-05")
    first = room.load().newsroom.items[0].visible_since
    room.item("b.md", "B", date="2026-01-04")
    later = {item.title: item.visible_since for item in room.load(days=3).newsroom.items}
    assert first == later["A"]
    assert first is not None
    assert later["B"] == first + timedelta(days=3)


def test_a_fresh_ledger_gives_the_same_newsroom(room: Room) -> None:
    room.item("a.md", "A", withdrawn="2026-09-20", withdrawn_reason="It was wrong")
    room.item("deep/b.md", "B")
    room.item("other/b.md", "B2")
    first = room.load()
    room.ledger.clear()
    assert room.load().newsroom == first.newsroom


def test_items_stand_newest_first_and_events_by_start(room: Room) -> None:
    room.item("a.md", "Old", date="2026-08-01")
    room.item("b.md", "New", date="2026-09-03")
    room.event("c.md", "Later", start="2026-11-01")
    room.event("d.md", "Sooner", start="2026-10-20 08:00")
    room.event("e.md", "Whole day before timed", start="2026-10-20")
    newsroom = room.load().newsroom
    assert [item.title for item in newsroom.items] == ["New", "Old"]
    assert [event.title for event in newsroom.events] == ["Whole day before timed", "Sooner", "Later"]


def test_an_embargo_ends_by_itself_and_its_key_survives_a_rename_before(room: Room) -> None:
    room.item("a.md", "Secret", date="2026-10-05 08:00")
    hidden = room.load()
    assert hidden.newsroom.items == ()
    (row,) = hidden.remember
    assert (row.visible_since, row.snapshot) == (None, "")
    room.rename("a.md", "b.md")
    room.load(days=1)
    (item,) = room.load(days=3).newsroom.items
    assert item.key == row.key
    assert item.updated == item.published
    assert room.ledger[row.key].visible_since == room.now


@pytest.mark.parametrize(
    "change", ["rename", "recategorise", "retitle", "edit", "folder", "reslug", "redate"]
)
def test_the_key_and_the_address_survive(room: Room, change: str) -> None:
    room.item("a.md", "A", "The text.")
    before = room.one_item()
    changes = {
        "rename": lambda: room.rename("a.md", "zzz.md"),
        "folder": lambda: room.rename("a.md", "2026/press/a.md"),
        "recategorise": lambda: room.item("a.md", "A", "The text.", category="press"),
        "retitle": lambda: room.item("a.md", "Another title", "The text."),
        "edit": lambda: room.item("a.md", "A", "Quite another text."),
        "reslug": lambda: room.item("a.md", "A", "The text.", slug="other"),
        "redate": lambda: room.item("a.md", "A", "The text.", date="2026-09-05 08:00"),
    }
    changes[change]()
    loaded = room.load(days=1)
    (after,) = loaded.newsroom.items
    assert after.key == before.key
    assert after.link == (f"{BASE_URL}/items/other/" if change == "reslug" else before.link)
    assert loaded.newly_withdrawn == ()


@pytest.mark.parametrize(
    ("head", "moves"),
    [
        ({"title": "Another"}, True),
        ({"body": "Another text."}, True),
        ({"summary": "Another"}, True),
        ({"image": "{src: https://example.org/b.png, alt: x}"}, True),
        ({"link": "https://example.org/x"}, True),
        ({"author": "Somebody"}, True),
        ({"category": "press"}, False),
        ({"tags": "[a, b]"}, False),
        ({"pinned": "true"}, False),
        ({"slug": "another"}, False),
        ({}, False),
    ],
)
def test_updated_moves_when_the_content_does_and_only_then(
    room: Room,
    head: dict[str, str],
    moves: bool,  # noqa: FBT001
) -> None:
    room.item("a.md", title="A", body="The text.")
    before = room.one_item()
    room.item("a.md", **{"title": "A", "body": "The text."} | head)
    (after,) = room.load(days=1).newsroom.items
    assert (after.updated != before.updated) is moves
    assert after.updated == (room.now if moves else before.updated)
    assert room.load(days=1).newsroom.items == (after,)


def test_a_change_that_is_not_of_the_content_renews_the_snapshot(room: Room) -> None:
    room.item("a.md")
    room.load()
    room.item("a.md", category="press")
    (row,) = room.load(days=1).remember
    assert '"category":"press"' in row.snapshot


def test_a_picture_with_new_bytes_is_a_change(room: Room) -> None:
    room.write("a.pdf", b"%PDF one")
    room.item("a.md", attachments="[a.pdf]")
    before = room.one_item()
    room.write("a.pdf", b"%PDF two")
    (after,) = room.load(days=1).newsroom.items
    assert after.updated == room.now
    assert after.attachments[0].url != before.attachments[0].url


def test_updated_never_goes_back(room: Room) -> None:
    room.item("a.md", body="One.")
    room.load()
    room.item("a.md", body="Two.")
    (edited,) = room.load(days=1).newsroom.items
    room.item("a.md", body="Two.", updated="2026-09-02")
    (after,) = room.load(days=1).newsroom.items
    assert after.updated == edited.updated


def test_a_file_that_is_gone_is_withdrawn_shown_as_a_notice_and_then_gone(room: Room) -> None:
    room.item("a.md", "A")
    room.item("b.md", "B")
    key = keys_of(room.load())["A"]
    room.remove("a.md")
    loaded = room.load(days=1)
    assert [row.key for row in loaded.newly_withdrawn] == [key]
    assert loaded.newly_withdrawn[0] in loaded.remember
    notice = next(item for item in loaded.newsroom.items if item.key == key)
    assert (notice.title, notice.link, notice.withdrawn) == ("A", f"{BASE_URL}/items/a/", room.now)
    assert (notice.body_html, notice.text, notice.summary, notice.media) == ("", "", "", ())
    assert notice.updated == room.now
    later = room.load(days=1)
    assert (later.newly_withdrawn, later.remember) == ((), ())
    assert notice in later.newsroom.items
    assert [item.title for item in room.load(days=30).newsroom.items] == ["B"]


def test_a_file_that_is_back_lifts_the_withdrawal(room: Room) -> None:
    room.item("a.md", "A", "The text.")
    room.item("b.md", "B")
    before = keys_of(room.load())
    room.remove("a.md")
    room.load(days=1)
    room.item("elsewhere.md", "A", "The text.")
    loaded = room.load(days=1)
    assert keys_of(loaded) == before
    item = next(item for item in loaded.newsroom.items if item.title == "A")
    assert (item.withdrawn, item.updated) == (None, room.now)
    assert room.ledger[item.key].withdrawn is None
    assert room.load(days=1).newsroom == loaded.newsroom


def test_a_lifted_item_with_an_old_updated_in_its_head_does_not_go_back(room: Room) -> None:
    room.item("a.md", "A", updated="2026-09-02")
    room.load()
    room.item("a.md", "A", updated="2026-09-02", withdrawn="true")
    room.load(days=1)
    room.item("a.md", "A", updated="2026-09-02")
    (item,) = room.load(days=1).newsroom.items
    assert item.updated == room.now
    assert room.load(days=1).newsroom.items == (item,)


@pytest.mark.parametrize(
    ("head", "reason"),
    [("true", ""), ("The figures were wrong", "The figures were wrong"), ("2026-10-02 07:00", "")],
)
def test_withdrawn_in_the_head_is_a_notice_with_its_reason(room: Room, head: str, reason: str) -> None:
    room.item("a.md", "A")
    room.load()
    room.item("a.md", "A", withdrawn=head)
    loaded = room.load(days=1)
    (notice,) = loaded.newsroom.items
    assert notice.withdrawn is not None
    assert (notice.withdrawn_reason, notice.body_html) == (reason, "")
    assert loaded.newly_withdrawn == ()
    assert room.load(days=1).newsroom.items == (notice,)


def test_a_withdrawal_to_come_waits_for_its_time(room: Room) -> None:
    room.item("a.md", "A", expiryDate="2026-10-03 12:00")
    assert room.one_item().withdrawn is None
    (notice,) = room.load(days=2).newsroom.items
    assert notice.withdrawn is not None


def test_a_draft_of_something_public_withdraws_it_and_keeps_its_key(room: Room) -> None:
    room.event("a.md", "A")
    before = room.one_event()
    room.event("a.md", "A", "Being rewritten", draft="true", start="2026-12-01")
    (notice,) = room.load(days=1).newsroom.events
    assert (notice.key, notice.withdrawn, notice.sequence) == (before.key, room.now, before.sequence + 1)
    room.write("a.md", "---\ndraft: true\n---\nNothing is left")
    room.load(days=1)
    room.event("a.md", "A", "Rewritten", start="2026-12-01")
    (after,) = room.load(days=1).newsroom.events
    assert (after.key, after.withdrawn) == (before.key, None)
    assert after.sequence > notice.sequence


def test_what_was_never_visible_vanishes_silently(room: Room) -> None:
    room.item("a.md", "A", date="2027-01-01")
    room.item("b.md", "B", withdrawn="true")
    room.load()
    room.remove("a.md")
    loaded = room.load(days=1)
    assert (loaded.newsroom.items, loaded.newly_withdrawn, loaded.problems) == ((), (), ())


def test_what_is_set_aside_stays_published_as_it_was(room: Room) -> None:
    room.item("a.md", "A", "See [b](b.md).")
    room.item("b.md", "B", "The text.")
    before = room.load().newsroom
    room.write("b.md", "---\ntitle: [\n---\n")
    loaded = room.load(days=1)
    assert loaded.newsroom == before
    assert (loaded.set_aside, loaded.newly_withdrawn, loaded.remember) == (("items/b.md",), (), ())
    room.item("b.md", "B", "The text, mended.")
    (_, mended) = sorted(room.load(days=1).newsroom.items, key=lambda item: item.title)
    assert (mended.key, mended.updated) == (
        before.items[1].key if before.items[1].title == "B" else before.items[0].key,
        room.now,
    )


def test_a_text_that_cannot_be_rendered_any_more_stays_as_it_was(room: Room) -> None:
    room.item("a.md", "A")
    before = room.load().newsroom
    room.item("a.md", "A", ">" * 1000)
    loaded = room.load(days=1)
    assert loaded.newsroom == before
    assert loaded.set_aside == ("items/a.md",)


def test_a_folder_that_cannot_be_listed_keeps_what_was_published_of_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("deep/a.md", "deep/b.md", "c.md"):
        room.item(name, name)
    before = room.load().newsroom
    real = folder._listed

    def refuse(entry: Any) -> Any:
        if str(getattr(entry, "path", entry)).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real(entry)

    monkeypatch.setattr(folder, "_listed", refuse)
    loaded = room.load(days=1)
    assert loaded.newsroom == before
    assert told(loaded) == ["deep: the folder cannot be read (Permission denied)"]


@pytest.mark.parametrize(
    ("total", "gone", "stops"),
    [
        (1, 1, False),
        (2, 2, True),
        (5, 2, False),
        (10, 2, False),
        (10, 3, True),
        (12, 3, True),
        (13, 3, False),
        (40, 10, True),
    ],
)
def test_many_withdrawals_at_once_stop_the_loading(room: Room, total: int, gone: int, stops: bool) -> None:  # noqa: FBT001
    for number in range(total):
        room.item(f"{number}.md", f"Item {number}")
    room.load()
    ledger = dict(room.ledger)
    for number in range(gone):
        room.remove(f"{number}.md")
    if stops:
        with pytest.raises(
            TooManyWithdrawn, match=rf"{gone} of the {total} published pieces of items .*--allow-withdrawals"
        ):
            room.load(days=1)
        assert room.ledger == ledger
    assert len(room.load(allow_withdrawals=True).newly_withdrawn) == gone


def test_the_limit_holds_for_each_source_alone(room: Room, tmp_path: Path) -> None:
    room.sources.append(SourceSettings(folder=tmp_path / "events"))
    (tmp_path / "events").mkdir()
    for number in range(20):
        room.item(f"{number}.md", f"Item {number}")
    for number in range(2):
        room.event(f"../events/{number}.md", f"Event {number}")
    room.load()
    for number in range(2):
        room.remove(f"../events/{number}.md")
    with pytest.raises(TooManyWithdrawn) as caught:
        room.load()
    assert (caught.value.folder, caught.value.visible, len(caught.value.gone)) == ("events", 2, 2)


def test_a_missing_folder_stops_the_loading(room: Room, tmp_path: Path) -> None:
    room.sources.append(SourceSettings(folder=tmp_path / "nowhere"))
    with pytest.raises(SourceMissing, match="nowhere does not exist"):
        room.load()


def test_a_duplicate_id_sets_the_later_file_aside_naming_the_first(room: Room) -> None:
    room.item("a.md", "A", id="same")
    room.item("b.md", "B", id="same")
    room.item("c.md", "C", guid="same")
    loaded = room.load()
    assert [item.title for item in loaded.newsroom.items] == ["A"]
    assert loaded.set_aside == ("items/b.md", "items/c.md")
    first = room.folder / "a.md"
    assert told(loaded) == [
        f"b.md:5: id: 'same' is the id of {first}:2 already; each piece needs an id of its own",
        f"c.md:5: guid: 'same' is the id of {first}:2 already; each piece needs an id of its own",
    ]


def test_a_new_id_for_a_known_file_is_told(room: Room) -> None:
    room.item("a.md", "A")
    key = room.one_item().key
    room.item("a.md", "A", id="mine")
    loaded = room.load(days=1)
    assert f"write id: {key}" in told(loaded, fatal=False)[0]
    assert told(room.load(days=1)) == []


def test_two_files_that_change_places_keep_their_keys(room: Room) -> None:
    room.item("a.md", "A", "Text of A.")
    room.item("b.md", "B", "Text of B.")
    before = keys_of(room.load())
    room.rename("a.md", "t.md")
    room.rename("b.md", "a.md")
    room.rename("t.md", "b.md")
    assert keys_of(room.load(days=1)) == before


def test_slugs_are_unique_and_stay(room: Room) -> None:
    room.item("x/news.md", "First")
    room.item("y/news.md", "Second")
    room.event("z/news.md", "Event")
    slugs = {piece.title: piece.slug for piece in (*room.load().newsroom.items, *room.load().newsroom.events)}
    assert slugs == {"First": "news", "Second": "news-2", "Event": "news"}
    room.item("a/news.md", "Third")
    room.item("q.md", "Fourth", slug="news")
    loaded = room.load(days=1)
    assert {item.title: item.slug for item in loaded.newsroom.items} == {
        "First": "news", "Second": "news-2", "Third": "news-3", "Fourth": "news-4",
    }  # fmt: skip
    assert told(loaded) == ["q.md:5: slug: 'news' is taken by another item; this one is at 'news-4'"]


def test_the_slug_of_a_withdrawn_piece_is_not_given_away(room: Room) -> None:
    room.item("a.md", "A")
    room.item("b.md", "B")
    room.load()
    room.remove("a.md")
    room.load(days=1)
    room.item("new/a.md", "Another")
    assert {item.title: item.slug for item in room.load(days=40).newsroom.items} == {
        "B": "b",
        "Another": "a-2",
    }


def test_a_damaged_snapshot_is_told_and_no_crash(room: Room) -> None:
    room.item("a.md", "A")
    key = room.one_item().key
    room.ledger[key] = replace(room.ledger[key], snapshot="{damaged")
    room.remove("a.md")
    loaded = room.load(days=1)
    assert loaded.newsroom.items == ()
    assert "damaged" in told(loaded)[0]


def test_sources_may_overlap_and_share_a_name(room: Room, tmp_path: Path) -> None:
    other = tmp_path / "other" / "items"
    other.mkdir(parents=True)
    room.sources += [SourceSettings(folder=other), SourceSettings(folder=room.folder / "deep")]
    room.item("deep/a.md", "A")
    (other / "a.md").write_text("---\ntitle: B\ndate: 2026-09-01\ncategory: news\n---\nText")
    newsroom = room.load().newsroom
    assert sorted(item.source for item in newsroom.items) == ["items/deep/a.md", "other/items/a.md"]


def test_what_is_passed_over_and_what_is_told_of_links(room: Room, tmp_path: Path) -> None:
    room.item("a.md", "A")
    for name in (
        ".hidden.md",
        "a.md~",
        "#a.md#",
        "_index.md",
        "README.md",
        ".git/b.md",
        "_drafts/c.md",
        "note.txt",
        "a.md.bak",
    ):
        room.write(name, "not read")
    outside = tmp_path / "outside.md"
    outside.write_text("---\ntitle: Secret\ndate: 2026-09-01\ncategory: news\n---\n")
    (room.folder / "link.md").symlink_to(outside)
    (room.folder / "around").symlink_to(tmp_path)
    loaded = room.load()
    assert [item.title for item in loaded.newsroom.items] == ["A"]
    assert told(loaded, fatal=False) == [
        "around: is a symbolic link, which is not followed; put the file itself here",
        "link.md: is a symbolic link, which is not followed; put the file itself here",
    ]


def test_a_source_may_say_what_its_files_are(room: Room) -> None:
    room.sources = [SourceSettings(folder=room.folder, kind="items", category="blog")]
    room.item("a.md", "A", category="", start="2026-10-05")
    room.write("list.yaml", "- title: B\n  start: 2026-10-05\n")
    newsroom = room.load().newsroom
    assert [(item.title, item.category) for item in newsroom.items] == [("A", "blog")]
    assert newsroom.events == ()
    room.sources = [SourceSettings(folder=room.folder, kind="events")]
    room.item("c.md", "C")
    assert "c.md:2: start: is missing" in " ".join(told(room.load(allow_withdrawals=True)))


def test_counts_sum_up(room: Room) -> None:
    room.item("a.md", "A")
    room.item("b.md", "B", date="2027-01-01")
    room.item("c.md", "C", draft="true")
    room.event("d.md", "D")
    room.write("e.md", "nothing")
    assert room.load().counts == {"items": 1, "embargoed": 1, "drafts": 1, "events": 1, "set_aside": 1}
