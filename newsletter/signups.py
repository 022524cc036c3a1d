"""Signing up by mail: who may ask for what and how often, and the confirmation letter that follows.

Whoever asks learns nothing about an address: known and unknown, suppressed and limited ones go the same
way, and only the log is told which it was. A letter goes to an address at most once in a day; a flood is
stopped by its networks first, and by the domain that it is aimed at, yet the first sign-up of a network
always passes, so that a crowd of bots does not shut out a person. Called through `newsletter.following`.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_network

from sqlalchemy import Connection

from newsletter.errors import ChoiceError
from newsletter.headers import clean, shorten
from newsletter.people import Address, Offer, parse_address
from storage import letters, quotas, signups, suppressions
from storage.letters import NewLetter

NEIGHBOURHOODS = {4: 24, 6: 48}
LONGEST_EVIDENCE = 300


class Reception(StrEnum):
    """What became of a sign-up: for the log alone, since all but `NETWORK` tell about the address."""

    LETTER = "letter"
    NETWORK = "too many from this network"
    DOMAIN = "too many for this domain"
    ADDRESS = "a letter went to this address lately"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is let through: sign-ups in an hour, and how long things are good for."""

    per_network: int = 20
    per_neighbourhood: int = 100
    per_domain: int = 300
    window: timedelta = timedelta(hours=1)
    letter_every: timedelta = timedelta(days=1)
    moves_a_day: int = 3
    confirm_within: timedelta = timedelta(hours=72)
    move_within: timedelta = timedelta(hours=24)
    keep: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a form brought. `categories` None are all; `wording` names the text that was shown (wordings)."""

    address: str
    newsletters: tuple[str, ...]
    network: str
    form: str
    wording: str
    categories: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was deleted because its time was over."""

    unconfirmed: int
    letters: int
    quotas: int


def sign_up(
    conn: Connection, request: SignUp, offer: Offer, key: bytes, now: datetime, limits: Limits
) -> Reception:
    """Keep a sign-up and queue its letter, if it may be; raise AddressError or ChoiceError for a bad form.

    Both are decided before the ledger is looked into, so they may be shown.
    """
    address = parse_address(request.address)
    wishes = _wishes(request, offer)
    refusal = _refused(conn, address, request.network, key, now, limits)
    if refusal is not None:
        return refusal
    if suppressions.barred(conn, address.hash, list(wishes)):
        return Reception.SUPPRESSED
    number = signups.ask(
        conn,
        address=address.address,
        address_key=address.key,
        language=request.language,
        newsletters=wishes,
        evidence=_evidence(request, now),
        now=now,
    )
    expires = now + limits.confirm_within
    letter = NewLetter(
        "confirm", address.address, address.key, request.language, tuple(wishes), number, expires
    )
    letters.queue(conn, letter, now)
    return Reception.LETTER


def may_write_to(conn: Connection, address: Address, key: bytes, now: datetime, limits: Limits) -> bool:
    """Take the one letter a day that may go to an address that has not said yes."""
    hidden = _hidden(key, "letter", address.key)
    taken = quotas.take(conn, "letter", hidden, now=now, window=limits.letter_every, limit=1)
    return taken is not None


def may_move(conn: Connection, subscriber_id: int, key: bytes, now: datetime, limits: Limits) -> bool:
    """Take one of the few changes of address that a subscriber may ask for in a day."""
    hidden = _hidden(key, "move", str(subscriber_id))
    day = timedelta(days=1)
    taken = quotas.take(conn, "move", hidden, now=now, window=day, limit=limits.moves_a_day)
    return taken is not None


def tidy(conn: Connection, now: datetime, limits: Limits) -> Tidied:
    """Delete sign-ups that nobody confirmed, letters that came to their end, and counters that are over."""
    before = now - limits.keep
    longest = max(limits.window, limits.letter_every, timedelta(days=1))
    return Tidied(
        unconfirmed=signups.forget_old(conn, before),
        letters=letters.forget_old(conn, before),
        quotas=quotas.forget(conn, now - longest),
    )


def settled(chosen: Collection[str] | None, offered: Collection[str]) -> tuple[str, ...] | None:
    """Give a choice of categories as it is kept: in the offer's order, None for all of them."""
    if chosen is None:
        return None
    kept = tuple(name for name in offered if name in chosen)
    return None if len(kept) == len(offered) else kept


def _wishes(request: SignUp, offer: Offer) -> Mapping[str, tuple[str, ...] | None]:
    """Give the categories for each newsletter: those of the chosen that it has, or all if it has none."""
    open_ = [name for name in offer.newsletters if name not in offer.closed]
    names = tuple(dict.fromkeys(request.newsletters))
    for name in names or ("",):
        if name not in open_:
            raise ChoiceError(name, "newsletter", open_)
    known = {category for name in names for category in offer.newsletters[name]}
    for category in request.categories or ():
        if category not in known:
            raise ChoiceError(category, "category", known)
    if request.language is not None and request.language not in offer.languages:
        raise ChoiceError(request.language, "language", offer.languages)
    return {name: settled(request.categories, offer.newsletters[name]) or None for name in names}


def _refused(
    conn: Connection, address: Address, network: str, key: bytes, now: datetime, limits: Limits
) -> Reception | None:
    def take(scope: str, value: str, limit: int) -> int | None:
        hidden = _hidden(key, scope, value)
        return quotas.take(conn, scope, hidden, now=now, window=limits.window, limit=limit)

    mine = take("network", network, limits.per_network)
    around = mine and take("neighbourhood", neighbourhood(network), limits.per_neighbourhood)
    if mine is None or (around is None and mine > 1):
        return Reception.NETWORK
    if quotas.used(conn, "letter", _hidden(key, "letter", address.key), now, limits.letter_every):
        return Reception.ADDRESS
    domain = address.key.rpartition("@")[2]
    if take("domain", domain, limits.per_domain) is None and mine > 1:
        return Reception.DOMAIN
    return None if may_write_to(conn, address, key, now, limits) else Reception.ADDRESS


def neighbourhood(network: str) -> str:
    """Give the wider network that a client's belongs to: /24 of IPv4, /48 of IPv6."""
    try:
        own = ip_network(network, strict=False)
    except ValueError:
        return network
    wider = min(own.prefixlen, NEIGHBOURHOODS[own.version])
    return str(own.supernet(new_prefix=wider))


def _hidden(key: bytes, scope: str, value: str) -> str:
    return hmac.new(key, f"quota:{scope}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


def _evidence(request: SignUp, now: datetime) -> dict[str, str]:
    return {
        "source": "sign-up form",
        "by": "the subscriber",
        "asked": now.isoformat(timespec="seconds"),
        "network": plain(request.network),
        "form": plain(request.form),
        "wording": plain(request.wording),
    }


def plain(text: str) -> str:
    """Give a text from outside as one bounded line, for it is shown and exported one day."""
    return shorten(clean(text), LONGEST_EVIDENCE)
