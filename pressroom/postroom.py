"""The service's single letters: sends them as they are asked for, and forgets what nobody confirmed.

Three jobs of `pressroom.service`, apart from the delivery of issues: who has just signed up waits for a mail.
A page that queues a letter tells nobody; it is looked for every two seconds, which also finds what another
process has queued.
"""

import asyncio
from collections import Counter
from datetime import timedelta

from newsletter.correspondence import Post, deliver_letters
from newsletter.following import Tidied, tidy
from newsletter.letters import Letterhead, Masthead, Stationery
from pressroom import logbook
from pressroom.bootstrap import Pressroom
from pressroom.sending import means, token_key
from pressroom.settings import Config
from pressroom.supervising import pause
from pressroom.web.tallies import Tallies
from storage.engine import empty_log, writing

LOOK_FOR_LETTERS = 2.0
COUNT_EVERY = 60.0
TIDY_EVERY = timedelta(hours=1).total_seconds()


async def send_letters(room: Pressroom, stop: asyncio.Event) -> None:
    """Send what is due, over and over, until `stop` is set."""
    equipped = await asyncio.to_thread(means, room)
    paper = await asyncio.to_thread(stationery, room)
    while not stop.is_set():
        _tell(await deliver_letters(equipped, paper, stop))
        await pause(stop, LOOK_FOR_LETTERS)


async def keep_tidy(room: Pressroom, stop: asyncio.Event) -> None:
    """Forget, once an hour, what its time is over of: unconfirmed sign-ups, old letters, counters."""
    while not stop.is_set():
        done = await asyncio.to_thread(_tidy, room)
        if done.unconfirmed or done.letters:
            logbook.event("tidied", unconfirmed=done.unconfirmed, letters=done.letters)
        await pause(stop, TIDY_EVERY)


async def count_signups(tallies: Tallies, stop: asyncio.Event) -> None:
    """Log once a minute what became of the sign-ups in it: a flood is a line a minute, and names nobody."""
    told: Counter[str] = Counter()
    stopped = False
    while not stopped:
        stopped = await pause(stop, COUNT_EVERY)
        now = Counter(tallies.signups)
        if fresh := now - told:
            logbook.event("sign-ups", **fresh)
        told = now


def stationery(room: Pressroom) -> Stationery:
    """Give what letters are written on."""
    return Stationery(letterhead(room.config), room.templates, token_key(room))


def letterhead(config: Config) -> Letterhead:
    """Give who writes letters, as the configuration says."""
    organisation = config.organisation
    lines = (part.strip() for part in organisation.address.splitlines())
    return Letterhead(
        name=organisation.name,
        url=organisation.url,
        address=tuple(part for part in lines if part),
        zone=organisation.timezone,
        base_url=config.web.url,
        newsletters={
            name: Masthead(each.title, each.sender, each.reply_to, config.language(name))
            for name, each in config.newsletters.items()
        },
    )


def _tidy(room: Pressroom) -> Tidied:
    with writing(room.engine) as connection:
        done = tidy(connection, room.clock(), room.config.signups)
    empty_log(room.engine)
    return done


def _tell(done: Post) -> None:
    if any(done.counts.values()):
        logbook.event("letters", **{state: count for state, count in done.counts.items() if count})
