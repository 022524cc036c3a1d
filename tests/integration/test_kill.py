"""Promise 3 with real processes: killed at random moments, and two at once."""

import asyncio
import sys
from collections import Counter
from random import Random

import pytest
from sqlalchemy import Engine

from pressroom.sink import Received, Sink
from pressroom.sink_session import Answer
from tests.integration.sending import CONNECTIONS
from tests.mailing import an_issue_to, issue_state, reader, states

READERS = 240
KILLS = 3


class Crowd:
    """What arrived, and a wish to be told when so many mails have."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.wanted = 0
        self.reached = asyncio.Event()

    def __call__(self, mail: Received) -> None:
        self.mails.append(mail)
        if len(self.mails) >= self.wanted:
            self.reached.set()

    async def grow_to(self, number: int) -> None:
        self.wanted = number
        self.reached.clear()
        await self.reached.wait()


def a_little_late(stage: str, _recipient: str) -> Answer | None:
    """Keep several transactions open at any moment, at different points."""
    return Answer(delay=0.004) if stage in ("rcpt", "end") else None


async def a_process(database_url: str, sink: Sink, issue: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.sending", database_url, sink.url, str(issue),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> int:
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return int(out.split()[1])


@pytest.mark.parametrize("seed", [1])
async def test_a_killed_process_loses_nothing_and_repeats_at_most_the_open_mails(
    database: Engine, database_url: str, seed: int
) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(READERS)])
    crowd, chance = Crowd(), Random(seed)  # noqa: S311
    async with Sink(crowd, a_little_late).listening() as sink:
        for _ in range(KILLS):
            process = await a_process(database_url, sink, issue)
            await crowd.grow_to(len(crowd.mails) + chance.randrange(5, 60))
            await asyncio.sleep(chance.random() * 0.02)
            process.kill()
            await process.communicate()
        assert len(crowd.mails) < READERS, "it was killed in the middle"
        await ended(await a_process(database_url, sink, issue))

    times = Counter(mail.recipient for mail in crowd.mails)
    assert set(times) == {reader(n) for n in range(READERS)}, "nobody was forgotten"
    repeated = [recipient for recipient, number in times.items() if number > 1]
    assert len(crowd.mails) - READERS <= KILLS * CONNECTIONS
    for recipient in repeated:
        assert len({mail.wire for mail in crowd.mails if mail.recipient == recipient}) == 1
    assert states(database, issue) == {"sent": READERS}
    assert issue_state(database, issue) == "sent"


async def test_two_processes_at_once_mail_everybody_once(database: Engine, database_url: str) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(READERS)])
    crowd = Crowd()
    async with Sink(crowd, a_little_late).listening() as sink:
        processes = [await a_process(database_url, sink, issue) for _ in range(2)]
        sent = [await ended(process) for process in processes]
    assert sorted(mail.recipient for mail in crowd.mails) == sorted(reader(n) for n in range(READERS))
    assert sum(sent) == READERS
    assert min(sent) > 0, "both took part"
    assert issue_state(database, issue) == "sent"
