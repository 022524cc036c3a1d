"""Loading with the ledger: what is new is remembered before anything is published, also by two at once."""

import threading
from datetime import timedelta
from pathlib import Path

from pressroom.bootstrap import look_into, open_pressroom
from pressroom.loading import Load, glance, load
from storage import pieces
from storage.engine import reading
from tests.pressroom.newsrooms import a_newsroom, at, loaded, write_item
from tests.scenarios import NOW


def test_what_is_loaded_is_remembered_and_a_glance_is_not(database_url: str, tmp_path: Path) -> None:
    config = loaded(a_newsroom(tmp_path), {"PRESSROOM_STORAGE__URL": database_url})
    with open_pressroom(config, at(NOW)) as room:
        seen = glance(room, NOW)
        with reading(room.engine) as connection:
            assert pieces.known(connection) == []
        first = load(room, NOW)
        with reading(room.engine) as connection:
            known = {row.key: row for row in pieces.known(connection)}
    assert len(seen.loaded.newsroom.items) == 1
    assert {item.key for item in first.loaded.newsroom.items} <= known.keys()
    assert set(first.visible_since) == set(known)


def test_ids_stay_when_it_is_loaded_again(database_url: str, tmp_path: Path) -> None:
    config = loaded(a_newsroom(tmp_path), {"PRESSROOM_STORAGE__URL": database_url})
    with open_pressroom(config, at(NOW)) as room:
        first = load(room, NOW).loaded.newsroom
        (tmp_path / "content" / "first.md").rename(tmp_path / "content" / "renamed.md")
        again = load(room, NOW + timedelta(hours=1)).loaded
    assert [item.key for item in again.newsroom.items] == [item.key for item in first.items]
    assert again.newly_withdrawn == ()


def test_the_next_embargo_is_known(tmp_path: Path) -> None:
    config = loaded(a_newsroom(tmp_path))
    write_item(tmp_path, "later", "Later", date="2026-10-03 09:00")
    write_item(tmp_path, "much-later", "Much later", date="2026-12-03 09:00")
    with open_pressroom(config, at(NOW)) as room:
        assert load(room, NOW).next_embargo == NOW.replace(day=3, hour=7)
        assert load(room, NOW + timedelta(hours=1)).next_embargo == NOW.replace(day=3, hour=7)


def test_without_a_ledger_one_can_look_and_leaves_no_trace(tmp_path: Path) -> None:
    config = loaded(a_newsroom(tmp_path))
    with look_into(config, at(NOW)) as room:
        assert len(glance(room, NOW).loaded.newsroom.items) == 1
    assert not (tmp_path / "data").exists()


def test_an_empty_file_in_the_place_of_the_ledger_stays_empty(tmp_path: Path) -> None:
    config = loaded(a_newsroom(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").touch()
    with look_into(config, at(NOW)) as room:
        glance(room, NOW)
    assert [(path.name, path.stat().st_size) for path in (tmp_path / "data").iterdir()] == [("ledger.db", 0)]


def test_several_that_load_at_once_agree_on_the_ids(database_url: str, tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    for number in range(30):
        write_item(tmp_path, f"n{number}", f"Number {number}")
    config = loaded(file, {"PRESSROOM_STORAGE__URL": database_url})
    found: list[Load] = []
    start = threading.Barrier(4)

    def work() -> None:
        with open_pressroom(config, at(NOW)) as room:
            start.wait(30)
            found.append(load(room, NOW))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ids = [{item.source: item.key for item in each.loaded.newsroom.items} for each in found]
    assert len(ids) == 4
    assert all(each == ids[0] for each in ids)
