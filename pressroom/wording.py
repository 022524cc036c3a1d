"""pydantic's findings, said so that a press officer can act on them, each at its place in the file."""

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from content.newsroom import Problem
from content.yamltree import Path
from pressroom.environment import Tree

SENTENCES = {
    "missing": "is missing",
    "string_type": "must be a text; put it in quotes",
    "int_type": "must be a whole number, not {input}",
    "int_parsing": "must be a whole number, not {input}",
    "int_from_float": "must be a whole number, not {input}",
    "float_type": "must be a number, not {input}",
    "float_parsing": "must be a number, not {input}",
    "bool_type": "must be true or false, not {input}",
    "bool_parsing": "must be true or false, not {input}",
    "path_type": "must be the path of a file or folder, not {input}",
    "tuple_type": "must be a list, as [one, two], not {input}",
    "list_type": "must be a list, as [one, two], not {input}",
    "model_type": "must be a set of keys with their values, not {input}",
    "dict_type": "must be a set of keys with their values, not {input}",
    "mapping_type": "must be a set of keys with their values, not {input}",
    "greater_than": "must be more than {gt}, not {input}",
    "greater_than_equal": "must be at least {ge}, not {input}",
    "less_than": "must be less than {lt}, not {input}",
    "less_than_equal": "must be at most {le}, not {input}",
    "too_short": "must have at least one entry",
    "string_too_short": "must not be empty",
}

PATTERNS = {
    "id_authority": "must be a domain and a year in which it was yours, as example.org,2017, not {input}",
    "kind": "must be auto, items or events, not {input}",
}
NAME = "'{name}' is no name: use small letters, digits and hyphens, as press-releases"
SHOWN = 60


def problem(error: ErrorDetails, tree: Tree, model: type[BaseModel]) -> Problem:
    """Turn one of pydantic's errors into a problem of the file."""
    path, in_key = _path(error["loc"])
    return tree.problem(path, _sentence(error, path, in_key=in_key, model=model))


def _path(location: tuple[str | int, ...]) -> tuple[Path, bool]:
    """Drop what is pydantic's own in a location; tell whether the key itself is meant."""
    in_key = bool(location) and location[-1] == "[key]"
    return (location[:-1] if in_key else location), in_key


def _sentence(error: ErrorDetails, path: Path, *, in_key: bool, model: type[BaseModel]) -> str:
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if in_key or (kind == "string_pattern_mismatch" and path[-1] not in PATTERNS):
        return NAME.format(name=path[-1] if in_key else given)
    if kind == "extra_forbidden":
        return "unknown key" + suggestion(str(path[-1]), known_keys(model, path[:-1]))
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return f"must be {' or '.join(allowed)}, not {shown(given)}"
    if given is None and kind != "missing":
        return "is empty; give it a value, or take the line away"
    sentences = PATTERNS if kind == "string_pattern_mismatch" else SENTENCES
    sentence = sentences.get(str(path[-1]) if sentences is PATTERNS else kind, _plain(error["msg"]))
    return sentence.format(input=shown(given), **context)


def shown(value: Any) -> str:
    """Name a value without printing much of it."""
    if isinstance(value, dict):
        return "a set of keys"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text if len(text) <= SHOWN else text[:SHOWN] + '...'}'"


def _plain(message: str) -> str:
    message = message.removeprefix("Input ").removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def suggestion(given: str, known: Iterable[str]) -> str:
    """Name the nearest of the known words, or else all of them when they are few."""
    words = sorted(known)
    if near := difflib.get_close_matches(given, words, n=1, cutoff=0.6):
        return f"; did you mean '{near[0]}'?"
    return f"; known here: {', '.join(words)}" if words else ""


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Tell which keys the configuration knows at a place."""
    found: Any = model
    for part in path:
        found = _below(found, part)
    if isinstance(found, type) and issubclass(found, BaseModel):
        return [field.alias or name for name, field in found.model_fields.items()]
    return []


def _below(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return _bare(field.annotation)
        return None
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) > 1:
        return _bare(arguments[1])
    return _bare(arguments[0]) if arguments else None


def _bare(annotation: Any) -> Any:
    """Take Annotated and Optional away."""
    while typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType):
        annotation = next(one for one in typing.get_args(annotation) if one is not type(None))
    return annotation
