"""Whom a link of a mail stands for: its token is read, and what it names is looked up. Changes nothing.

`look` serves the pages that a link opens: mail programs and scanners open links that nobody clicked, so
opening one never does anything. Called through `newsletter.following`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from newsletter import tokens
from newsletter.errors import LinkBad, LinkExpired, TokenError
from newsletter.tokens import Purpose, Ticket, TicketPurpose
from storage import signups, subscribers
from storage.signups import Move, Signup
from storage.subscribers import Subscriber, Subscription

LinkPurpose = Literal["confirm", "change", "unsubscribe", "preferences"]

CONFIRM: Final = "confirm"
CHANGE: Final = "change"
FOREIGN = "the link is not one of ours, or meant for another page"
GONE = "what the link stood for is gone"


@dataclass(frozen=True, slots=True)
class Viewed:
    """What a link is about. `done`: what its button would do was done before.

    `address` is "" and `newsletters` empty for the way out of somebody who was erased meanwhile.
    """

    purpose: LinkPurpose
    address: str
    language: str | None
    newsletters: tuple[str, ...]
    done: bool


@dataclass(frozen=True, slots=True)
class Bearer:
    """The person of a token, and the newsletter in whose mail the link was."""

    subscriber: Subscriber
    newsletter: str
    subscriptions: Mapping[str, Subscription]


def look(conn: Connection, key: bytes, purpose: LinkPurpose, token: str, now: datetime) -> Viewed:
    """Say what a link is about; raise LinkBad or LinkExpired."""
    if purpose == "confirm":
        signup, _ = asked(conn, key, token, now)
        names = tuple(signup.newsletters)
        return Viewed(purpose, signup.address, signup.language, names, signup.confirmed is not None)
    if purpose == "change":
        person, move = moving(conn, key, token, now)
        address = person.address if move is None else move.address
        return Viewed(purpose, address, person.language, (), move is None)
    found = bearer(conn, key, purpose, token)
    if found is None:
        if purpose == "unsubscribe":
            return Viewed(purpose, "", None, (), done=True)
        raise LinkBad(GONE)
    who, mine = found.subscriber, found.subscriptions[found.newsletter]
    done = purpose == "unsubscribe" and mine.state == "unsubscribed"
    return Viewed(purpose, who.address, who.language, (found.newsletter,), done)


def bearer(conn: Connection, key: bytes, purpose: Purpose, token: str) -> Bearer | None:
    """Give the person of a token that never expires; None when they were erased; or raise LinkBad."""
    try:
        number, hash_ = tokens.read(key, purpose, token)
    except TokenError as error:
        raise LinkBad(FOREIGN) from error
    person = subscribers.get(conn, number)
    if person is None:
        return None
    rows = {row.newsletter: row for row in subscribers.subscriptions_among(conn, [number]).get(number, [])}
    for name in rows:
        if tokens.newsletter_hash(name) == hash_:
            return Bearer(person, name, rows)
    raise LinkBad(GONE)


def asked(conn: Connection, key: bytes, token: str, now: datetime) -> tuple[Signup, Ticket]:
    """Give the sign-up of a confirmation link."""
    ticket = _ticket(key, CONFIRM, token)
    signup = signups.find(conn, ticket.number)
    if signup is None or tokens.subject_hash(subject_of(signup.newsletters)) != ticket.subject:
        # Forgotten, or asked for anew with another choice: then the newer letter counts.
        raise LinkExpired(CONFIRM, min(ticket.expires, now))
    if ticket.expires <= now and signup.confirmed is None:
        raise LinkExpired(CONFIRM, ticket.expires)
    return signup, ticket


def moving(conn: Connection, key: bytes, token: str, now: datetime) -> tuple[Subscriber, Move | None]:
    """Give who wants to change to which address; no address when it is theirs already."""
    ticket = _ticket(key, CHANGE, token)
    person = subscribers.get(conn, ticket.number)
    if person is None:
        raise LinkBad(GONE)
    if tokens.subject_hash(person.address_key) == ticket.subject:
        return person, None
    move = signups.find_move(conn, person.id)
    if move is None or tokens.subject_hash(move.address_key) != ticket.subject or ticket.expires <= now:
        raise LinkExpired(CHANGE, min(ticket.expires, now))
    return person, move


def subject_of(newsletters: Mapping[str, object] | tuple[str, ...]) -> str:
    """Give the words that a confirmation's ticket is about."""
    return "\n".join(sorted(newsletters))


def _ticket(key: bytes, purpose: TicketPurpose, token: str) -> Ticket:
    try:
        return tokens.read_ticket(key, purpose, token)
    except TokenError as error:
        raise LinkBad(FOREIGN) from error
