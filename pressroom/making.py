"""One round of the service's work on content: load all of it, make the issues that are due, publish.

What came of it is told in a `Made`, which crosses from one process to another: the service does this in a
process of its own (`pressroom.apart`), so that readers do not wait for it and its memory is given back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from content.newsroom import Known, Problem
from feeds.tree import Published
from newsletter.issuing import Decision
from pressroom.bootstrap import Pressroom, open_pressroom
from pressroom.building import publish_newsroom
from pressroom.clock import starting_at
from pressroom.loading import load
from pressroom.sending import decide, open_issues
from pressroom.settings import Config
from storage.revisions import ready


@dataclass(frozen=True, slots=True)
class Made:
    """What one round did. `going_out` are the issues whose pages are published with it."""

    decisions: tuple[Decision, ...]
    published: Published
    items: int
    events: int
    problems: tuple[Problem, ...]
    newly_withdrawn: tuple[Known, ...]
    next_embargo: datetime | None
    going_out: frozenset[int]


def make(config: Config, newsletters: Sequence[str], now: datetime) -> Made:
    """Do a round by what the configuration says; `newsletters` are those that have something to decide."""
    with open_pressroom(config, starting_at(now), check=ready) as room:
        return make_in(room, newsletters, now)


def make_in(room: Pressroom, newsletters: Sequence[str], now: datetime) -> Made:
    found = load(room, now)
    decisions = tuple(decide(room, name, found, now) for name in newsletters)
    newsroom = found.loaded.newsroom
    going_out = frozenset(issue.id for issue in open_issues(room))
    published = publish_newsroom(room, newsroom, now)
    return Made(
        decisions=decisions,
        published=published,
        items=len(newsroom.items),
        events=len(newsroom.events),
        problems=found.loaded.problems,
        newly_withdrawn=found.loaded.newly_withdrawn,
        next_embargo=found.next_embargo,
        going_out=going_out,
    )
