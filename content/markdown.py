"""Markdown to HTML: CommonMark with tables, footnotes, strikethrough and task lists.

Raw HTML passes through, as CommonMark wants it: what comes out of here is for `content.sanitising` only.
"""

import re

from pyromark import Markdown, Options

_markdown = Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_GFM
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_DEFINITION_LIST
)
_LOST = re.compile(r"<(iframe|embed|object|form|svg)\b", re.IGNORECASE)


def to_html(text: str) -> str:
    return _markdown.html(text)


def lost_elements(text: str) -> list[tuple[str, int]]:
    """Name the elements that cannot be published, with their lines (from 0) in the text."""
    if "<" not in text:
        return []
    return [(match[1].lower(), text.count("\n", 0, match.start())) for match in _LOST.finditer(text)]
