"""The service's log: one line per event on stdout, as key=value or as JSON.

`event` is for what an operator counts and searches (built, issue-made, delivered...), with fields
whose names do not change; what the libraries and packages say goes the same way as `message`. No
address, token or password is ever given to it. An error that nobody foresaw may hold one in its words:
of it the kind and the places in the code are told, and nothing else.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

Form = Literal["text", "json"]
LEVELS = ("debug", "info", "warning", "error")

# What tells about itself too much, or on every run.
QUIETER = ("alembic", "apscheduler", "watchfiles", "asyncio", "aiosmtplib", "CSSUTILS")

_log = logging.getLogger("pressroom")


def start(form: Form, level: str) -> None:
    """Send everything that is logged to stdout, in one form."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines(form))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIETER:
        logging.getLogger(name).setLevel(logging.WARNING)


def event(name: str, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened."""
    _log.log(level, name, extra={"fields": fields})


def problem(name: str, error: BaseException, **fields: object) -> None:
    """Log that something failed which a person can mend; the message of our own errors says how."""
    event(name, logging.ERROR, error=str(error), **fields)


def mistake(name: str, error: BaseException, **fields: object) -> None:
    """Log that the program failed in a way that nobody foresaw."""
    event(name, logging.ERROR, error=_kind(error), **fields, traceback=trace(error))


def trace(error: BaseException) -> str:
    """Give an error and those behind it, each by its kind and its places in the code.

    One that comes from another process brings the `places` over there.
    """
    return "".join(map(_traced, _with_causes(error)))


def _traced(error: BaseException) -> str:
    there, here = getattr(error, "places", ""), traceback.format_tb(error.__traceback__)
    return f"{_kind(error)}\n{there}{''.join(here)}"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _with_causes(each)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


class _Lines(logging.Formatter):
    """Writes each record as one line, whatever is in it."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, object] | None = getattr(record, "fields", None)
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"time": when, "level": record.levelname.lower()}
        if fields is None:
            line |= {"event": "message", "logger": record.name, "message": record.getMessage()}
        else:
            said = {name: value for name, value in fields.items() if value not in (None, "")}
            line |= {"event": record.getMessage(), **said}
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = trace(record.exc_info[1])
        if self._form == "json":
            return json.dumps(line, default=str, ensure_ascii=False)
        return " ".join(f"{key}={_quoted(value)}" for key, value in line.items())


def _quoted(value: object) -> str:
    text = str(value)
    if text and all(character.isprintable() and character not in ' "=' for character in text):
        return text
    return json.dumps(text, ensure_ascii=False)
