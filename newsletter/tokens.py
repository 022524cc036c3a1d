"""Tokens that stand for a subscriber in the links of a mail.

A token names a purpose, a subscriber and a newsletter, and cannot be made without the key. It holds no
address, needs no row in a database and does not expire: whoever has an old mail may always leave. The
purpose is signed but not written, so a token for one page is worthless at another. Layout, 28 octets in
base64url without padding: key id (1), subscriber (6), newsletter (5), HMAC-SHA256 cut to 16.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final, Literal

from newsletter.errors import TokenError

Purpose = Literal["unsubscribe", "preferences"]

LENGTH: Final = 38
_SIGNED = 12
_SIGNATURE = 16
_HIGHEST = 2**48 - 1


def make(key: bytes, purpose: Purpose, subscriber_id: int, newsletter: str) -> str:
    """Make the token; the same arguments give the same token."""
    if not 0 <= subscriber_id <= _HIGHEST:
        message = f"{subscriber_id} is no subscriber's number"
        raise ValueError(message)
    signed = _key_id(key) + subscriber_id.to_bytes(6, "big") + newsletter_hash(newsletter)
    return base64.urlsafe_b64encode(signed + _signature(key, purpose, signed)).decode("ascii").rstrip("=")


def read(key: bytes, purpose: Purpose, token: str) -> tuple[int, bytes]:
    """Give the subscriber and the newsletter's hash; raise TokenError for anything that we did not make."""
    octets = _decoded(token)
    signed, signature = octets[:_SIGNED], octets[_SIGNED:]
    if signed[:1] != _key_id(key):
        message = "the token was made with another key"
        raise TokenError(message)
    if not hmac.compare_digest(signature, _signature(key, purpose, signed)):
        message = "the token is forged, or made for another purpose"
        raise TokenError(message)
    return int.from_bytes(signed[1:7], "big"), signed[7:]


def newsletter_hash(newsletter: str) -> bytes:
    """Give the five octets by which a token names its newsletter."""
    return hashlib.sha256(b"newsletter:" + newsletter.encode()).digest()[:5]


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id:" + key).digest()[:1]


def _signature(key: bytes, purpose: Purpose, signed: bytes) -> bytes:
    return hmac.digest(key, b"token:" + purpose.encode() + b":" + signed, "sha256")[:_SIGNATURE]


def _decoded(token: str) -> bytes:
    """Decode strictly: one spelling only, so that no second string means the same subscriber."""
    message = "the token is malformed"
    if len(token) != LENGTH or not token.isascii():
        raise TokenError(message)
    try:
        octets = base64.b64decode(f"{token}==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenError(message) from error
    if base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=") != token:
        raise TokenError(message)
    return octets
