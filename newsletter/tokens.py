"""Tokens that stand for a subscriber in the links of a mail.

The token of the way out names a subscriber and a newsletter, and cannot be made without the key. It holds no
address, needs no row in a database and does not expire: whoever has an old mail may always leave. Layout, 28
octets in base64url without padding: key id (1), subscriber (6), newsletter (5), HMAC-SHA256 cut to 16.

A ticket is a token that expires: all other links. It has five octets more, the second until which it is good,
and stands for a number and the words that it is about: a sign-up as it was asked for, a new address, or a
newsletter at the address that the mail went to. The purpose is signed but not written, so what was made for
one page is worthless at another.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from newsletter.errors import TokenError

TicketPurpose = Literal["confirm", "change", "preferences"]

WAY_OUT: Final = "unsubscribe"

LENGTH: Final = 38
TICKET_LENGTH: Final = 44
_SIGNATURE = 16
_HIGHEST = 2**48 - 1


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says: for which number, about what (a hash), and until when it is good."""

    number: int
    subject: bytes
    expires: datetime


def make(key: bytes, subscriber_id: int, newsletter: str) -> str:
    """Make the token of the way out; the same arguments give the same token."""
    if not 0 <= subscriber_id <= _HIGHEST:
        message = f"{subscriber_id} is no subscriber's number"
        raise ValueError(message)
    signed = _key_id(key) + subscriber_id.to_bytes(6, "big") + newsletter_hash(newsletter)
    return _spelled(signed + _signature(key, WAY_OUT, signed))


def read(key: bytes, token: str) -> tuple[int, bytes]:
    """Give the subscriber and the newsletter's hash; raise TokenError for anything that we did not make."""
    signed = _verified(key, WAY_OUT, _decoded(token, LENGTH))
    return int.from_bytes(signed[1:7], "big"), signed[7:]


def make_ticket(key: bytes, purpose: TicketPurpose, number: int, subject: str, expires: datetime) -> str:
    """Make a token that is good until a time, to the second."""
    if not 0 <= number <= _HIGHEST:
        message = f"{number} does not fit into a ticket"
        raise ValueError(message)
    until = int(expires.timestamp()).to_bytes(5, "big")
    signed = _key_id(key) + number.to_bytes(6, "big") + subject_hash(subject) + until
    return _spelled(signed + _signature(key, purpose, signed))


def read_ticket(key: bytes, purpose: TicketPurpose, token: str) -> Ticket:
    """Read a ticket, also one whose time is over; raise TokenError for anything that we did not make."""
    signed = _verified(key, purpose, _decoded(token, TICKET_LENGTH))
    until = datetime.fromtimestamp(int.from_bytes(signed[12:], "big"), UTC)
    return Ticket(int.from_bytes(signed[1:7], "big"), signed[7:12], until)


def subject_hash(subject: str) -> bytes:
    """Give the five octets by which a ticket names what it is about."""
    return hashlib.sha256(b"subject:" + subject.encode()).digest()[:5]


def newsletter_hash(newsletter: str) -> bytes:
    """Give the five octets by which a token names its newsletter."""
    return hashlib.sha256(b"newsletter:" + newsletter.encode()).digest()[:5]


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id:" + key).digest()[:1]


def _verified(key: bytes, purpose: str, octets: bytes) -> bytes:
    """Give what is signed, if it was signed by this key for this purpose."""
    signed, signature = octets[:-_SIGNATURE], octets[-_SIGNATURE:]
    if signed[:1] != _key_id(key):
        message = "the token was made with another key"
        raise TokenError(message)
    if not hmac.compare_digest(signature, _signature(key, purpose, signed)):
        message = "the token is forged, or made for another purpose"
        raise TokenError(message)
    return signed


def _signature(key: bytes, purpose: str, signed: bytes) -> bytes:
    return hmac.digest(key, b"token:" + purpose.encode() + b":" + signed, "sha256")[:_SIGNATURE]


def _spelled(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def _decoded(token: str, length: int) -> bytes:
    """Decode strictly: one spelling only, so that no second string means the same subscriber."""
    message = "the token is malformed"
    if len(token) != length or not token.isascii():
        raise TokenError(message)
    try:
        octets = base64.b64decode(token + "=" * (-length % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenError(message) from error
    if _spelled(octets) != token:
        raise TokenError(message)
    return octets
