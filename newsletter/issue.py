"""An issue's frozen content: everything that its editions are rendered from, for ever.

It is kept as JSON in the ledger, so that a retry days later, the web version and a question years
later show what was sent and not what the newsroom says today.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from content.newsroom import Category, Event, Item, Organisation


@dataclass(frozen=True, slots=True)
class Issue:
    """One number of a newsletter.

    `items` in the order of the page: by category as configured, pinned first, then newest first.
    `events` by start. `new_events` are the keys of those that no earlier issue showed. `more_events`
    are events within the horizon beyond the maximum; `waiting` items left for the next issue.
    `slot` is the local wall-clock time that the issue belongs to, "2026-10-02T07:00", in `zone`.
    `choices` are the categories that this newsletter offers, in order.
    """

    newsletter: str
    title: str
    number: int
    slot: str
    zone: str
    language: str
    composed: datetime
    base_url: str
    organisation: Organisation
    choices: tuple[Category, ...]
    sender: str
    reply_to: str | None = None
    subject: str | None = None
    intro: str = ""
    items: tuple[Item, ...] = ()
    events: tuple[Event, ...] = ()
    new_events: tuple[str, ...] = ()
    more_events: int = 0
    waiting: int = 0


_adapter = TypeAdapter(Issue)


def to_json(issue: Issue) -> object:
    """Give the issue as plain JSON values."""
    return _adapter.dump_python(issue, mode="json")


def from_json(value: object) -> Issue:
    return _adapter.validate_python(value)
