"""What the process's environment has to say about the configuration: `${VAR}` in texts, and overrides.

`PRESSROOM_SMTP__URL` stands for the key `url` of the section `smtp`; the rule is the same at any
depth (`PRESSROOM_NEWSLETTERS__WEEKLY__MAX_ITEMS`). A single underscore is part of a name, so variables
that orchestrators set by themselves (PRESSROOM_SERVICE_HOST...) are left alone. Only `pressroom.config`
uses this module, and it gets the environment as an argument.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from content.errors import YamlError
from content.newsroom import Problem
from content.yamltree import Document, Path, parse, written

PREFIX = "PRESSROOM_"
VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})")


@dataclass(slots=True)
class Tree:
    """The configuration as plain values, and where each of them was written.

    `variables` names the environment variable that a value came from, by its path; `broken` are the
    places of values that could not be made, so that they are not complained about twice.
    """

    value: Any
    document: Document
    file: str
    variables: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)

    def at(self, path: Path) -> Any:
        """Give the value at a place, None when there is none."""
        value = self.value
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def text(self, *path: str | int) -> str | None:
        """Give the text at a place, None when there is none or something else."""
        value = self.at(path)
        return value.strip() if isinstance(value, str) and value.strip() else None

    def parts(self, *path: str | int) -> list[Path]:
        """Give the places of what a section or list holds."""
        value = self.at(path)
        keys = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        return [(*path, key) for key in keys]

    def problem(self, path: Path, message: str, *, fatal: bool = True) -> Problem:
        for length in range(len(path), 0, -1):
            if variable := self.variables.get(path[:length]):
                return Problem("environment", f"{message} ({written(path)})", key=variable, fatal=fatal)
        line, column = self.document.place(path)
        return Problem(self.file, message, line, written(path) or None, fatal, column)


def expand(tree: Tree, environ: Mapping[str, str]) -> None:
    """Put the environment's values in the place of ${VAR} and ${VAR:-otherwise}; $$ is a dollar sign."""
    tree.value = _expanded(tree, tree.value, (), environ)


def _expanded(tree: Tree, value: Any, path: Path, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _expanded(tree, entry, (*path, key), environ) for key, entry in value.items()}
    if isinstance(value, list):
        return [_expanded(tree, entry, (*path, index), environ) for index, entry in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value

    def put(match: re.Match[str]) -> str:
        dollar, name, otherwise = match.groups()
        if dollar:
            return "$"
        found = environ.get(name) or otherwise
        if found is None:
            message = f"the environment has no {name}; set it, or write ${{{name}:-something else}}"
            tree.problems.append(tree.problem(path, message))
            tree.broken.add(path)
        return found or ""

    return VARIABLE.sub(put, value)


def override(tree: Tree, environ: Mapping[str, str]) -> None:
    """Lay the values of PRESSROOM_SECTION__KEY over those of the file; an empty one takes the key away."""
    for name, parts, text in _overrides(environ):
        try:
            value = _read(name, text)
        except YamlError as error:
            tree.problems += [Problem("environment", each.message, key=name) for each in error.problems]
            continue
        if not _lay(tree, name, parts, value):
            message = f"there is no place for it: '{'.'.join(parts[:-1])}' is a single value in {tree.file}"
            tree.problems.append(Problem("environment", message, key=name))


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[str, list[str], str]]:
    for name in sorted(environ):
        parts = name.removeprefix(PREFIX).lower().split("__")
        if name.startswith(PREFIX) and all(parts) and (len(parts) > 1 or parts == ["templates"]):
            yield name, parts, environ[name]


def _read(name: str, text: str) -> Any:
    """Lists and sets of keys are written as YAML does on one line; anything else is taken as it is."""
    return parse(text, name).value if text.lstrip()[:1] in ("[", "{") else text


def _lay(tree: Tree, variable: str, parts: list[str], value: Any) -> bool:
    """Put `value` at the place that `parts` name, making sections on the way."""
    node = tree.value
    path: Path = ()
    for part in parts[:-1]:
        key = _key(node, part)
        if key is None:
            return False
        path = (*path, key)
        if isinstance(node, dict) and node.get(key) is None:
            node[key] = {}
            tree.variables[path] = variable
        node = node[key]
    key = _key(node, parts[-1])
    if key is None:
        return False
    tree.variables[(*path, key)] = variable
    if value == "" and isinstance(node, dict):
        node.pop(key, None)
    else:
        node[key] = value
    return True


def _key(node: Any, part: str) -> Any:
    """Find the key or index that is meant; variables have neither hyphens nor small letters."""
    if isinstance(node, list):
        return int(part) if part.isdecimal() and int(part) < len(node) else None
    if isinstance(node, dict):
        return next((name for name in node if name.lower().replace("-", "_") == part), part)
    return None
