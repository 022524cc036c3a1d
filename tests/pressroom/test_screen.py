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


def test_one_is_singular() -> None:
    assert [screen.counted(n, "item") for n in (0, 1, 1200)] == ["0 items", "1 item", "1,200 items"]


def test_the_program_is_named_as_it_can_be_called_from_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After `make demo` the program is in .venv/bin and not on the PATH."""
    program = tmp_path / "bin" / "pressroom"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("PATH", "/nowhere")
    assert screen.program() == str(program)
    monkeypatch.setenv("PATH", str(program.parent))
    assert screen.program() == "pressroom"
