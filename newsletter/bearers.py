"""Whom a link of a mail stands for: its token is read, and what it names is looked up. Changes nothing.

`look` serves the pages that a link opens: mail programs and scanners open links that nobody clicked, so
opening one never does anything. Called through `newsletter.following`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from newsletter import tokens
from newsletter.errors import LinkBad, LinkExpired, TokenError
from newsletter.tickets import of_settings, of_signup
from newsletter.tokens import Ticket, TicketPurpose
from storage import signups, subscribers
from storage.signups import Move, Signup
from storage.subscribers import Subscriber, Subscription

LinkPurpose = Literal["confirm", "change", "unsubscribe"]

CONFIRM: Final = "confirm"
CHANGE: Final = "change"
PREFERENCES: Final = "preferences"
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
    """Say what a link of a mail is about; raise LinkBad or LinkExpired."""
    if purpose == "confirm":
        signup, _ = asked(conn, key, token, now)
        names = tuple(signup.newsletters)
        return Viewed(purpose, signup.address, signup.language, names, signup.confirmed is not None)
    if purpose == "change":
        person, move = moving(conn, key, token, now)
        address = person.address if move is None else move.address
        return Viewed(purpose, address, person.language, (), move is None)
    found = leaver(conn, key, token)
    if found is None:
        return Viewed(purpose, "", None, (), done=True)
    who, mine = found.subscriber, found.subscriptions[found.newsletter]
    done = mine.state == "unsubscribed"
    return Viewed(purpose, who.address, who.language, (found.newsletter,), done)


def leaver(conn: Connection, key: bytes, token: str) -> Bearer | None:
    """Give the person of a link that never expires; None when they were erased; or raise LinkBad."""
    try:
        number, hash_ = tokens.read(key, token)
    except TokenError as error:
        raise LinkBad(FOREIGN) from error
    person = subscribers.get(conn, number)
    return _bearing(conn, person, lambda name: tokens.newsletter_hash(name) == hash_) if person else None


def bearer(conn: Connection, key: bytes, token: str, now: datetime | None) -> Bearer:
    """Give the person whose settings a link opens; raise LinkBad, or LinkExpired if it is over at `now`."""
    ticket = _ticket(key, PREFERENCES, token)
    person = subscribers.get(conn, ticket.number)
    if person is None:
        raise LinkBad(GONE)
    found = _bearing(conn, person, lambda name: _is_about(ticket, of_settings(name, person.address)))
    if now is not None and ticket.expires <= now:
        raise LinkExpired(PREFERENCES, ticket.expires)
    return found


def _bearing(conn: Connection, person: Subscriber, meant: Callable[[str], bool]) -> Bearer:
    """Give the person with the newsletter that is meant, of those that they have or had."""
    held = subscribers.subscriptions_among(conn, [person.id]).get(person.id, [])
    rows = {row.newsletter: row for row in held}
    for name in rows:
        if meant(name):
            return Bearer(person, name, rows)
    raise LinkBad(GONE)


def asked(conn: Connection, key: bytes, token: str, now: datetime) -> tuple[Signup, Ticket]:
    """Give the sign-up of a confirmation link."""
    ticket = _ticket(key, CONFIRM, token)
    signup = signups.find(conn, ticket.number)
    if signup is None or not _is_about(ticket, of_signup(signup.newsletters, signup.asked)):
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
    if _is_about(ticket, person.address_key):
        return person, None
    move = signups.find_move(conn, person.id)
    if move is None or not _is_about(ticket, move.address_key) or ticket.expires <= now:
        raise LinkExpired(CHANGE, min(ticket.expires, now))
    return person, move


def _is_about(ticket: Ticket, subject: str) -> bool:
    return tokens.subject_hash(subject) == ticket.subject


def _ticket(key: bytes, purpose: TicketPurpose, token: str) -> Ticket:
    try:
        return tokens.read_ticket(key, purpose, token)
    except TokenError as error:
        raise LinkBad(FOREIGN) from error
