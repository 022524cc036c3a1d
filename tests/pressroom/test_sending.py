"""Several newsletters with one mail server."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter import people
from newsletter.errors import SenderRefused
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Wish
from pressroom.bootstrap import open_pressroom
from pressroom.clock import starting_at
from pressroom.loading import load
from pressroom.sending import decide, deliver_open, open_issues
from pressroom.sink import Received, Sink
from pressroom.sink_session import Answer
from pressroom.subscriptions import offer_of
from storage.engine import writing
from tests.pressroom.newsrooms import CONFIG, a_newsroom, loaded
from tests.scenarios import NOW

DAILY = """\
  daily:
    title: The day
    schedule: daily 07:00
    from: Another <another@example.com>
smtp:
"""


async def test_a_newsletter_whose_sender_is_refused_does_not_stop_the_others(tmp_path: Path) -> None:
    def script(stage: str, recipient: str) -> Answer | None:
        refused = stage == "rcpt" and recipient == "weekly@example.org"
        return Answer("550 5.7.26 unauthenticated sender") if refused else None

    received: list[Received] = []
    file = a_newsroom(tmp_path, CONFIG.replace("smtp:\n", DAILY))
    async with Sink(received.append, script).listening() as sink:
        config = loaded(file, {"PRESSROOM_SMTP__URL": sink.url})
        with open_pressroom(config, starting_at(NOW + timedelta(minutes=1))) as room:
            for number, name in enumerate(("weekly", "daily")):
                with writing(room.engine) as connection:
                    address, wish = parse_address(f"{name}@example.org"), Wish((name,))
                    people.add(connection, address, wish, offer_of(config), Consent("test", "test", NOW))
                now = NOW + timedelta(minutes=number)
                decide(room, name, load(room, now), now, by_hand=True)
            with pytest.raises(SenderRefused):
                await deliver_open(room, None, asyncio.Event(), lambda *_: None)
            left = [issue.newsletter for issue in open_issues(room)]
    assert [mail.recipient for mail in received] == ["daily@example.org"]
    assert left == ["weekly"]
