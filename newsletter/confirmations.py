"""Confirming: a sign-up becomes a subscription, a new address becomes the subscriber's. Once each.

Both are asked for by one click on a button; a second click finds it done and says so. Called through
`newsletter.following`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.bearers import asked, moving
from newsletter.signups import plain, queue_link
from newsletter.tickets import settings_ticket
from storage import signups, subscribers, suppressions
from storage.signups import Signup
from storage.subscribers import NewSubscriber, Subscriber, Subscription
from storage.suppressions import address_hash

Choice = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """From which address somebody clicked, and which wording was on the page."""

    client: str
    wording: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What somebody follows now. `preferences` is the token of their page of preferences."""

    address: str
    language: str | None
    newsletters: tuple[str, ...]
    preferences: str
    already: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """How a change of address ended. `taken`: somebody with that address is a subscriber already."""

    address: str
    already: bool = False
    taken: bool = False


def confirm(conn: Connection, key: bytes, token: str, evidence: Evidence, now: datetime) -> Confirmed:
    """Make a sign-up a subscription; raise LinkBad or LinkExpired."""
    signup, _ = asked(conn, key, token, now)
    first = signups.confirm(conn, signup.id, now)
    number = admit(conn, signup, _proof(signup, evidence, now), now) if first else signup.subscriber_id
    if number is None:  # another process is confirming it at this moment
        number = _number(conn, signup)
    names = tuple(signup.newsletters)
    if first:
        signups.belongs_to(conn, signup.id, number)
        queue_link(conn, "welcome", number, signup.address, signup.language, names, now=now)
    page = settings_ticket(key, number, names[0], signup.address, now)
    return Confirmed(signup.address, signup.language, names, page, already=not first)


def admit(conn: Connection, signup: Signup, proof: Mapping[str, Any], now: datetime) -> int:
    """Write the person and the subscriptions; who had left comes back by their own wish."""
    person = subscribers.find(conn, signup.address_key)
    if person is None:
        new = NewSubscriber(signup.address, signup.address_key, signup.language, now, (proof,))
        number = subscribers.add(conn, [new])[signup.address_key]
    else:
        number = person.id
        language = signup.language or person.language
        seen = [*person.evidence, proof]
        subscribers.change(conn, number, address=signup.address, language=language, evidence=seen)
    follow(conn, number, signup.newsletters, now)
    suppressions.come_back(conn, address_hash(signup.address_key), list(signup.newsletters))
    return number


def follow(conn: Connection, subscriber_id: int, wishes: Mapping[str, Choice], now: datetime) -> None:
    """Make subscriptions active with these choices, whatever they were."""
    rows = [Subscription(subscriber_id, name, "active", now, chosen) for name, chosen in wishes.items()]
    subscribers.subscribe(conn, rows)
    for name, chosen in wishes.items():
        if not subscribers.reactivate(conn, subscriber_id, name, chosen, now):
            subscribers.choose(conn, subscriber_id, name, chosen)


def confirm_move(conn: Connection, key: bytes, token: str, evidence: Evidence, now: datetime) -> Moved:
    """Give a subscriber the new address; raise LinkBad or LinkExpired."""
    person, move = moving(conn, key, token, now)
    if move is None:
        return Moved(person.address, already=True)
    moved = subscribers.move(conn, person.id, move.address, move.address_key)
    signups.end_move(conn, person.id)
    if not moved:
        return Moved(move.address, taken=True)
    names = _active(conn, person)
    suppressions.come_back(conn, address_hash(move.address_key), names)
    proof = {
        "source": "change of address",
        "by": "the subscriber",
        "at": now.isoformat(timespec="seconds"),
        "client": plain(evidence.client),
        "wording": plain(evidence.wording),
    }
    seen = [*person.evidence, proof]
    subscribers.change(conn, person.id, address=move.address, language=person.language, evidence=seen)
    if names:  # the links in older mails were for the old address
        queue_link(conn, "settings", person.id, move.address, person.language, names, now=now)
    return Moved(move.address)


def _active(conn: Connection, person: Subscriber) -> list[str]:
    rows = subscribers.subscriptions_among(conn, [person.id]).get(person.id, [])
    return [row.newsletter for row in rows if row.state == "active"]


def _proof(signup: Signup, evidence: Evidence, now: datetime) -> dict[str, Any]:
    return {
        **signup.evidence,
        "at": now.isoformat(timespec="seconds"),
        "confirmed_client": plain(evidence.client),
        "confirmed_wording": plain(evidence.wording),
        "newsletters": list(signup.newsletters),
    }


def _number(conn: Connection, signup: Signup) -> int:
    person = subscribers.find(conn, signup.address_key)
    return person.id if person else 0
