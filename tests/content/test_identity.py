from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.identity import assign, new_key
from content.newsroom import Known

WHEN = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class File:
    """A candidate: `body` and `head` stand for their hashes."""

    source: str
    body_hash: str
    head_hash: str
    given: str | None = None
    kind: str = "item"
    taken_back: bool = False


def known(key: str, file: File, **over: object) -> Known:
    row = Known(key, file.kind, file.source, key, "", file.body_hash, file.head_hash, WHEN, WHEN, WHEN, WHEN)
    return replace(row, **over)  # type: ignore[arg-type]


def keys(files: Sequence[File], rows: Sequence[Known]) -> list[str | None]:
    return list(assign(files, rows).keys)


A, B, C = (File(f"{name}.md", f"body {name}", f"head {name}") for name in "abc")


@pytest.mark.parametrize(
    ("change", "files", "expected"),
    [
        ("nothing", [A, B], ["ka", "kb"]),
        ("order", [B, A], ["kb", "ka"]),
        ("renamed", [replace(A, source="x/y.md"), B], ["ka", "kb"]),
        ("edited", [replace(A, body_hash="new"), B], ["ka", "kb"]),
        ("retitled", [replace(A, head_hash="new"), B], ["ka", "kb"]),
        ("edited and retitled", [replace(A, body_hash="new", head_hash="new"), B], ["ka", "kb"]),
        ("renamed and retitled", [replace(A, source="z.md", head_hash="new"), B], ["ka", "kb"]),
        ("renamed and edited", [replace(A, source="z.md", body_hash="new"), B], ["ka", "kb"]),
        ("swapped names", [replace(A, source="b.md"), replace(B, source="a.md")], ["ka", "kb"]),
        ("old name for a new text", [replace(A, source="old.md"), replace(C, source="a.md")], ["ka", None]),
        ("a copy", [A, replace(A, source="copy.md"), B], ["ka", None, "kb"]),
        ("a given id that is known", [replace(C, given="ka"), B], ["ka", "kb"]),
        ("an item became an event", [replace(A, kind="event"), B], [None, "kb"]),
    ],
)
def test_a_piece_keeps_its_key(change: str, files: list[File], expected: list[str | None]) -> None:
    found = keys(files, [known("ka", A), known("kb", B)])
    for key, wanted in zip(found, expected, strict=True):
        assert key == wanted if wanted else key not in ("ka", "kb", None), change


def test_what_is_not_unique_is_not_guessed() -> None:
    rows = [known("ka", A), known("kb", replace(B, body_hash=A.body_hash))]
    (found,) = keys([replace(A, source="new.md", head_hash="other")], rows)
    assert found not in ("ka", "kb")


def test_a_new_text_where_a_withdrawn_one_was_is_a_new_piece() -> None:
    rows = [known("ka", A, withdrawn=WHEN)]
    assert keys([replace(A, body_hash="new", head_hash="new")], rows) != ["ka"]
    assert keys([replace(A, body_hash="new")], rows) == ["ka"]
    assert keys([replace(A, body_hash="new", head_hash="new", taken_back=True)], rows) == ["ka"]


def test_of_two_files_with_one_id_the_later_is_named_after_the_first() -> None:
    found = assign([replace(A, given="x"), B, replace(C, given="x")], [])
    assert found.keys[0] == "x"
    assert found.keys[2] is None
    assert found.clashes == {2: 0}


def test_a_given_id_that_an_unchanged_file_has_already_is_a_clash() -> None:
    found = assign([replace(C, given="ka"), A], [known("ka", A)])
    assert found.keys == (None, "ka")
    assert found.clashes == {0: 1}


def test_a_draft_that_is_a_copy_does_not_take_the_key() -> None:
    draft = replace(A, source="0-draft.md", taken_back=True)
    edited = replace(A, body_hash="edited")
    assert keys([draft, edited], [known("ka", A)])[1] == "ka"
    found = assign([replace(draft, given="x"), replace(edited, given="x")], [known("x", A)])
    assert (found.keys, found.clashes) == ((None, "x"), {0: 1})


def test_a_piece_that_is_renamed_and_taken_back_at_once_keeps_its_key() -> None:
    assert keys([replace(A, source="z.md", taken_back=True)], [known("ka", A)]) == ["ka"]


def test_a_new_id_for_a_known_file_is_told() -> None:
    assert assign([replace(A, given="mine")], [known("ka", A)]).renamed == {0: "ka"}
    assert assign([replace(A, given="mine")], [known("mine", A)]).renamed == {}


def test_keys_of_files_that_cannot_be_read_are_not_given_away() -> None:
    taken = new_key("item", "a.md", ())
    (found,) = assign([A], [], [taken]).keys
    assert found == new_key("item", "a.md", {taken})
    assert found != taken


def test_a_lost_ledger_gives_the_same_keys_again() -> None:
    assert keys([A, B], []) == keys([A, B], [])
    assert keys([B, A], []) == list(reversed(keys([A, B], [])))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[File], list[File]]:
    """Some files, and the same with at most one of name, text and head changed for each, in any order."""
    count = draw(st.integers(1, 7))
    before = [
        File(f"{n}.md", f"body {n}", f"head {n}", kind=draw(st.sampled_from(["item", "event"])))
        for n in range(count)
    ]
    after = []
    names = draw(st.permutations([file.source for file in before] + [f"new/{n}.md" for n in range(count)]))
    moving = draw(st.booleans())
    for number, file in enumerate(before):
        if moving:
            after.append(replace(file, source=names[number]))
        else:
            part = draw(st.sampled_from(["body_hash", "head_hash", "both", "nothing"]))
            edits = {"body_hash": f"edited {number}", "head_hash": f"retitled {number}"}
            after.append(replace(file, **{key: edits[key] for key in edits if part in (key, "both")}))
    return before, after


@settings(max_examples=400, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_keys_survive_any_renaming_or_any_editing(
    history: tuple[list[File], list[File]], random: Random
) -> None:
    before, after = history
    first = [key or "" for key in keys(before, [])]
    rows = [known(key, file) for key, file in zip(first, before, strict=True)]
    random.shuffle(rows)
    order = list(range(len(after)))
    random.shuffle(order)
    found = keys([after[number] for number in order], rows)
    assert found == [first[number] for number in order]


hashes = st.sampled_from(["1", "2", "3"])
files = st.builds(
    File,
    source=st.sampled_from(["a", "b", "c", "d"]),
    body_hash=hashes,
    head_hash=hashes,
    given=st.sampled_from([None, None, "x", "ka", "kb"]),
    taken_back=st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(files, max_size=4, unique_by=lambda file: file.source),
    st.lists(files, max_size=3),
    st.booleans(),
)
def test_no_two_pieces_ever_share_a_key(found: list[File], old: list[File], withdrawn: bool) -> None:  # noqa: FBT001
    rows = [
        known(f"k{letter}", file, withdrawn=WHEN if withdrawn else None)
        for letter, file in zip("abc", old, strict=False)
    ]
    result = assign(found, rows)
    given_keys = [key for key in result.keys if key is not None]
    assert len(given_keys) == len(set(given_keys))
    assert {number for number, key in enumerate(result.keys) if key is None} == set(result.clashes)
    for number, file in enumerate(found):
        assert file.given is None or result.keys[number] in (file.given, None)
