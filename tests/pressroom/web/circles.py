"""A newsroom that can be followed by mail, its pages in this process, and the links of its mails."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from newsletter import tokens
from newsletter.letters import ticket
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Wish, add
from newsletter.tickets import settings_ticket
from pressroom.bootstrap import Pressroom, open_pressroom
from pressroom.sending import token_key
from pressroom.subscriptions import offer_of
from storage import subscribers
from storage.engine import reading, writing
from storage.schema import letters, metadata
from tests.pressroom.newsrooms import CONFIG, a_newsroom, loaded
from tests.pressroom.web.asking import Answer, Clock, Reader, reader_of
from tests.scenarios import NOW

TWO = CONFIG.replace(
    "smtp:\n",
    "  monthly:\n    title: The month\n    schedule: monthly 1 07:00\n    from: Example <news@example.org>\n"
    "    categories: [news]\n    intro: Once a month.\nsmtp:\n",
)
ANNA = "anna@example.org"


@dataclass(frozen=True, slots=True)
class Following:
    """One newsroom's pages, as a test meets them."""

    room: Pressroom
    clock: Clock
    reader: Reader

    async def sign_up(self, address: str = ANNA, **over: Any) -> Answer:
        """Fill in the form as a person does who takes some seconds."""
        form = await self.reader.get("/subscribe?newsletter=weekly")
        self.clock.wait(seconds=8)
        values = {"address": address, "language": "en"} | over
        return await self.reader.post("/subscribe", {**form.form(), **values})

    def letters(self) -> list[Any]:
        with reading(self.room.engine) as connection:
            return list(connection.execute(select(letters).order_by(letters.c.id)))

    def link(self) -> str:
        """Give the link of the newest letter that asks to confirm something."""
        letter = next(each for each in reversed(self.letters()) if each.kind in ("confirm", "change"))
        return f"/confirm/{ticket(token_key(self.room), letter)}"

    def subscribe(self, address: str = ANNA, *newsletters: str, language: str | None = None) -> int:
        """Make somebody a subscriber; give their number."""
        wish = Wish(newsletters or ("weekly",), None, language)
        consent = Consent("test", "test", NOW)
        with writing(self.room.engine) as connection:
            offer = offer_of(self.room.config)
            return add(connection, parse_address(address), wish, offer, consent).subscriber_id

    def token(self, purpose: str, number: int, newsletter: str = "weekly") -> str:
        """Give the token of a link in a mail of now."""
        key = token_key(self.room)
        if purpose == "unsubscribe":
            return tokens.make(key, number, newsletter)
        with reading(self.room.engine) as connection:
            person = subscribers.get(connection, number)
        address = person.address if person else ANNA
        return settings_ticket(key, number, newsletter, address, self.clock())

    def states(self, address: str = ANNA) -> dict[str, str]:
        with reading(self.room.engine) as connection:
            person = subscribers.find(connection, parse_address(address).key)
            if person is None:
                return {}
            rows = subscribers.subscriptions_among(connection, [person.id]).get(person.id, [])
            return {row.newsletter: row.state for row in rows}

    def everything(self) -> dict[str, list[Any]]:
        """Give every row of the ledger."""
        with reading(self.room.engine) as connection:
            return {
                table.name: sorted(map(repr, connection.execute(select(table))))
                for table in metadata.sorted_tables
            }

    def after(self, **length: float) -> None:
        self.clock.now += timedelta(**length)


@contextmanager
def following(folder: Path, config: str = TWO) -> Iterator[Following]:
    clock = Clock(NOW)
    with open_pressroom(loaded(a_newsroom(folder, config)), clock) as room:
        yield Following(room, clock, reader_of(room))
