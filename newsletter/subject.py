"""The subject and the preheader: the two lines of a mail that are read before it is opened.

A subject pattern is what the operator wrote in the configuration, "{title}: {first}"; only the fields of
`FIELDS` are known, and nothing of Python's format language beyond them. Pure; `check_subject` serves the
configuration's check.
"""

import string
from typing import Final

from content import dates
from newsletter import headers
from newsletter.contents import TITLE, line, slot_day
from newsletter.errors import HeaderError
from newsletter.issue import Issue

FIELDS: Final = {
    "title": "the newsletter's title",
    "number": "the issue's number",
    "date": "the issue's day, in the reader's language",
    "first": "the title of the first item, or of the first event",
    "items": "how many items there are",
    "events": "how many events there are",
    "organisation": "the organisation's name",
}
DEFAULT: Final = "{title}: {first}"
LONGEST: Final = 90
PREHEADER_LEAST, PREHEADER_MOST = 40, 100


def check_subject(pattern: str) -> None:
    """Raise HeaderError, saying what is wrong, for a pattern that cannot be filled in."""
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    for name in _names(pattern):
        if name not in FIELDS:
            message = f"'{{{name}}}' is no field of a subject; there are {known}"
            raise HeaderError(message)
    if not headers.clean(pattern):
        message = "a subject cannot be empty"
        raise HeaderError(message)


def subject(issue: Issue, language: str) -> str:
    """Give the subject of an issue, already narrowed to a choice; never longer than 90 characters."""
    pattern = issue.subject or DEFAULT
    check_subject(pattern)
    text = "".join(
        literal + (_values(issue, language)[name] if name is not None else "")
        for literal, name, _, _ in string.Formatter().parse(pattern)
    )
    return headers.shorten(headers.clean(text).rstrip(" :"), LONGEST) or line(issue.title, LONGEST)


def preheader(issue: Issue, taken: str) -> str:
    """Give what mail programs show beside the subject: what else is in it, not the same again."""
    titles = [*(item.title for item in issue.items), *(event.title for event in issue.events)]
    publisher = issue.organisation
    wanted = [
        *titles[1:],
        *(item.summary for item in issue.items[:1]),
        publisher.about.partition("\n")[0],
        publisher.name,
        *titles[:1],
    ]
    text = ""
    for piece in (line(piece, TITLE) for piece in wanted):
        if piece and piece not in taken and len(text) < PREHEADER_LEAST:
            text = f"{text} · {piece}" if text else piece
    return headers.shorten(text, PREHEADER_MOST)


def _values(issue: Issue, language: str) -> dict[str, str]:
    titles = [*(item.title for item in issue.items[:1]), *(event.title for event in issue.events[:1])]
    return {
        "title": line(issue.title, TITLE),
        "number": str(issue.number),
        "date": dates.long_day(slot_day(issue), language),
        "first": line(titles[0], TITLE) if titles else "",
        "items": str(len(issue.items)),
        "events": str(len(issue.events)),
        "organisation": line(issue.organisation.name, TITLE),
    }


def _names(pattern: str) -> list[str]:
    """Give the fields of a pattern; a format or conversion is as unknown as a name ("{title!r}", "{a.b}")."""
    try:
        parsed = list(string.Formatter().parse(pattern))
    except ValueError as error:
        message = f"'{pattern}' is no subject: {error}; write a brace that is meant as one twice"
        raise HeaderError(message) from error
    return [
        name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, name, form, conversion in parsed
        if name is not None
    ]
