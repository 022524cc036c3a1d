"""What the tests of issuing share: a renderer that remembers, and short ways to call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from content.newsroom import Item, Newsroom
from newsletter.issue import Issue
from newsletter.issuing import Decision, Rendered, decide
from newsletter.planning import Task
from tests.scenarios import NOW, a_newsroom, newsletter_settings


@dataclass
class FakeRenderer:
    """Renders a line, remembers what for, and can do something (`then`) while it does."""

    asked: list[tuple[int, str, str]] = field(default_factory=list)
    then: Callable[[], None] | None = None

    def __call__(self, issue: Issue, choice: str, language: str) -> Rendered:
        self.asked.append((issue.number, choice, language))
        then, self.then = self.then, None
        if then is not None:
            then()
        words = f"{issue.title} {issue.number}: {','.join(item.key for item in issue.items)}"
        return Rendered(words, f"{words} {choice} {language}".encode())


def run(
    engine: Engine,
    items: list[Item] | None = None,
    *,
    now: datetime = NOW,
    newsroom: Newsroom | None = None,
    renderer: FakeRenderer | None = None,
    visible_since: Mapping[str, datetime] | None = None,
    by_hand: bool = False,
    **settings: Any,
) -> Decision:
    """Issue `weekly` at `now`; items were visible to the public since they were published."""
    room = newsroom or a_newsroom(items=items or [])
    seen = visible_since or {item.key: item.published for item in room.items}
    task = Task("weekly", newsletter_settings(**settings), room, seen, now, by_hand=by_hand)
    return decide(engine, task, renderer or FakeRenderer())
