"""From a newsroom to mails: decide what is due, publish its web version, deliver to the end.

The ledger decides and remembers; a process that is killed anywhere in here is made up for by the next
call. Called by the `send` command, the demo and the service.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from newsletter import issuing, message
from newsletter.courier import CourierFactory, Envelope
from newsletter.delivery import Means, Tally, at_once, deliver
from newsletter.editions import EditionRenderer
from newsletter.errors import CourierDown, NewsletterError
from newsletter.headers import parse_mailbox
from newsletter.issue import Issue
from newsletter.issuing import Decision
from newsletter.outcome import Outcome
from newsletter.planning import Task
from newsletter.smtp import couriers
from pressroom import ownership
from pressroom.bootstrap import Pressroom
from pressroom.chance import chance, new_key
from pressroom.loading import Load
from pressroom.supervising import pause
from storage import issues, secrets
from storage.engine import reading, writing
from storage.issues import IssueRow

KEY = "tokens"
DELIVERABLE = ("queued", "sending")
EVERYTHING = "*"

Watch = Callable[[IssueRow, Tally], None]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of deliveries did for an issue."""

    issue: IssueRow
    tally: Tally


def decide(room: Pressroom, newsletter: str, load: Load, now: datetime, *, by_hand: bool = False) -> Decision:
    """Make the issue that is due, or `by_hand` one outside of the schedule."""
    settings, newsroom = room.config.newsletters[newsletter], load.loaded.newsroom
    task = Task(newsletter, settings, newsroom, load.visible_since, now, by_hand=by_hand)
    return issuing.decide(room.engine, task, EditionRenderer(room.templates))


def open_issues(room: Pressroom, newsletter: str | None = None) -> list[IssueRow]:
    """Give the issues that have mails to deliver, the oldest first."""
    with reading(room.engine) as connection:
        return issues.listed(connection, newsletter, 1000, states=DELIVERABLE)[::-1]


def means(room: Pressroom) -> Means:
    """Give what delivering needs; raise CourierDown when the server's settings cannot work."""
    return Means(
        engine=room.engine,
        settings=room.config.smtp,
        couriers=couriers(room.config.smtp),
        key=token_key(room),
        owner=ownership.owner_name(),
        gone=ownership.gone,
        clock=room.clock,
        sleep=asyncio.sleep,
        chance=chance,
    )


def token_key(room: Pressroom) -> bytes:
    """Give the key that tokens are signed with; made once, and kept with the ledger."""
    with reading(room.engine) as connection:  # which no writer keeps waiting
        found = secrets.find(connection, KEY)
    if found:
        return found
    with writing(room.engine) as connection:
        return secrets.key(connection, KEY, new_key)


async def deliver_open(
    room: Pressroom,
    newsletter: str | None,
    stop: asyncio.Event,
    watch: Watch,
    courtesy: Callable[[], float] = at_once,
) -> list[Delivered]:
    """Deliver what is due of every open issue; what is wrong with one is raised when the others are done."""
    waiting = await asyncio.to_thread(open_issues, room, newsletter)
    if not waiting:
        return []
    with_means = replace(await asyncio.to_thread(means, room), courtesy=courtesy)
    done, failed = [], []
    for issue in waiting:
        if stop.is_set():
            break
        progress = partial(watch, issue)
        try:
            tally = await deliver(with_means, issue.id, stop=stop, on_progress=progress)
        except CourierDown:  # for the others as well
            raise
        except NewsletterError as error:
            failed.append(error)
        else:
            done.append(Delivered(issue, tally))
    if failed:
        raise failed[0]
    return done


async def deliver_to_the_end(
    room: Pressroom,
    newsletter: str,
    stop: asyncio.Event,
    *,
    watch: Watch,
    waiting: Callable[[datetime], None],
) -> None:
    """Deliver every open issue, and wait for what has to be tried again, until nothing is left."""
    while not stop.is_set():
        again = earliest(await deliver_open(room, newsletter, stop, watch))
        if again is None or stop.is_set():
            return
        waiting(again)
        await pause(stop, max((again - room.clock()).total_seconds(), 1.0))


def earliest(done: Iterable[Delivered]) -> datetime | None:
    """Give when there is more to do of any of them."""
    return min((each.tally.again_at for each in done if each.tally.again_at is not None), default=None)


async def deliver_tests(
    factory: CourierFactory, room: Pressroom, issue: Issue, language: str, addresses: Sequence[str]
) -> list[tuple[str, Outcome]]:
    """Mail an issue to some addresses; nothing of it is recorded, and its links act for nobody."""
    template = EditionRenderer(room.templates)(issue, EVERYTHING, language).message
    sender = parse_mailbox(issue.sender).address
    courier = factory()
    outcomes = []
    try:
        for address in addresses:
            await courier.ready()
            reader = message.recipient(new_key(), issue.newsletter, issue.number, issue.composed, 0, address)
            mail = message.fill(template, reader)
            outcomes.append((address, await courier.deliver(Envelope(sender, address, mail))))
    finally:
        await courier.close()
    return outcomes
