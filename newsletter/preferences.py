"""What a subscriber does alone, by the link in a mail: choose, pause, move, leave, take along, vanish.

No log-in: the token is the proof, bound to person, address and newsletter. The one for the settings expires,
and a new one is sent to the person's own address on request (`renew`); the way out does not. Every act can be
repeated without harm. Called through `newsletter.following`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from newsletter import people
from newsletter.bearers import Bearer, bearer, leaver
from newsletter.confirmations import Choice, Evidence, follow
from newsletter.errors import ChoiceError
from newsletter.mailaddress import parse_address
from newsletter.people import Offer
from newsletter.signups import (
    MOVE_WITHIN,
    Reception,
    chosen_of,
    may_move,
    may_renew,
    may_write_to,
    plain,
    queue_link,
)
from storage import delivery_history, letters, pauses, signups, subscribers, suppressions
from storage.letters import NewLetter
from storage.signups import Signup
from storage.suppressions import ERASED

LONGEST_PAUSE = 26  # weeks; who wants longer leaves
DELIVERIES_GIVEN = 10_000


@dataclass(frozen=True, slots=True)
class Following:
    """One newsletter as a person has it; `state` is active, unsubscribed or offered (never had)."""

    newsletter: str
    state: str
    categories: tuple[str, ...] | None
    since: datetime | None
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's page; `newsletter` is the one in whose mail the link was."""

    address: str
    language: str | None
    newsletter: str
    following: tuple[Following, ...]
    moving_to: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """Which newsletters are wanted, each with its categories (None: all); who is left out is left."""

    newsletters: Mapping[str, Choice]
    language: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a save did."""

    begun: tuple[str, ...]
    ended: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """Which newsletters were left now; none when they had been before. `language` is for the answer."""

    newsletters: tuple[str, ...]
    language: str | None


def preferences(conn: Connection, key: bytes, token: str, offer: Offer, now: datetime) -> Preferences:
    """Give what a person has chosen, and what else there is to choose from; raise LinkBad or LinkExpired."""
    found = bearer(conn, key, token, now)
    until = pauses.of(conn, found.subscriber.id, now)
    move = signups.find_move(conn, found.subscriber.id)
    names = [*offer.newsletters, *(name for name in found.subscriptions if name not in offer.newsletters)]
    rows = [
        _following(found, name, until.get(name))
        for name in names
        if name in found.subscriptions or name not in offer.closed
    ]
    who = found.subscriber
    return Preferences(
        who.address, who.language, found.newsletter, tuple(rows), move.address if move else None
    )


def change(
    conn: Connection,
    key: bytes,
    token: str,
    choices: Choices,
    evidence: Evidence,
    *,
    offer: Offer,
    now: datetime,
) -> Changed:
    """Save what a person chose; raise a LinkError, or ChoiceError for what is not offered or nothing."""
    found = bearer(conn, key, token, now)
    held = {name for name, row in found.subscriptions.items() if row.state == "active"}
    wishes = {name: _chosen(name, chosen, offer) for name, chosen in choices.newsletters.items()}
    if choices.language is not None and choices.language not in offer.languages:
        raise ChoiceError(choices.language, "language", offer.languages)
    begun = tuple(name for name in wishes if name not in held)
    for name in begun:
        if name in offer.closed:
            raise ChoiceError(name, "newsletter", set(offer.newsletters) - offer.closed)
    ended = tuple(sorted(held - set(wishes)))
    _save(conn, found, choices.language, begun, evidence, now)
    follow(conn, found.subscriber.id, wishes, now)
    for name in ended:
        subscribers.unsubscribe(conn, found.subscriber.id, name, now)
    pauses.resume(conn, found.subscriber.id, ended)
    return Changed(begun, ended)


def pause(
    conn: Connection, key: bytes, token: str, weeks: int, now: datetime, newsletter: str | None = None
) -> datetime:
    """Send nothing of a newsletter, or of all, for some weeks; give until when."""
    if not 1 <= weeks <= LONGEST_PAUSE:
        raise ChoiceError(str(weeks), "pause in weeks", ["1", str(LONGEST_PAUSE)])
    found = bearer(conn, key, token, now)
    until = now + timedelta(weeks=weeks)
    active = [name for name, row in found.subscriptions.items() if row.state == "active"]
    pauses.pause(conn, found.subscriber.id, [n for n in active if newsletter in (None, n)], until)
    return until


def resume(conn: Connection, key: bytes, token: str, now: datetime, newsletter: str | None = None) -> int:
    """End the pause of a newsletter, or of all; give how many there were."""
    found = bearer(conn, key, token, now)
    return pauses.resume(conn, found.subscriber.id, None if newsletter is None else [newsletter])


def request_address_change(
    conn: Connection, key: bytes, token: str, new_address: str, now: datetime
) -> Reception:
    """Ask the new address by a letter; raise a LinkError or AddressError. The answer is for the log."""
    found = bearer(conn, key, token, now)
    address, who = parse_address(new_address), found.subscriber
    if address.key == who.address_key or not may_move(conn, who.id, key, now):
        return Reception.ADDRESS
    if not may_write_to(conn, address, key, now):
        return Reception.ADDRESS
    if suppressions.barred(conn, address.hash, list(found.subscriptions)):
        return Reception.SUPPRESSED
    signups.ask_move(conn, who.id, address.address, address.key, now)
    expires = now + MOVE_WITHIN
    letter = NewLetter(
        "change", address.address, address.key, who.language, (found.newsletter,), who.id, expires
    )
    letters.queue(conn, letter, now)
    return Reception.LETTER


def unsubscribe(conn: Connection, key: bytes, token: str, now: datetime, *, everything: bool = False) -> Left:
    """End the newsletter of an unsubscribe link, or all; raise LinkBad. Done again, it does nothing.

    Who was erased meanwhile gets the same answer as who has left.
    """
    found = leaver(conn, key, token)
    if found is None:
        return Left((), None)
    wanted = list(found.subscriptions) if everything else [found.newsletter]
    ended = [name for name in wanted if subscribers.unsubscribe(conn, found.subscriber.id, name, now)]
    pauses.resume(conn, found.subscriber.id, wanted)
    return Left(tuple(ended), found.subscriber.language)


def renew(conn: Connection, key: bytes, token: str, now: datetime) -> bool:
    """Send a new link to the settings to the address of an old one's owner, once a day; raise LinkBad.

    Who has the old link and not the mailbox gains nothing by it.
    """
    found = bearer(conn, key, token, None)
    who = found.subscriber
    if not may_renew(conn, who.id, key, now):
        return False
    queue_link(conn, "settings", who.id, who.address, who.language, [found.newsletter], now=now)
    return True


def export(conn: Connection, key: bytes, token: str, now: datetime) -> dict[str, Any]:
    """Give everything that is kept of a person, as plain values for JSON."""
    who = bearer(conn, key, token, now).subscriber
    held = subscribers.subscriptions_among(conn, [who.id]).get(who.id, [])
    rows = delivery_history.of_subscriber(conn, who.id, DELIVERIES_GIVEN)
    asked, move = signups.of_subscriber(conn, who.id, who.address_key), signups.find_move(conn, who.id)
    return {
        "address": who.address,
        "language": who.language,
        "since": _time(who.created),
        "consent": [dict(piece) for piece in who.evidence],
        "subscriptions": [
            {
                "newsletter": row.newsletter,
                "state": row.state,
                "categories": None if row.categories is None else list(row.categories),
                "since": _time(row.since),
                "ended": _time(row.ended),
            }
            for row in held
        ],
        "pauses": {name: _time(until) for name, until in pauses.of(conn, who.id).items()},
        "sign_ups": [_sign_up(each) for each in asked],
        "new_address": {"address": move.address, "asked": _time(move.asked)} if move else None,
        "suppressions": [
            {
                "newsletter": row.newsletter,
                "reason": row.reason,
                "detail": row.detail,
                "since": _time(row.since),
            }
            for row in suppressions.of(conn, who.address_hash)
        ],
        "deliveries": [
            {
                "issue": row.issue_id,
                "state": row.state,
                "queued": _time(row.queued),
                "finished": _time(row.finished),
                "reply": row.reply,
            }
            for row in rows
        ],
    }


def erase(conn: Connection, key: bytes, token: str, now: datetime) -> None:
    """Delete a person and everything that names them; a hash stays, so that no old list brings them back."""
    who = bearer(conn, key, token, now).subscriber
    suppressions.add(conn, who.address_hash, reason=ERASED, now=now)
    people.forget(conn, who, now)


def _following(found: Bearer, name: str, paused_until: datetime | None) -> Following:
    row = found.subscriptions.get(name)
    if row is None:
        return Following(name, "offered", None, None, None)
    active = row.state == "active"
    since = row.since if active else row.ended
    return Following(name, row.state, row.categories, since, paused_until if active else None)


def _chosen(name: str, chosen: Choice, offer: Offer) -> Choice:
    if name not in offer.newsletters:
        raise ChoiceError(name, "newsletter", offer.newsletters)
    return chosen_of(chosen, offer.newsletters[name])


def _save(
    conn: Connection,
    found: Bearer,
    language: str | None,
    begun: tuple[str, ...],
    evidence: Evidence,
    now: datetime,
) -> None:
    who, seen = found.subscriber, list(found.subscriber.evidence)
    if begun:
        seen.append(
            {
                "source": "preferences page",
                "by": "the subscriber",
                "at": now.isoformat(timespec="seconds"),
                "client": plain(evidence.client),
                "wording": plain(evidence.wording),
                "newsletters": list(begun),
            }
        )
        suppressions.come_back(conn, who.address_hash, begun)
    subscribers.change(conn, who.id, address=who.address, language=language, evidence=seen)


def _sign_up(asked: Signup) -> dict[str, Any]:
    chosen = {name: None if kept is None else list(kept) for name, kept in asked.newsletters.items()}
    return {
        "address": asked.address,
        "newsletters": chosen,
        "language": asked.language,
        "asked": _time(asked.asked),
        "confirmed": _time(asked.confirmed),
        "evidence": dict(asked.evidence),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
