"""People and what they subscribe to.

Addresses come in already normalised (`newsletter.people`). A row of `subscriptions` is never
deleted but with its person: an unsubscription is remembered. Whoever reads many people reads them
page by page, in the order of their ids.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from storage.engine import insert
from storage.pauses import paused
from storage.schema import subscribers, subscriptions
from storage.suppressions import address_hash, suppressed

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`evidence` is a list of what was given as proof of consent: source, time, by whom."""

    id: int
    address: str
    address_key: str
    language: str | None
    created: datetime
    evidence: tuple[Mapping[str, Any], ...] = ()

    @property
    def address_hash(self) -> str:
        return address_hash(self.address_key)


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    address: str
    address_key: str
    language: str | None
    created: datetime
    evidence: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """`categories` None means all, also those that the newsletter gets later."""

    subscriber_id: int
    newsletter: str
    state: str
    since: datetime
    categories: tuple[str, ...] | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Everybody who gets the same edition; `language` None is the newsletter's own."""

    choice: str
    language: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Person:
    subscriber: Subscriber
    subscriptions: tuple[Subscription, ...] = field(default=())


def choice_of(categories: Collection[str] | None) -> str:
    """Spell a choice of categories so that equal choices are equal texts."""
    return EVERYTHING if categories is None else ",".join(sorted(set(categories)))


def categories_of(choice: str) -> tuple[str, ...] | None:
    return None if choice == EVERYTHING else tuple(choice.split(",")) if choice else ()


def add(conn: Connection, people: Sequence[NewSubscriber]) -> dict[str, int]:
    """Add people, leaving alone those who are there already; give all their ids by address key."""
    if not people:
        return {}
    statement = insert(conn, subscribers).on_conflict_do_nothing()
    conn.execute(statement, [_as_row(person) for person in people])
    keys = [person.address_key for person in people]
    query = select(subscribers.c.address_key, subscribers.c.id).where(subscribers.c.address_key.in_(keys))
    return {row.address_key: row.id for row in conn.execute(query)}


def subscribe(conn: Connection, rows: Sequence[Subscription]) -> None:
    """Add subscriptions, leaving alone those that are there already, in whatever state."""
    if rows:
        statement = insert(conn, subscriptions).on_conflict_do_nothing()
        conn.execute(statement, [_as_subscription_row(row) for row in rows])


def reactivate(
    conn: Connection, subscriber_id: int, newsletter: str, categories: Collection[str] | None, now: datetime
) -> bool:
    """Make a subscription that was ended active again."""
    statement = (
        update(subscriptions)
        .where(_subscription(subscriber_id, newsletter), subscriptions.c.state != "active")
        .values(state="active", choice=choice_of(categories), since=now, ended=None)
    )
    return conn.execute(statement).rowcount == 1


def choose(conn: Connection, subscriber_id: int, newsletter: str, categories: Collection[str] | None) -> bool:
    """Write the chosen categories of a subscription anew; True when they were others."""
    choice = choice_of(categories)
    statement = update(subscriptions).where(
        _subscription(subscriber_id, newsletter), subscriptions.c.choice != choice
    )
    return conn.execute(statement.values(choice=choice)).rowcount == 1


def unsubscribe(conn: Connection, subscriber_id: int, newsletter: str | None, now: datetime) -> int:
    """End one subscription, or all; the rows stay. Give how many were ended."""
    statement = update(subscriptions).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state != "unsubscribed"
    )
    if newsletter is not None:
        statement = statement.where(subscriptions.c.newsletter == newsletter)
    return conn.execute(statement.values(state="unsubscribed", ended=now)).rowcount


def change(
    conn: Connection,
    subscriber_id: int,
    *,
    address: str,
    language: str | None,
    evidence: Sequence[Mapping[str, Any]],
) -> None:
    """Write a person's spelling of the address, language and evidence anew."""
    values = {"address": address, "language": language, "evidence": list(evidence)}
    conn.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(values))


def move(conn: Connection, subscriber_id: int, address: str, address_key: str) -> bool:
    """Give a person another address; False when somebody else has it, were it since this moment."""
    values = {"address": address, "address_key": address_key, "address_hash": address_hash(address_key)}
    try:
        with conn.begin_nested():
            conn.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(values))
    except IntegrityError:
        return False
    return True


def get(conn: Connection, subscriber_id: int) -> Subscriber | None:
    row = conn.execute(select(subscribers).where(subscribers.c.id == subscriber_id)).mappings().first()
    return _subscriber(row) if row is not None else None


def erase(conn: Connection, subscriber_id: int) -> bool:
    """Delete the person and the subscriptions, with pauses. All else is the caller's."""
    conn.execute(delete(subscriptions).where(subscriptions.c.subscriber_id == subscriber_id))
    return conn.execute(delete(subscribers).where(subscribers.c.id == subscriber_id)).rowcount == 1


def find(conn: Connection, address_key: str) -> Subscriber | None:
    return among(conn, [address_key]).get(address_key)


def among(conn: Connection, address_keys: Collection[str]) -> dict[str, Subscriber]:
    """Give those of the addresses that are known."""
    rows = conn.execute(select(subscribers).where(subscribers.c.address_key.in_(address_keys)))
    return {row["address_key"]: _subscriber(row) for row in rows.mappings()}


def subscriptions_among(conn: Connection, ids: Collection[int]) -> dict[int, list[Subscription]]:
    """Give the subscriptions of those of the people who have any."""
    rows = conn.execute(
        select(subscriptions)
        .where(subscriptions.c.subscriber_id.in_(ids))
        .order_by(subscriptions.c.subscriber_id, subscriptions.c.newsletter)
    )
    found: dict[int, list[Subscription]] = {}
    for row in rows.mappings():
        found.setdefault(row["subscriber_id"], []).append(_read_subscription(row))
    return found


def listed(
    conn: Connection, newsletter: str | None = None, state: str | None = None, *, page: int = 1000
) -> Iterator[Person]:
    """Give people in the order of their ids, with all their subscriptions, a page in memory at a time."""
    after = 0
    while people := _page(conn, newsletter, state, after, page):
        chosen = subscriptions_among(conn, [person.id for person in people])
        for person in people:
            yield Person(person, tuple(chosen.get(person.id, ())))
        after = people[-1].id


def groups(conn: Connection, newsletter: str, now: datetime) -> list[Group]:
    """Count the active, unsuppressed subscribers who have not paused, of each choice and language."""
    rows = conn.execute(
        select(subscriptions.c.choice, subscribers.c.language, func.count().label("count"))
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(active(newsletter), ~suppressed(newsletter), ~paused(newsletter, now))
        .group_by(subscriptions.c.choice, subscribers.c.language)
    )
    found = [Group(**row) for row in rows.mappings()]
    return sorted(found, key=lambda group: (group.choice, group.language or ""))


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Count subscriptions by newsletter and state."""
    rows = conn.execute(
        select(subscriptions.c.newsletter, subscriptions.c.state, func.count().label("n")).group_by(
            subscriptions.c.newsletter, subscriptions.c.state
        )
    )
    return {(row.newsletter, row.state): row.n for row in rows}


def active(newsletter: str | BindParameter[str]) -> ColumnElement[bool]:
    """The condition, for a statement over `subscriptions`: this newsletter is wanted."""
    return (subscriptions.c.newsletter == newsletter) & (subscriptions.c.state == "active")


def _page(
    conn: Connection, newsletter: str | None, state: str | None, after: int, page: int
) -> list[Subscriber]:
    statement = select(subscribers).where(subscribers.c.id > after).order_by(subscribers.c.id).limit(page)
    if newsletter is not None or state is not None:
        # Asked person by person: a set of everybody's numbers would be made anew for each page.
        wanted = exists().where(subscriptions.c.subscriber_id == subscribers.c.id)
        if newsletter is not None:
            wanted = wanted.where(subscriptions.c.newsletter == newsletter)
        if state is not None:
            wanted = wanted.where(subscriptions.c.state == state)
        statement = statement.where(wanted)
    return [_subscriber(row) for row in conn.execute(statement).mappings()]


def _subscription(subscriber_id: int, newsletter: str) -> ColumnElement[bool]:
    return (subscriptions.c.subscriber_id == subscriber_id) & (subscriptions.c.newsletter == newsletter)


def _as_row(person: NewSubscriber) -> dict[str, Any]:
    return {
        "address": person.address,
        "address_key": person.address_key,
        "address_hash": address_hash(person.address_key),
        "language": person.language,
        "created": person.created,
        "evidence": [dict(piece) for piece in person.evidence],
    }


def _as_subscription_row(row: Subscription) -> dict[str, Any]:
    return {
        "subscriber_id": row.subscriber_id,
        "newsletter": row.newsletter,
        "state": row.state,
        "choice": choice_of(row.categories),
        "since": row.since,
        "ended": row.ended,
    }


def _subscriber(row: RowMapping) -> Subscriber:
    return Subscriber(
        id=row["id"],
        address=row["address"],
        address_key=row["address_key"],
        language=row["language"],
        created=row["created"],
        evidence=tuple(row["evidence"] or ()),
    )


def _read_subscription(row: RowMapping) -> Subscription:
    return Subscription(
        subscriber_id=row["subscriber_id"],
        newsletter=row["newsletter"],
        state=row["state"],
        since=row["since"],
        categories=categories_of(row["choice"]),
        ended=row["ended"],
    )
