"""The command lines of docs/how-to/deploy.md, as they stand there, by the heading they stand below.

`#` is root's on the machine, `$` one's own on another computer. Whoever carries them out replaces what the
how-to says is to be replaced, and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOW_TO = Path(__file__).parents[2] / "docs/how-to/deploy.md"
ROOT_LINE, OWN_LINE = "# ", "$ "
_PART = re.compile(r"^## (.+)$|^```console\n((?s:.*?))^```$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """One command; `as_root` on the machine, otherwise as oneself in the checkout."""

    as_root: bool
    command: str


def sections(text: str) -> dict[str, tuple[Line, ...]]:
    """Give the lines of every section that has any."""
    found: dict[str, tuple[Line, ...]] = {}
    heading = ""
    for part in _PART.finditer(text):
        heading = part[1] or heading
        if part[2]:
            found[heading] = (*found.get(heading, ()), *_lines(part[2]))
    return found


def _lines(block: str) -> list[Line]:
    whole = block.replace("\\\n", "").splitlines()
    if strange := [line for line in whole if line[:2] not in (ROOT_LINE, OWN_LINE)]:
        message = f"begins neither with # nor with $: {strange[0]}"
        raise ValueError(message)
    return [Line(line[:2] == ROOT_LINE, line[2:]) for line in whole]


def replaced(command: str, by: Mapping[str, str]) -> str:
    """Give a command with the reader's own names in it."""
    for theirs, own in by.items():
        command = command.replace(theirs, own)
    return command
