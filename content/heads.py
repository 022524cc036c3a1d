"""The head of a Markdown file: where it ends, what it says, and which key means what.

Three manners are read: YAML between `---` lines (Jekyll, Hugo and most others), TOML between `+++` lines
(Hugo), and Pelican's `Key: value` lines up to the first empty one. The spellings of the well-known generators
are brought to one name per field here, and only here.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from content.errors import YamlError
from content.newsroom import Problem
from content.yamltree import Document, Path, parse

# Field: its spellings, without case, hyphens, underscores and spaces; the first that has a value counts.
SPELLINGS = {
    "title": "title headline name",
    "date": "publishdate pubdate published publishedat datepublished date created",
    "updated": "updated lastmod lastmodifiedat modified dateupdated updatedat",
    "category": "category categories section",
    "tags": "tags keywords tag",
    "author": "author authors byline",
    "summary": "summary description lead excerpt ingress preamble",
    "image": "image cover featuredimage thumbnail images heroimage picture banner",
    "image_alt": "imagealt coveralt alt imagedescription",
    "image_caption": "imagecaption covercaption",
    "link": "link canonicalurl externalurl canonical redirect",
    "language": "language lang locale",
    "id": "id guid uuid",
    "draft": "draft",
    "private": "private hidden unlisted isdraft",
    "status": "status",
    "withdrawn": "withdrawn expirydate expires unpublishdate",
    "withdrawn_reason": "withdrawnreason",
    "pinned": "pinned sticky",
    "slug": "slug",
    "attachments": "attachments files attachment enclosures",
    "start": "start starts startdate starttime startsat startat dtstart eventstart begin begins",
    "end": "end ends enddate endtime endsat endat dtend eventend",
    "place": "place location venue where",
    "address": "address streetaddress",
    "timezone": "timezone zone tz",
    "cancelled": "cancelled canceled iscancelled",
    "url": "url",
    "body": "body text content",
}
_FIELD = {
    spelling: (field, rank)
    for field, spellings in SPELLINGS.items()
    for rank, spelling in enumerate(spellings.split())
}
# Keys of other generators that say nothing to us; a folder of theirs must load without a word.
_IGNORED = frozenset(  # as words, because a hundred quotes would hide them
    """
    aliases audio bookcollapsesection bookhidden build cascade collection comments commentsenabled cssclass
    disqus eleventyexcludefromcollections eleventynavigation featured format geometry hascode hasmath
    headless hidesummary icon index isbn isstarred katex keepimageratio kind layout linktitle markup math
    mathjax menu menus mermaid navorder notoc order outputformats outputs pageclass paginate pagination
    params parent permalink position postid priority readingtime redirectfrom related resources robots
    saveas scss seo series showreadingtime showtoc sitemap source subtitle template theme thumb toc
    translation translationkey translations type usecomments version videos weight wordpressid
    """.split()  # noqa: SIM905
)
_USUAL = tuple(field for field in SPELLINGS if "_" not in field)

_YAML_HEAD = re.compile(r"\s*---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML_HEAD = re.compile(r"\s*\+\+\+[ \t]*\n(?:(.*?)\n)??\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_PELICAN_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):[ \t]*(.*)")
_TOML_PLACE = re.compile(r"line (\d+), column (\d+)")
_TOML_KEY = re.compile(r"^[ \t]*(?:\[+)?[ \t]*[\"']?([A-Za-z0-9_-]+)[\"']?[ \t]*(?:[.=\]])", re.MULTILINE)
_LISTS_OF_PELICAN = frozenset({"tags", "keywords", "authors"})


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file taken apart; `body_line` is the line on which the body begins."""

    head: Document
    body: str
    body_line: int


class Unreadable(Exception):
    """The head cannot be read; carries every problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


def divide(text: str, file: str) -> Page:
    """Take head and body apart; raise Unreadable when there is no head that can be read."""
    for opening, pattern, read in (("---", _YAML_HEAD, _yaml), ("+++", _TOML_HEAD, _toml)):
        if not text.startswith(opening) and not text[:200].lstrip().startswith(opening):
            continue
        match = pattern.match(text)
        if match is None:
            message = f"the head is not closed: write {opening} on a line of its own behind it"
            raise Unreadable(Problem(file, message, text[: text.index(opening)].count("\n") + 1))
        first = text.count("\n", 0, match.start(1) if match[1] is not None else 0) + 1
        head = read(match[1] or "", file, first)
        return Page(head, text[match.end() :], text.count("\n", 0, match.end()) + 1)
    return _pelican(text, file)


def _yaml(text: str, file: str, first_line: int) -> Document:
    try:
        head = parse(text, file, first_line=first_line, numbers=False)
    except YamlError as error:
        raise Unreadable(*error.problems) from error
    if head.value is None:
        raise Unreadable(Problem(file, "the head is empty: it needs at least a title and a date", first_line))
    if not isinstance(head.value, dict):
        message = "the head is not a list of keys and values, as in 'title: News'"
        raise Unreadable(Problem(file, message, first_line))
    return head


def _toml(text: str, file: str, first_line: int) -> Document:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) - 1 + first_line if place else first_line
        raise Unreadable(Problem(file, f"not valid TOML: {error}", line)) from error
    lines: dict[str, int] = {}
    for match in _TOML_KEY.finditer(text):
        lines.setdefault(match[1], text.count("\n", 0, match.start(1)) + first_line)
    return Document.of_lines(_plain(value), file, lines)


def _plain(value: Any) -> Any:
    """Give TOML's values as the YAML heads have them: everything but bools, lists and tables is text."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value if isinstance(value, bool) else str(value)


def _pelican(text: str, file: str) -> Page:
    rows = text.split("\n")
    first = next((number for number, row in enumerate(rows) if row.strip()), None)
    if first is None:
        raise Unreadable(Problem(file, "the file is empty"))
    if not _PELICAN_LINE.fullmatch(rows[first]):
        message = (
            "there is no head: begin the file with '---', keys as 'title: ...' and 'date: ...', and '---'"
        )
        raise Unreadable(Problem(file, message, first + 1))
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    last, number = "", first
    while number < len(rows) and rows[number].strip():
        row = rows[number]
        match = _PELICAN_LINE.fullmatch(row)
        if match:
            last = match[1].lower()
            values[last], lines[last] = match[2].strip(), number + 1
        elif row[0] in " \t":
            values[last] = f"{values[last]} {row.strip()}".strip()
        else:
            message = "a head of 'Key: value' lines ends with an empty line; this line has no key"
            raise Unreadable(Problem(file, message, number + 1))
        number += 1
    for key in _LISTS_OF_PELICAN & values.keys():
        values[key] = [part.strip() for part in re.split("[;]" if ";" in values[key] else "[,]", values[key])]
    return Page(Document.of_lines(values, file, lines), "\n".join(rows[number + 1 :]), number + 2)


def fields_of(
    mapping: dict[str, Any], document: Document, base: Path = ()
) -> tuple[dict[str, str], list[Problem]]:
    """Tell which key holds each field, and report keys that nobody knows (never fatal)."""
    keys: dict[str, str] = {}
    ranks: dict[str, int] = {}
    problems: list[Problem] = []
    for key, value in mapping.items():
        meaning = _meaning(key)
        if meaning is None:
            if not _is_ignored(key):
                problems.append(document.problem((*base, key), _unknown(key), fatal=False))
            continue
        field, rank = meaning
        if field == "date" and isinstance(value, bool):
            field, rank = "is_published", 0
        if value is not None and value != "" and rank <= ranks.get(field, rank):
            keys[field], ranks[field] = key, rank
        else:
            keys.setdefault(field, key)
    return keys, problems


@lru_cache(maxsize=4096)
def _meaning(key: str) -> tuple[str, int] | None:
    return _FIELD.get(_bare(key))


def _bare(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").replace(" ", "")


@lru_cache(maxsize=4096)
def _is_ignored(key: str) -> bool:
    return _bare(key) in _IGNORED or key.startswith(("_", "x-", "x_"))


@lru_cache(maxsize=4096)
def _unknown(key: str) -> str:
    near = get_close_matches(key.lower(), _USUAL, n=1, cutoff=0.7)
    return f"is no key that is known here, and is ignored{f'; did you mean {near[0]}?' if near else ''}"
