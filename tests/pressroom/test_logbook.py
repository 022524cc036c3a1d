"""The service's log: one line per event, that a person and a program can read."""

import json
import logging

import pytest

from pressroom import logbook


@pytest.fixture(autouse=True)
def _as_it_was() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_text_is_key_value_with_quotes_where_they_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    logbook.start("text", "info")
    logbook.event("built", items=3, output="/srv/a b", note="", key=None)
    line = capsys.readouterr().out.strip()
    assert line.endswith('level=info event=built items=3 output="/srv/a b"')
    assert line.startswith("time=20")


def test_json_is_one_object_a_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    logbook.start("json", "info")
    logbook.event("problem", message='two\nlines and "quotes"', line=None)
    logging.getLogger("newsletter.delivery").warning("issue %s", 3)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["message"] == 'two\nlines and "quotes"'
    assert (second["event"], second["message"]) == ("message", "issue 3")


def test_a_line_break_in_a_value_does_not_break_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    logbook.start("text", "info")
    logbook.event("problem", message="a\nlevel=error event=forged")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_traceback_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logbook.start("text", "info")
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logging.getLogger("pressroom").exception("job %s failed", "watch")
    assert len(capsys.readouterr().out.splitlines()) == 1


ANNA = "anna@example.org"


def failing() -> None:
    try:
        {}[ANNA]
    except KeyError as error:
        raise ExceptionGroup(ANNA, [ValueError(ANNA), LookupError(ANNA)]) from error


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_that_nobody_foresaw_is_told_by_its_kind_and_place_and_not_by_its_words(
    form: logbook.Form, capsys: pytest.CaptureFixture[str]
) -> None:
    logbook.start(form, "info")
    try:
        failing()
    except ExceptionGroup as error:
        logbook.mistake("answer-failed", error, method="GET")
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 2
    assert ANNA not in said
    for line in said.splitlines():
        for word in ("KeyError", "ValueError", "LookupError", "test_logbook.py", "in failing"):
            assert word in line


def test_what_is_below_the_level_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logbook.start("text", "warning")
    logbook.event("built")
    assert capsys.readouterr().out == ""
