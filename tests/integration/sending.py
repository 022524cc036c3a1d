"""A sending process for the tests that kill it: python -m tests.integration.sending DATABASE SMTP ISSUE."""

import asyncio
import sys
from datetime import timedelta

from newsletter import smtp
from newsletter.delivery import Means
from newsletter.settings import SmtpSettings
from pressroom import clock
from pressroom.ownership import gone, owner_name
from storage.engine import open_engine
from tests.mailing import KEY, send

CONNECTIONS = 5


async def main(database: str, server: str, issue_id: int) -> None:
    settings = SmtpSettings(url=server, connections=CONNECTIONS, local_hostname="mail.example.org")
    engine = open_engine(database)
    means = Means(
        engine=engine,
        settings=settings,
        couriers=smtp.couriers(settings),
        key=KEY,
        owner=owner_name(),
        gone=gone,
        clock=clock.system,
        sleep=asyncio.sleep,
        chance=lambda: 0.0,
    )
    tally = await send(means, issue_id, patience=timedelta(seconds=5))
    engine.dispose()
    sys.stdout.write(f"sent {tally.sent}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
