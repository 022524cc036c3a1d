"""A mail's content as bytes: the same text twice, plain and as HTML, and what the headers say of it.

Shared by issues (`newsletter.message`) and letters (`newsletter.letters`). The bytes are final: both parts
are quoted-printable, and the boundary is derived from them, so that the same content gives the same mail.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter import headers, quoted

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What follows the headers, and the fields that tell how to read it."""

    octets: bytes
    fields: tuple[bytes, ...]


def alternatives(text: str, html: str, places: tuple[str, ...]) -> Alternatives:
    """Encode both; none of the places is cut by a line's end."""
    bodies = [quoted.encode(_ended(part), places) for part in (text, html)]
    boundary = _boundary(bodies)
    kind = headers.folded_field("Content-Type", ["multipart/alternative;", f'boundary="{boundary}"'])
    return Alternatives(_multipart(bodies, boundary), (headers.raw_field("MIME-Version", "1.0"), kind))


def date(moment: datetime) -> str:
    """Write a Date in UTC without the process's locale."""
    utc = moment.astimezone(UTC)
    weekday, month = _WEEKDAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{weekday}, {utc.day:02} {month} {utc.year:04} {utc:%H:%M:%S} +0000"


def _multipart(bodies: list[bytes], boundary: str) -> bytes:
    pieces = []
    for kind, body in zip(("plain", "html"), bodies, strict=True):
        pieces += [
            f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n".encode("ascii"),
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            body,
            b"\r\n",
        ]
    return b"".join(pieces) + f"--{boundary}--\r\n".encode("ascii")


def _boundary(bodies: list[bytes]) -> str:
    """Derive the boundary from the content; "=_" can never stand in quoted-printable (RFC 2045, 6.7)."""
    return f"=_{hashlib.sha256(b''.join(bodies)).hexdigest()[:32]}"


def _ended(text: str) -> str:
    return text.rstrip("\n") + "\n"
