"""The rules of delivery, with a courier that remembers: on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from newsletter.courier import Envelope
from newsletter.errors import CourierDown, DeliveryError, NoConnection, SenderRefused
from newsletter.outcome import Kind, Outcome, Suppress
from storage import deliveries, delivery_history, subscribers, suppressions
from storage.engine import reading, writing
from storage.suppressions import address_hash
from tests.mailing import (
    RememberingCourier,
    TestClock,
    an_issue_to,
    issue_state,
    means,
    queue_issue,
    reader,
    send,
    set_issue_state,
    states,
)
from tests.scenarios import NOW

LATER = Outcome(Kind.AGAIN, "451 4.7.1 greylisted")


async def test_everybody_gets_the_issue_once_and_it_is_finished(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(25)])
    courier = RememberingCourier()

    tally = await send(means(database, courier), issue)

    assert sorted(mail.recipient for mail in courier.mails) == sorted(reader(n) for n in range(25))
    assert (tally.total, tally.sent, tally.finished) == (25, 25, True)
    assert states(database, issue) == {"sent": 25}
    assert issue_state(database, issue) == "sent"
    again = await send(means(database, courier), issue)
    assert (again.sent, len(courier.mails)) == (0, 25)
