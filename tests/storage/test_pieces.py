from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine

from storage import pieces
from storage.engine import reading, writing
from tests.scenarios import NOW, a_known


def test_what_was_remembered_is_known_without_its_snapshot(database: Engine) -> None:
    event = a_known(key="e", kind="event", sequence=3, withdrawn=NOW, withdrawn_reason="file gone")
    item = a_known(key="i", visible_since=NOW, snapshot='{"title": "Å"}')
    with writing(database) as conn:
        pieces.remember(conn, [item, event])
    with reading(database) as conn:
        assert pieces.known(conn) == [event, replace(item, snapshot="")]
        assert pieces.snapshots(conn, ["i", "e", "nowhere"]) == {"i": '{"title": "Å"}'}


def test_remembering_again_writes_over_but_for_an_empty_snapshot(database: Engine) -> None:
    old = a_known(key="i", snapshot="old", withdrawn=NOW, withdrawn_reason="gone")
    new = a_known(key="i", content_hash="e" * 64, updated=NOW + timedelta(days=1))
    with writing(database) as conn:
        pieces.remember(conn, [old])
        pieces.remember(conn, [new])
    with reading(database) as conn:
        assert pieces.known(conn) == [new]
        assert pieces.snapshots(conn, ["i"]) == {"i": "old"}


def test_two_pieces_may_change_slugs_with_each_other(database: Engine) -> None:
    one, two = a_known(key="1", slug="a"), a_known(key="2", slug="b")
    with writing(database) as conn:
        pieces.remember(conn, [one, two])
        pieces.remember(conn, [replace(one, slug="b"), replace(two, slug="a")])
    with reading(database) as conn:
        assert [row.slug for row in pieces.known(conn)] == ["b", "a"]


def test_an_item_and_an_event_may_have_the_same_slug(database: Engine) -> None:
    with writing(database) as conn:
        pieces.remember(conn, [a_known(key="1", slug="a"), a_known(key="2", slug="a", kind="event")])
    with reading(database) as conn:
        assert len(pieces.known(conn)) == 2


def test_remembering_nothing_is_nothing(database: Engine) -> None:
    with writing(database) as conn:
        pieces.remember(conn, [])
        assert pieces.snapshots(conn, []) == {}


def test_more_pieces_than_a_statement_takes_values(database: Engine) -> None:
    many = [a_known(key=f"{n:05}", slug=f"s{n}", snapshot="{}") for n in range(pieces.BATCH + 1)]
    with writing(database) as conn:
        pieces.remember(conn, many)
        assert len(pieces.known(conn)) == len(many)
        assert len(pieces.snapshots(conn, [row.key for row in many])) == len(many)
