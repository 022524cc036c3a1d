"""What a person or a script sees: results on stdout, everything about the work itself on stderr.

Tables are plain text, aligned, without colour when piped. Knows nothing of newsletters and feeds; the
commands use it. Progress is in `pressroom.progress`.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from content.newsroom import Problem


def say(text: str = "") -> None:
    """Give a line of the result."""
    click.echo(text, color=_colour(sys.stdout))


def note(text: str) -> None:
    """Tell something about the work, beside the result."""
    click.echo(text, err=True, color=_colour(sys.stderr))


def heading(text: str) -> None:
    say(click.style(text, bold=True))


def give_json(value: object) -> None:
    """Give the result to a script."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def error(text: str) -> None:
    note(click.style("error: ", fg="red", bold=True) + text)


def problem(found: Problem) -> None:
    """Show a problem on a line of its own; fatal ones as errors, the others as warnings."""
    mark = (
        click.style("error: ", fg="red", bold=True) if found.fatal else click.style("warning: ", fg="yellow")
    )
    note(mark + str(found))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Show rows under their headings; the columns in `right` are aligned to the right."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *lines, strict=True)]
    say(click.style(_line(columns, widths, right), bold=True))
    for line in lines:
        say(_line(line, widths, right))


def counted(number: int, noun: str) -> str:
    """Give "1 item", "2 items"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def program() -> str:
    """Give the words that call this program again from here: after `make demo` it is not on the PATH."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m pressroom"
    found = shutil.which("pressroom")
    return "pressroom" if found and Path(found).samefile(called) else str(called)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    padded = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - cell_len(cell))
        padded.append(space + cell if index in right else cell + space)
    return "  ".join(padded).rstrip()


def _colour(stream: Any) -> bool | None:
    """Let click decide by the stream, unless the user wants no colour at all (no-color.org)."""
    return False if os.environ.get("NO_COLOR") else None


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)
