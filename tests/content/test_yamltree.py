import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from content.errors import YamlError
from content.newsroom import Problem
from content.yamltree import Document, parse, written


def problems(text: str, *, first_line: int = 1) -> list[str]:
    with pytest.raises(YamlError) as caught:
        parse(text, "f", first_line=first_line)
    return [f"{problem.line}: {problem.key or ''}: {problem.message}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a: no\nb: yes\nc: on\nd: off\ne: y", {"a": "no", "b": "yes", "c": "on", "d": "off", "e": "y"}),
        (
            "a: 17:30\nb: 012\nc: 08\nd: +46812345\ne: 1_000",
            {"a": "17:30", "b": "012", "c": "08", "d": "+46812345", "e": "1_000"},
        ),
        (
            "a: 0x10\nb: 0o7\nc: 1e3\nd: .5\ne: .inf\nf: .nan",
            {"a": "0x10", "b": "0o7", "c": "1e3", "d": ".5", "e": ".inf", "f": ".nan"},
        ),
        ("a: 12\nb: -3\nc: 0\nd: 1.5", {"a": 12, "b": -3, "c": 0, "d": 1.5}),
        ("a: '12'\nb: \"true\"\nc: ''", {"a": "12", "b": "true", "c": ""}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: 2026-10-02\nb: 2026-10-02 08:45:00", {"a": "2026-10-02", "b": "2026-10-02 08:45:00"}),
        ("2026: x\ntrue: y\n~: z", {"2026": "x", "true": "y", "~": "z"}),
        ("- a\n- [b, {c: d}]", ["a", ["b", {"c": "d"}]]),
        ("a: |\n  b\n  c\nd: >\n  e\n  f\n", {"a": "b\nc\n", "d": "e f\n"}),
        ("a: !!str 12\nb: ! x", {"a": "12", "b": "x"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("---\na: 1\n...\n", {"a": 1}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
    ],
)
def test_values_are_what_people_mean(text: str, value: object) -> None:
    assert parse(text, "f").value == value


def test_numbers_stay_as_they_are_written_where_they_are_not_wanted() -> None:
    assert parse("title: 1.10\nyear: 2026\ndraft: true", "f", numbers=False).value == {
        "title": "1.10",
        "year": "2026",
        "draft": True,
    }


PLACES = """title: A
image:
  src: a.jpg
  alt: A picture
tags: [one, two]
events:
  - start: x
    end: y
  - start: z
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("title",), (1, 1)),
        (("image", "alt"), (4, 3)),
        (("tags", 1), (5, 13)),
        (("events", 1, "start"), (9, 5)),
        (("events", 1, "end"), (9, 5)),
        (("image", "src", "deeper"), (3, 3)),
        (("nowhere", "at", "all"), (1, 1)),
    ],
)
def test_every_value_has_a_place_and_a_missing_one_that_of_its_parent(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert parse(PLACES, "f").place(path) == place


def test_lines_count_from_where_the_text_begins() -> None:
    document = parse("a: 1\nb: 2", "f", first_line=5)
    assert document.place(("b",)) == (6, 1)
    assert problems("a: 1\na: 2", first_line=5) == ["6: a: this key is here twice; first on line 5"]
    assert problems("a: [", first_line=5)[0].startswith("5: : not valid YAML")


def test_a_path_is_written_as_people_count() -> None:
    assert written(("events", 1, "start")) == "events[2].start"
    assert written(()) == ""


def test_a_head_that_is_no_yaml_has_places_too() -> None:
    document = Document.of_lines({"title": "A", "date": "B"}, "f", {"title": 3, "date": 4, "gone": 5})
    assert document.place(("date",)) == (4, 1)


def test_all_duplicate_keys_are_told_at_once() -> None:
    assert problems("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}") == [
        "3: a: this key is here twice; first on line 1",
        "4: d: this key is here twice; first on line 4",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title: a: b", 1, "put the value in quotes"),
        ("a: 1\n\tb: 2", 2, "spaces"),
        ("a: @b", 1, "quote a value that begins with @"),
        ("a: *b", 1, "quotes round a value that begins with *"),
        ('a: "b', 1, "never closed"),
        ("a: [b", 1, "never closed"),
        ("a: 'b'c'", 1, "doubled"),
        ("a: !!python/object/apply:os.system [ls]", 1, "tag"),
        ("a: !!int 3", 1, "tag"),
        ("? [a]\n: b", 1, "plain text"),
        ("<<: {a: 1}", 1, "merge keys"),
        ("a: &x [*x]", 1, "contains itself"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a: \ud800", 1, "surrogate"),
        ("a: b\x07", 1, "control characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_what_to_do(text: str, line: int, words: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"{line}: ")
    assert words in problem


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{letter}: &{letter} [{','.join([f'*{before}'] * 10)}]\n"
    for before, letter in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    "bomb", [LAUGHS, "[" * 100_000, "- " * 100_000, "{a: " * 100_000, "[" * 1000 + "]" * 1000], ids=range(5)
)
def test_a_bomb_is_refused_fast_and_without_a_crash(bomb: str) -> None:
    before = time.process_time()
    assert any(words in problems(bomb)[0] for words in ("aliases stand for", "nested more than"))
    assert time.process_time() - before < 1


names = st.text("abcdefghij -'\":#[]{}&*!|>%@`åäö", min_size=1, max_size=8)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(trees)
def test_what_another_writer_wrote_is_read_back(tree: object) -> None:
    assert parse(yaml.safe_dump(tree, allow_unicode=True), "f").value == tree


@settings(max_examples=300, deadline=None)
@given(st.text("abc:-[]{}&*!|>'\"%@`#?,\n \t~\\", max_size=40))
def test_any_text_is_read_or_refused_with_a_problem(text: str) -> None:
    for problem in refusal(text):
        assert 1 <= (problem.line or 1) <= text.count("\n") + 2


def refusal(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, "f")
    except YamlError as error:
        return error.problems or (Problem("f", "no reason", 0),)
    return ()
