"""What is shown: aligned by what a terminal shows, and JSON for scripts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content.newsroom import Problem
from pressroom import screen


def test_a_table_is_aligned_also_with_wide_characters(capsys: pytest.CaptureFixture[str]) -> None:
    screen.table(("NAME", "COUNT"), [("新闻", 5), ("news", 1234)], right=(1,))
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["NAME  COUNT", "新闻      5", "news   1234"]


def test_json_knows_the_values_of_the_house(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "problem": Problem("a.md", "wrong", 3),
        "at": datetime(2026, 10, 2, tzinfo=UTC),
        "file": Path("x"),
    }
    screen.give_json(value | {"names": {"b", "a"}})
    found = json.loads(capsys.readouterr().out)
    assert found["problem"]["line"] == 3
    assert (found["at"], found["file"], found["names"]) == ("2026-10-02T00:00:00+00:00", "x", ["a", "b"])


def test_nothing_is_coloured_when_piped_and_problems_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    screen.heading("Title")
    screen.problem(Problem("a.md", "wrong", 3, "date", column=7))
    screen.problem(Problem("a.md", "odd", fatal=False))
    shown = capsys.readouterr()
    assert shown.out == "Title\n"
    assert shown.err == "error: a.md:3:7: date: wrong\nwarning: a.md: odd\n"
