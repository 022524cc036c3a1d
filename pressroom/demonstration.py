"""The whole main job on the demo newsroom, with nothing else installed and nothing to set up.

A copy of the demo is made in a folder of its own; feeds and pages are built, three people subscribe,
this week's issue is composed and goes over real SMTP to a sink on this machine that files each mail.
The demo has a time of its own, so that it looks the same whenever it is run.
"""

import asyncio
import email.policy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from zoneinfo import ZoneInfo

from content import addresses
from feeds.tree import Published
from newsletter import people
from newsletter.delivery import Tally
from newsletter.issue import Issue, from_json
from newsletter.issuing import Decision
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Offer, Wish
from pressroom.bootstrap import Pressroom, open_pressroom
from pressroom.building import publish_newsroom
from pressroom.builtin import builtin, copy
from pressroom.clock import starting_at
from pressroom.config import load as load_config
from pressroom.errors import PressroomError, UsageProblem
from pressroom.loading import load
from pressroom.sending import decide, deliver_to_the_end
from pressroom.sink import Received, Sink, filing
from pressroom.subscriptions import offer_of
from storage.engine import writing
from storage.issues import IssueRow

NOW = datetime(2026, 10, 2, 7, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
"""Friday, at the very minute at which the demo's newsletter is due."""

BEFORE = NOW - timedelta(days=2)
"""When the newsroom was looked at before: what was withdrawn since had been public, so a notice is shown."""

NEWSLETTER = "weekly"
MARK = ".pressroom-demo"
OURS = ("config.yaml", "demo", "public", "data", "mails")

READERS = (
    ("anna.lind@example.org", Wish((NEWSLETTER,))),
    ("ben.harper@example.org", Wish((NEWSLETTER,), language="en")),
    ("cecilia.ek@example.org", Wish((NEWSLETTER,), categories=("press",), language="sv")),
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came over the wire, as it was filed, and its HTML part for a browser."""

    recipient: str
    subject: str
    eml: Path
    html: Path
    size: int


@dataclass(frozen=True, slots=True)
class Feed:
    url: str
    file: Path


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Everything that the demo made."""

    folder: Path
    published: Published
    feeds: tuple[Feed, ...]
    issue: Issue
    row: IssueRow
    mails: tuple[Mail, ...]
    server: str


def demonstrate(folder: Path, say: Say) -> Demonstration:
    """Run the demo in `folder`, which is made anew; `say` is told what is being done."""
    _clear(folder)
    say("copying the demo newsroom")
    copy(builtin("config.yaml"), folder / "config.yaml")
    copy(builtin("demo"), folder / "demo")
    return asyncio.run(_run(folder, say))


async def _run(folder: Path, say: Say) -> Demonstration:
    received: list[Received] = []
    file = filing(folder / "mails")

    def take(mail: Received) -> None:
        file(mail)
        received.append(mail)

    async with Sink(take).listening() as sink:
        # The demo is the same everywhere: of the environment nothing counts but this.
        config = load_config(folder / "config.yaml", {"PRESSROOM_SMTP__URL": sink.url})
        with open_pressroom(config, starting_at(NOW)) as room:
            published, decision = await asyncio.to_thread(_make, room, say)
            row = decision.issue
            if row is None:
                message = f"the demo made no issue: {decision.outcome} {decision.detail}"
                raise PressroomError(message)
            say(f"delivering to {decision.queued} subscribers over {sink.url}")
            await deliver_to_the_end(room, NEWSLETTER, asyncio.Event(), watch=_unwatched, waiting=_unexpected)
            received.sort(key=lambda each: each.order)
            mails = [_mail(folder, each, config.web.url) for each in received]
            server = sink.url
    return Demonstration(folder, published, _feeds(room), from_json(row.content), row, tuple(mails), server)


def _make(room: Pressroom, say: Say) -> tuple[Published, Decision]:
    now = room.clock()
    say("loading items and events")
    load(room, BEFORE)
    found = load(room, now)
    _subscribe(room, offer_of(room.config), now)
    say("composing this week's issue")
    decision = decide(room, NEWSLETTER, found, now)
    say("writing feeds and pages")
    return publish_newsroom(room, found.loaded.newsroom, now), decision


def _subscribe(room: Pressroom, offer: Offer, now: datetime) -> None:
    consent = Consent("the demo", "the demo", now)
    with writing(room.engine) as connection:
        for address, wish in READERS:
            people.add(connection, parse_address(address), wish, offer, consent)


def _feeds(room: Pressroom) -> tuple[Feed, ...]:
    config = room.config
    names = ["all", *config.categories, "events"]
    paths = [addresses.feed(name, format_) for name in names for format_ in config.feeds.formats]
    paths += [addresses.events_calendar(), addresses.opml()]
    found = [Feed(addresses.absolute(config.web.url, path), config.feeds.output / path) for path in paths]
    return tuple(feed for feed in found if feed.file.exists())


def _mail(folder: Path, received: Received, base_url: str) -> Mail:
    """Find the filed mail, and lay its HTML beside it with the pictures of the tree on this disk."""
    (eml,) = folder.glob(f"mails/{received.order:05d}-*.eml")
    parsed = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(received.message)
    body = parsed.get_body(("html",))
    html = body.get_content() if body else ""
    target = eml.with_suffix(".html")
    target.write_text(html.replace(f'src="{base_url}/', 'src="../public/'), "utf-8")
    return Mail(received.recipient, str(parsed["Subject"]), eml, target, len(received.message))


def _clear(folder: Path) -> None:
    """Begin afresh, in a new folder or in one that an earlier demo made; never in anybody else's."""
    if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
        message = f"{folder} is not empty and was not made by the demo; choose another with --output"
        raise UsageProblem(message)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    for name in OURS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _unwatched(_issue: IssueRow, _tally: Tally) -> None:
    return None


def _unexpected(again: datetime) -> None:
    message = f"the sink did not take every mail; the next try would be at {again}"
    raise PressroomError(message)
