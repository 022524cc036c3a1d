"""Whatever is done to a folder, in any order: what holds of every history."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from content.newsroom import Event, Item
from tests.content.newsrooms import Room

NAMES = ["a.md", "b.md", "deep/c.md", "e.md"]
HEADS: list[dict[str, str]] = [
    {},
    {"title": "Another title"},
    {"category": "press"},
    {"draft": "true"},
    {"withdrawn": "It was wrong"},
    {"date": "2026-10-05"},
    {"updated": "2026-09-02"},
    {"slug": "wish"},
    {"id": "given"},
    {"title": "[broken"},
]
actions = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(HEADS), st.integers(0, 3)),
    st.tuples(st.just("remove"), st.sampled_from(NAMES)),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
)


def act(room: Room, action: tuple[object, ...]) -> None:
    match action:
        case ("write", str(name), dict(head), int(text)):
            kind = room.event if name.startswith("e") else room.item
            kind(name, **{"title": f"Title {text}", "body": f"Text {text}."} | head)
        case ("remove", str(name)):
            (room.folder / name).unlink(missing_ok=True)
        case ("rename", str(old), str(new)) if (room.folder / old).exists():
            room.rename(old, new)
        case ("wait", int(days)):
            room.load(days=days, allow_withdrawals=True)


def public(room: Room) -> dict[str, Item | Event]:
    newsroom = room.load(days=0.01, allow_withdrawals=True).newsroom
    pieces = [*newsroom.items, *newsroom.events]
    assert len({piece.key for piece in pieces}) == len(pieces)
    assert len({piece.link for piece in pieces}) == len(pieces)
    return {piece.key: piece for piece in pieces}


@settings(max_examples=80, deadline=None)
@given(st.lists(actions, min_size=1, max_size=8))
def test_what_was_shown_is_never_older_never_lost_and_settles(history: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        shown: dict[str, Item | Event] = {}
        since = {}
        for action in history:
            act(room, action)
            before, shown = shown, public(room)
            for key, piece in shown.items():
                assert piece.published <= room.now
                assert piece.updated <= room.now
                assert not (piece.withdrawn and piece.body_html)
                assert room.ledger[key].visible_since == since.setdefault(key, room.ledger[key].visible_since)
                if key in before:
                    assert piece.updated >= before[key].updated
                if isinstance(piece, Event) and isinstance(old := before.get(key), Event):
                    assert piece.sequence >= old.sequence
            for key, piece in before.items():
                # Only an embargo set afterwards and the end of a notice take away what was shown.
                row = room.ledger[key]
                assert key in shown or row.published > room.now or (row.withdrawn and piece.withdrawn)
        settled = room.load(allow_withdrawals=True)
        assert settled.remember == ()
        assert settled.newly_withdrawn == ()
