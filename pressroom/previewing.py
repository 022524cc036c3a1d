"""The issue that would go out, with a reason for everything that is not in it; nothing is changed.

The ledger is read and the newsroom loaded as for a real issue, but nothing of it is remembered: a
preview may be made at any time, of any time, also before there is a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from content.newsroom import Problem
from newsletter import editions, message, planning
from newsletter.editions import Edition
from newsletter.issue import Issue
from newsletter.planning import Plan, Task
from pressroom.bootstrap import Pressroom
from pressroom.loading import glance
from storage.engine import reading

GMAIL_LIMIT = 102_400
"""Bytes of HTML after which Gmail cuts a mail off, and with it the way to unsubscribe."""

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class EditionPreview:
    """An edition and how many would get it; 0 for the one that is only made to be looked at."""

    choice: str
    readers: int
    edition: Edition


@dataclass(frozen=True, slots=True)
class Preview:
    """`editions` has one for each group of subscribers, the largest first, and one at least."""

    plan: Plan
    issue: Issue
    editions: tuple[EditionPreview, ...]
    problems: tuple[Problem, ...]


def preview(room: Pressroom, newsletter: str, at: datetime, language: str | None = None) -> Preview:
    """Compose and render the issue that is due at `at`, or else the next one after it."""
    load = glance(room, at)
    settings = room.config.newsletters[newsletter]
    task = Task(newsletter, settings, load.loaded.newsroom, load.visible_since, at)
    plan = planning.preview(room.engine, task)
    issue = plan.issue
    if issue is None:
        message_ = f"no issue of {newsletter} can be planned: {plan.detail}"
        raise AssertionError(message_)
    groups = _groups(plan.editions, language or issue.language, only=language)
    made = tuple(
        EditionPreview(choice, readers, editions.render(issue, choice, spoken, room.templates))
        for (choice, spoken), readers in groups
    )
    return Preview(plan, issue, made, load.loaded.problems)


def dry_run(room: Pressroom, newsletter: str, at: datetime, *, by_hand: bool) -> Plan:
    """Say what `send` would do at this moment, without doing it."""
    load = glance(room, at)
    settings = room.config.newsletters[newsletter]
    task = Task(newsletter, settings, load.loaded.newsroom, load.visible_since, at, by_hand)
    with reading(room.engine) as connection:
        ledger = planning.read(connection, task)
    return planning.plan(task, ledger)


def as_mail(room: Pressroom, found: Preview) -> bytes:
    """Give the first edition as the mail of a reader who does not exist."""
    first = found.editions[0]
    render = editions.EditionRenderer(room.templates)
    rendered = render(found.issue, first.choice, first.edition.language)
    issue = found.issue
    to = (issue.newsletter, issue.number, issue.composed, 0, "reader@example.org")
    return message.fill(rendered.message, message.recipient(b"preview", *to))


def _groups(
    groups: Mapping[tuple[str, str], int], language: str, *, only: str | None
) -> list[tuple[tuple[str, str], int]]:
    """Put the largest group first; without any, the edition with everything stands for them all."""
    wanted = [(group, readers) for group, readers in groups.items() if only in (None, group[1])]
    return sorted(wanted, key=lambda pair: (-pair[1], pair[0])) or [((EVERYTHING, language), 0)]
