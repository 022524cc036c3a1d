"""People who follow by mail: what the tests of signing up, of preferences and of letters share."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from newsletter import following, tokens
from newsletter.following import Confirmed, Evidence, Reception, SignUp
from newsletter.people import Offer
from newsletter.settings import SignupSettings
from newsletter.tickets import of_signup
from storage.schema import letters, signups
from tests.scenarios import NOW

KEY = b"k" * 32
LIMITS = SignupSettings()
OFFER = Offer(
    {"weekly": ("news", "press", "blog"), "monthly": ("news",), "members": ("news",)},
    ("en", "sv"),
    frozenset({"members"}),
)
CLICK = Evidence("198.51.100.7", "confirm-1")


def a_signup(address: str = "anna@example.org", **over: Any) -> SignUp:
    values: dict[str, Any] = {
        "address": address,
        "newsletters": {"weekly": None},
        "client": "192.0.2.7",
        "form": "https://www.example.org/about",
        "wording": "sign-up-1",
    }
    return SignUp(**values | over)


def sign_up(
    conn: Connection,
    address: str = "anna@example.org",
    *,
    now: datetime = NOW,
    limits: SignupSettings = LIMITS,
    **over: Any,
) -> Reception:
    return following.sign_up(conn, a_signup(address, **over), OFFER, KEY, now, limits)


def ticket(conn: Connection, address: str = "anna@example.org") -> str:
    """Give the token of the confirmation letter, as it is queued."""
    row = conn.execute(
        select(letters)
        .where(letters.c.address == address, letters.c.kind == "confirm")
        .order_by(letters.c.id)
    ).all()[-1]
    subject = of_signup(row.newsletters, row.queued)
    return tokens.make_ticket(KEY, "confirm", row.number, subject, row.expires)


def confirmed(conn: Connection, address: str = "anna@example.org", **over: Any) -> Confirmed:
    """Sign somebody up and confirm it."""
    now = over.get("now", NOW)
    assert sign_up(conn, address, **over) is Reception.LETTER
    return following.confirm(conn, KEY, ticket(conn, address), CLICK, now)


def letters_to(conn: Connection, address: str = "anna@example.org") -> list[str]:
    """Give the kinds of the letters to an address, in their order."""
    rows = conn.execute(select(letters.c.kind).where(letters.c.address == address).order_by(letters.c.id))
    return list(rows.scalars())


def pending(conn: Connection) -> int:
    return len(conn.execute(select(signups.c.id).where(signups.c.confirmed.is_(None))).all())
