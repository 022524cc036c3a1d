"""Signing up by mail: who may ask for what and how often, and the confirmation letter that follows.

Whoever asks learns nothing about an address: known and unknown, suppressed and limited ones go the same
way, and only the log is told which it was. A letter goes to an address at most once in a day; a flood is
stopped by its networks first, and by the domain that it is aimed at, yet the first sign-up of a network (of
IPv6: of a neighbourhood) always passes, so that a crowd of bots does not shut out a person. Called through
`newsletter.following`.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Literal

from sqlalchemy import Connection

from newsletter.errors import ChoiceError
from newsletter.headers import clean, shorten
from newsletter.mailaddress import Address, key_of, parse_address
from newsletter.people import Offer
from newsletter.settings import SignupSettings
from newsletter.tickets import SETTINGS_WITHIN
from storage import letters, quotas, signups, suppressions
from storage.letters import NewLetter

# In bits, by version: what one client can change its address in at will, and what surrounds it.
NETWORKS = {4: 32, 6: 64}
NEIGHBOURHOODS = {4: 24, 6: 48}
LONGEST_EVIDENCE = 300

WINDOW = timedelta(hours=1)
LETTER_EVERY = timedelta(days=1)
MOVES_A_DAY = 3
MOVE_WITHIN = timedelta(hours=24)
KEPT_AFTERWARDS = timedelta(days=4)
"""An unconfirmed sign-up stays so long after its link expired, so that the link can still say so; a letter so
long after its end."""


class Reception(StrEnum):
    """What became of a sign-up. Only `NETWORK` may be told to who asked: the others tell of an address."""

    LETTER = "letter"
    NETWORK = "too many from this network"
    DOMAIN = "too many for this domain"
    ADDRESS = "a letter went to this address lately"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a form brought. `newsletters` maps each to the chosen categories, None for all of them.

    `client` is the address that the form was sent from, empty when it is not known; `form` the form's own
    address and `via` the page that led to it; `wording` names the text that was shown (wordings).
    """

    address: str
    newsletters: Mapping[str, tuple[str, ...] | None]
    client: str
    form: str
    wording: str
    via: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was deleted because its time was over."""

    unconfirmed: int
    letters: int
    quotas: int


def sign_up(
    conn: Connection, request: SignUp, offer: Offer, key: bytes, now: datetime, limits: SignupSettings
) -> Reception:
    """Keep a sign-up and queue its letter, if it may be; raise AddressError or ChoiceError for a bad form.

    Both are decided before the ledger is looked into, so they may be shown.
    """
    address = parse_address(request.address)
    wishes = _wishes(request, offer)
    refusal = _refused(conn, address, request.client, key, now, limits)
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


def may_write_to(conn: Connection, address: Address, key: bytes, now: datetime) -> bool:
    """Take the one letter a day that may go to an address that has not said yes."""
    hidden = _hidden(key, "letter", address.mailbox)
    taken = quotas.take(conn, "letter", hidden, now=now, window=LETTER_EVERY, limit=1)
    return taken is not None


def may_move(conn: Connection, subscriber_id: int, key: bytes, now: datetime) -> bool:
    """Take one of the few changes of address that a subscriber may ask for in a day."""
    hidden = _hidden(key, "move", str(subscriber_id))
    day = timedelta(days=1)
    taken = quotas.take(conn, "move", hidden, now=now, window=day, limit=MOVES_A_DAY)
    return taken is not None


def may_renew(conn: Connection, subscriber_id: int, key: bytes, now: datetime) -> bool:
    """Take the one new link to their settings that a subscriber may ask for in a day."""
    hidden = _hidden(key, "renew", str(subscriber_id))
    return quotas.take(conn, "renew", hidden, now=now, window=LETTER_EVERY, limit=1) is not None


def tidy(conn: Connection, now: datetime, limits: SignupSettings) -> Tidied:
    """Delete sign-ups that nobody confirmed, letters that came to their end, and counters that are over."""
    return Tidied(
        unconfirmed=signups.forget_old(conn, now - limits.confirm_within - KEPT_AFTERWARDS),
        letters=letters.forget_old(conn, now - KEPT_AFTERWARDS),
        quotas=quotas.forget(conn, now - LETTER_EVERY, now),
    )


def chosen_of(chosen: Collection[str] | None, offered: Collection[str]) -> tuple[str, ...] | None:
    """Give a choice of categories as it is kept: in the offer's order, None for all of them.

    Raise ChoiceError for a category that is not offered, and for none at all.
    """
    if chosen is None:
        return None
    for category in chosen or ("",):
        if category not in offered:
            raise ChoiceError(category, "category", offered)
    kept = tuple(name for name in offered if name in chosen)
    return None if len(kept) == len(offered) else kept


def _wishes(request: SignUp, offer: Offer) -> Mapping[str, tuple[str, ...] | None]:
    """Give what is asked for as it is kept; raise ChoiceError for what nobody offers."""
    open_ = [name for name in offer.newsletters if name not in offer.closed]
    for name in request.newsletters or ("",):
        if name not in open_:
            raise ChoiceError(name, "newsletter", open_)
    if request.language is not None and request.language not in offer.languages:
        raise ChoiceError(request.language, "language", offer.languages)
    return {name: chosen_of(chosen, offer.newsletters[name]) for name, chosen in request.newsletters.items()}


def queue_link(
    conn: Connection,
    kind: Literal["welcome", "settings"],
    subscriber_id: int,
    address: str,
    language: str | None,
    newsletters: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Queue a letter that brings a subscriber the link to their settings."""
    expires = now + SETTINGS_WITHIN
    letter = NewLetter(kind, address, key_of(address), language, newsletters, subscriber_id, expires)
    letters.queue(conn, letter, now)


def _refused(
    conn: Connection, address: Address, client: str, key: bytes, now: datetime, limits: SignupSettings
) -> Reception | None:
    def take(scope: str, value: str, limit: int) -> int | None:
        hidden = _hidden(key, scope, value)
        return quotas.take(conn, scope, hidden, now=now, window=WINDOW, limit=limit)

    mine = take("network", around(client, NETWORKS), limits.per_network)
    beside = mine and take("neighbourhood", around(client, NEIGHBOURHOODS), limits.per_neighbourhood)
    # Who has a /48 of IPv6 comes from 65,536 networks: there it is the neighbourhood whose first passes.
    first = (beside if ":" in client else mine) == 1
    if mine is None or (beside is None and not first):
        return Reception.NETWORK
    if quotas.used(conn, "letter", _hidden(key, "letter", address.mailbox), now, LETTER_EVERY):
        return Reception.ADDRESS
    domain = address.key.rpartition("@")[2]
    if take("domain", domain, limits.per_domain) is None and not first:
        return Reception.DOMAIN
    return None if may_write_to(conn, address, key, now) else Reception.ADDRESS


def around(client: str, lengths: Mapping[int, int]) -> str:
    """Give the network of these many bits, by version, that a client's address lies in."""
    try:
        version = ip_address(client).version
    except ValueError:
        return client
    return str(ip_network((client, lengths[version]), strict=False))


def _hidden(key: bytes, scope: str, value: str) -> str:
    return hmac.new(key, f"quota:{scope}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


def _evidence(request: SignUp, now: datetime) -> dict[str, str]:
    return {
        "source": "sign-up form",
        "by": "the subscriber",
        "asked": now.isoformat(timespec="seconds"),
        "client": plain(request.client),
        "form": plain(request.form),
        **({"via": plain(request.via)} if request.via else {}),
        "wording": plain(request.wording),
    }


def plain(text: str) -> str:
    """Give a text from outside as one bounded line, for it is shown and exported one day."""
    return shorten(clean(text), LONGEST_EVIDENCE)
