"""YAML as people write it: plain values, and the place of each of them for messages.

Built straight from libyaml's events, because composing nodes crashes on deep nesting, and because the
resolvers of YAML 1.1 turn "no" into False, "17:30" into 1050 and "012" into 10. Here only true and
false are bools, plain decimal numbers are numbers, and dates stay text. Used for the heads of items,
event lists, contacts and the configuration; it knows nothing of what the keys mean.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from content.errors import YamlError
from content.newsroom import Problem

Path = tuple[str | int, ...]

MAX_DEPTH = 50
MAX_ALIASED = 10_000
"""How many values aliases may stand for in all: more is a bomb and not an abbreviation."""

_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
}  # fmt: skip
# A leading zero or plus means that the digits are a name: a telephone number, a postal code.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_STRING_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})

_HINTS = (
    ("mapping values are not allowed", "put the value in quotes when it holds a colon and a space"),
    ("cannot start any token", "begin lines with spaces, not tabs; quote a value that begins with @, ` or %"),
    ("found a tab character", "begin lines with spaces, not tabs"),
    ("could not find expected ':'", "a key is followed by a colon and a space"),
    ("did not find expected key", "check the indentation, and that quotes inside a quoted value are doubled"),
    ("did not find expected '-' indicator", "check the indentation of this list"),
    ("found unexpected end of stream", "a quote or bracket is opened and never closed"),
    ("did not find expected ',' or", "a bracket is opened and never closed, or a comma is missing"),
    ("did not find expected alphabetic or numeric", "put quotes round a value that begins with * or &"),
    ("undefined alias", "put quotes round a value that begins with *"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """The value of a text, and where its parts stand: looked up in the text only when somebody asks."""

    value: Any
    file: str
    first_line: int = 1
    _text: str = field(default="", repr=False)
    _lines: Mapping[str, int] | None = field(default=None, repr=False)

    def place(self, path: Path) -> tuple[int, int]:
        """Give line and column (both from 1) of a key or list entry, or of its nearest existing parent."""
        if self._lines is not None:
            return self._lines.get(str(path[0]), 1) if path else 1, 1
        marked = _marked(self._text)
        mark, value = marked.start, marked.value
        for step in path:
            found = marked.marks.get(id(value), {}).get(step)
            if found is None:
                break
            mark, value = found, value[step]
        if mark is None:
            return self.first_line, 1
        return mark.line + self.first_line, mark.column + 1

    @classmethod
    def of_lines(cls, value: dict[str, Any], file: str, lines: Mapping[str, int]) -> "Document":
        """Make a document of a head that is no YAML, whose keys stand on these lines (counted from 1)."""
        return cls(value, file, _lines=lines)

    def problem(self, path: Path, message: str, *, fatal: bool = True) -> Problem:
        """Make a problem at the place of `path`; its key is written as "image.alt" or "events[2].start"."""
        line, column = self.place(path)
        return Problem(self.file, message, line, written(path) or None, fatal, column)


def written(path: Path) -> str:
    """Write a path as people do: image.alt, events[2].start (entries count from 1)."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            text += f".{step}" if text else step
    return text


def parse(text: str, file: str, *, first_line: int = 1, numbers: bool = True) -> Document:
    """Read one YAML document; raise YamlError with every problem found.

    `numbers=False` leaves numbers as they are written ("1.10" is a title too).
    """
    try:
        builder = _Builder(text, numbers=numbers)
        value = builder.document()
    except (yaml.YAMLError, UnicodeEncodeError, _UnusableError) as error:
        raise YamlError(_explained(text, file, first_line)) from error
    if builder.flawed:
        raise YamlError(_explained(text, file, first_line))
    return Document(value, file, first_line, text)


def _explained(text: str, file: str, first_line: int) -> list[Problem]:
    """Read a text that cannot be used once more, to tell of all its problems."""
    builder = _Builder(text, file, first_line, places=True)
    try:
        builder.document()
    except yaml.YAMLError as error:
        return [*builder.problems, _syntax_problem(error, text, file, first_line)]
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + first_line
        return [Problem(file, "holds half a surrogate pair, which is no character", line)]
    except _UnusableError:
        pass
    return builder.problems


@lru_cache(maxsize=8)
def _marked(text: str) -> "_Builder":
    """Read a text once more, with the places of its parts."""
    builder = _Builder(text, places=True)
    builder.document()
    return builder


class _UnusableError(Exception):
    """Reading cannot go on; the reason is in the builder's problems."""


class _Builder:
    """Holds libyaml's parser, and what has been read with it so far."""

    def __init__(
        self, text: str, file: str = "", first_line: int = 1, *, numbers: bool = True, places: bool = False
    ) -> None:
        self._text, self._file, self._first_line, self._numbers = text, file, first_line, numbers
        self._next: Callable[[], Any]
        # The places of keys and entries by the identity of what holds them, when somebody wants them.
        self.marks: dict[int, dict[str | int, Any]] = {}
        self._places = places
        self.start: Any = None
        self.value: Any = None
        self.problems: list[Problem] = []
        self.flawed = False
        # Anchored values with the number of values in them; None while they are still being read.
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._count = 0
        self._aliased = 0
        self._depth = 0

    def document(self) -> Any:
        self._next = CParser(self._text).get_event
        self._next()
        event = self._next()
        if type(event) is StreamEndEvent:
            return None
        first: Any = self._next()
        self.start = first.start_mark
        self.value = value = self._value(first)
        self._next()
        event = self._next()
        if type(event) is DocumentStartEvent:
            self._refuse(event.start_mark, "a second document begins here; only one is allowed")
        return value

    def _value(self, event: Any) -> Any:
        self._count += 1
        kind = type(event)
        if kind is ScalarEvent and event.anchor is None and event.tag is None:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)
        before = self._count
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if event.tag is not None:
            self._check_tag(event)
        value = event.value if kind is ScalarEvent and event.tag else self._untagged(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before + 1)
        return value

    def _untagged(self, event: Any) -> Any:
        kind = type(event)
        if kind is ScalarEvent:
            return self._scalar(event)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._give_up(event.start_mark, f"values are nested more than {MAX_DEPTH} deep")
        value = self._mapping(event) if kind is MappingStartEvent else self._sequence(event)
        self._depth -= 1
        return value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if self._numbers and (match := _NUMBER.fullmatch(text)):
            return float(text) if match[1] else int(text)
        return text

    def _mapping(self, event: Any) -> dict[str, Any]:
        value: dict[str, Any] = {}
        marks: dict[str | int, Any] | None = {} if self._places else None
        if marks is not None:
            self.marks[id(value)] = marks
        following = self._next
        while type(key := following()) is not MappingEndEvent:
            if type(key) is not ScalarEvent:
                self._give_up(key.start_mark, "a key must be plain text, not a list, mapping or alias")
            name = key.value
            if name in value or name == "<<":
                self._refuse_key(name, key.start_mark, marks)
            if marks is not None:
                marks[name] = key.start_mark
            value[name] = self._value(following())
        return value

    def _refuse_key(self, name: str, mark: Any, marks: dict[str | int, Any] | None) -> None:
        if marks is not None and name in marks:
            line = marks[name].line + self._first_line
            self._refuse(mark, f"this key is here twice; first on line {line}", name)
        else:
            self._refuse(mark, "merge keys (<<) are not supported; write the values out", name)

    def _sequence(self, event: Any) -> list[Any]:
        value: list[Any] = []
        marks: dict[str | int, Any] | None = {} if self._places else None
        if marks is not None:
            self.marks[id(value)] = marks
        following = self._next
        while type(entry := following()) is not SequenceEndEvent:
            if marks is not None:
                marks[len(value)] = entry.start_mark
            value.append(self._value(entry))
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            self._give_up(event.start_mark, f"'*{event.anchor}' is an undefined alias; {_HINTS[-1][1]}")
        found = self._anchors[event.anchor]
        if found is None:
            self._give_up(event.start_mark, f"'*{event.anchor}' contains itself")
        value, size = found
        self._aliased += size
        self._count += size - 1
        if self._aliased > MAX_ALIASED:
            self._give_up(event.start_mark, f"aliases stand for more than {MAX_ALIASED} values in all")
        return value

    def _check_tag(self, event: Any) -> None:
        usual = "seq" if type(event) is SequenceStartEvent else "map"
        known = _STRING_TAGS if type(event) is ScalarEvent else {"!", f"tag:yaml.org,2002:{usual}"}
        if event.tag not in known:
            self._refuse(event.start_mark, f"the tag {event.tag} is not supported; take it out")

    def _refuse(self, mark: Any, message: str, key: str | None = None) -> None:
        self.flawed = True
        line = mark.line + self._first_line
        self.problems.append(Problem(self._file, message, line, key, column=mark.column + 1))

    def _give_up(self, mark: Any, message: str) -> NoReturn:
        self._refuse(mark, message)
        raise _UnusableError


def _syntax_problem(error: yaml.YAMLError, text: str, file: str, first_line: int) -> Problem:
    position = getattr(error, "position", None)
    if position is not None:
        line = text.count("\n", 0, position) + first_line
        return Problem(file, f"not valid YAML: {getattr(error, 'reason', error)}", line)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or str(error)
    hint = next((f"; {hint}" for words, hint in _HINTS if words in said), "")
    if mark is None:
        return Problem(file, f"not valid YAML: {said}{hint}")
    # An unclosed bracket is noticed on the line after the last.
    last = text.rstrip().count("\n")
    column = mark.column + 1 if mark.line <= last else None
    return Problem(file, f"not valid YAML: {said}{hint}", min(mark.line, last) + first_line, column=column)
