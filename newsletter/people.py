"""Subscribers as the operator handles them: adding, removing, erasing, showing.

Nothing here lifts an unsubscription or a suppression unless it is asked to in so many words. Called by the
`subscribers` commands; many people at once come by `newsletter.imports` and leave by `newsletter.exports`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.errors import ChoiceError, UnknownSubscriber, UnwantedMail
from newsletter.mailaddress import Address
from storage import delivery_history, letters, pauses, signups, subscribers, suppressions
from storage.delivery_history import DeliveryRow
from storage.signups import Move, Signup
from storage.subscribers import NewSubscriber, Subscriber, Subscription
from storage.suppressions import EVERY_NEWSLETTER, UNSUBSCRIBED, Suppression, address_hash

DELIVERIES_SHOWN = 20
STRANGER = "there is no subscriber with this address"


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be subscribed to: each newsletter with its categories, and the languages.

    `closed` are newsletters that only the operator adds people to.
    """

    newsletters: Mapping[str, Collection[str]]
    languages: Collection[str]
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Consent:
    """Where a subscription comes from, as evidence: "command line" or "import people.csv", when, by whom."""

    source: str
    by: str
    at: datetime

    def evidence(self, newsletters: Sequence[str], **more: Any) -> dict[str, Any]:
        when = self.at.isoformat(timespec="seconds")
        return {"source": self.source, "by": self.by, "at": when, "newsletters": list(newsletters), **more}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: `categories` None is all of them, `language` None the newsletter's own."""

    newsletters: tuple[str, ...]
    categories: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """Which subscriptions were added, and which were there before."""

    subscriber_id: int
    added: tuple[str, ...]
    already: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that is kept of an address: of a subscriber, of a sign-up that waits, of a suppression."""

    subscriber: Subscriber | None
    subscriptions: tuple[Subscription, ...]
    pauses: Mapping[str, datetime]
    signup: Signup | None
    move: Move | None
    suppressions: tuple[Suppression, ...]
    deliveries: tuple[DeliveryRow, ...]


def check_wish(wish: Wish, offer: Offer) -> None:
    """Raise ChoiceError for a newsletter, category or language that there is not."""
    for newsletter in wish.newsletters:
        if newsletter not in offer.newsletters:
            raise ChoiceError(newsletter, "newsletter", offer.newsletters)
    for category in wish.categories or ():
        for newsletter in wish.newsletters:
            if category not in offer.newsletters[newsletter]:
                raise ChoiceError(category, "category", offer.newsletters[newsletter])
    if wish.language is not None and wish.language not in offer.languages:
        raise ChoiceError(wish.language, "language", offer.languages)


def add(
    conn: Connection, address: Address, wish: Wish, offer: Offer, consent: Consent, *, again: bool = False
) -> Addition:
    """Subscribe a person. `again` lifts what else raises UnwantedMail: they had left, or are suppressed."""
    check_wish(wish, offer)
    known = subscribers.find(conn, address.key)
    held = _subscriptions(conn, known)
    obstacles = _obstacles(conn, address, wish, held)
    if obstacles and not again:
        raise UnwantedMail(obstacles)
    if again:
        suppressions.lift(conn, address.hash, [EVERY_NEWSLETTER, *wish.newsletters])
    already = tuple(name for name in wish.newsletters if name in held and held[name].state == "active")
    added = tuple(name for name in wish.newsletters if name not in already)
    proof = [consent.evidence(added, **({"lifted": obstacles} if obstacles else {}))] if added else []
    number = _write_person(conn, address, wish, known, proof, consent.at)
    for name in added:
        if name in held:
            subscribers.reactivate(conn, number, name, wish.categories, consent.at)
        else:
            row = Subscription(number, name, "active", consent.at, wish.categories)
            subscribers.subscribe(conn, [row])
    return Addition(number, added, already)


def remove(conn: Connection, address: Address, newsletter: str | None, now: datetime) -> int:
    """Unsubscribe a person from one newsletter or from all; what is remembered is that they left."""
    return subscribers.unsubscribe(conn, _known(conn, address).id, newsletter, now)


def erase(conn: Connection, address: Address, now: datetime) -> None:
    """Delete a person and everything that names them.

    If they had left or were suppressed, a hash stays behind so that an old list cannot bring them back.
    """
    pending = signups.of_address(conn, address.key)
    if pending is not None and subscribers.find(conn, address.key) is None:
        signups.forget(conn, address.key)  # they had asked, and not confirmed
        letters.forget(conn, address.hash)
        return
    person = _known(conn, address)
    for name, subscription in _subscriptions(conn, person).items():
        if subscription.state == UNSUBSCRIBED:
            suppressions.add(conn, address.hash, newsletter=name, reason=UNSUBSCRIBED, now=now)
    forget(conn, person, now)


def forget(conn: Connection, person: Subscriber, now: datetime) -> None:
    """Delete everything that names a person; what remembers them by a hash stays."""
    if (move := signups.find_move(conn, person.id)) is not None:
        letters.forget(conn, address_hash(move.address_key))
    keys = {asked.address_key for asked in signups.of_subscriber(conn, person.id, person.address_key)}
    for key in keys | {person.address_key}:
        letters.forget(conn, address_hash(key))
        signups.forget(conn, key)
    delivery_history.forget(conn, person.id, now)
    subscribers.erase(conn, person.id)


def show(conn: Connection, address: Address, now: datetime) -> Profile:
    """Give everything that is kept of an address; raise UnknownSubscriber when that is nothing."""
    person = subscribers.find(conn, address.key)
    signup = signups.of_address(conn, address.key)
    found = Profile(
        subscriber=person,
        subscriptions=tuple(_subscriptions(conn, person).values()),
        pauses=pauses.of(conn, person.id, now) if person else {},
        signup=signup if signup and signup.confirmed is None else None,
        move=signups.find_move(conn, person.id) if person else None,
        suppressions=tuple(suppressions.of(conn, address.hash)),
        deliveries=tuple(delivery_history.of_subscriber(conn, person.id, DELIVERIES_SHOWN)) if person else (),
    )
    if not (found.subscriber or found.signup or found.suppressions):
        raise UnknownSubscriber(STRANGER)
    return found


def _known(conn: Connection, address: Address) -> Subscriber:
    person = subscribers.find(conn, address.key)
    if person is None:
        raise UnknownSubscriber(STRANGER)
    return person


def _subscriptions(conn: Connection, person: Subscriber | None) -> dict[str, Subscription]:
    if person is None:
        return {}
    rows = subscribers.subscriptions_among(conn, [person.id]).get(person.id, [])
    return {row.newsletter: row for row in rows}


def _obstacles(conn: Connection, address: Address, wish: Wish, held: Mapping[str, Subscription]) -> list[str]:
    suppressed = [
        f"suppressed ({row.reason})"
        for row in suppressions.of(conn, address.hash)
        if row.newsletter in (EVERY_NEWSLETTER, *wish.newsletters)
    ]
    gone = [name for name in wish.newsletters if name in held and held[name].state == UNSUBSCRIBED]
    return suppressed + [f"unsubscribed from {name}" for name in gone]


def _write_person(
    conn: Connection,
    address: Address,
    wish: Wish,
    known: Subscriber | None,
    proof: list[dict[str, Any]],
    now: datetime,
) -> int:
    if known is None:
        person = NewSubscriber(address.address, address.key, wish.language, now, tuple(proof))
        return subscribers.add(conn, [person])[address.key]
    evidence = [*known.evidence, *proof]
    language = wish.language or known.language
    subscribers.change(conn, known.id, address=address.address, language=language, evidence=evidence)
    return known.id
