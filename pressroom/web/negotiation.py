"""What a request's headers ask for: encodings, conditions, ranges. Pure functions of bytes, RFC 9110.

What cannot be understood asks for nothing, as the RFC wants it: a wrong header gives the whole file, and
never an error. Called by `publicfiles`.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

IDENTITY, GZIP, BROTLI = "identity", "gzip", "br"
PREFERRED = (BROTLI, GZIP, IDENTITY)
LONGEST = 4096
"""Of a header that is taken apart, in bytes."""

ANY = b"*"

_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)


@lru_cache(maxsize=256)
def acceptable(accept: bytes) -> tuple[str, ...]:
    """Give the encodings of ours that Accept-Encoding allows, best first; identity when it allows none."""
    weights = _weights(accept[:LONGEST].decode("latin-1"))
    everything = weights.get("*", 0.0)
    found = {coding: weights.get(coding, everything) for coding in (BROTLI, GZIP)}
    found[IDENTITY] = weights.get(IDENTITY, everything if "*" in weights else 1e-4)
    allowed = [coding for coding in PREFERRED if found[coding] > 0]
    return tuple(sorted(allowed, key=lambda coding: -found[coding])) or (IDENTITY,)


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = _number(parameter[2:])
        if coding:
            weights[{"x-gzip": GZIP}.get(coding, coding)] = weight
    return weights


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0


def tags(header: bytes) -> frozenset[bytes]:
    """Give the tags of If-None-Match, which are compared weakly, without a W/; ANY for any."""
    return frozenset(tag for _, tag in _tags(header))


def strong_tags(header: bytes) -> frozenset[bytes]:
    """Give the tags of If-Match, where weak ones count for nothing; ANY for any."""
    return frozenset(tag for weak, tag in _tags(header) if not weak)


def _tags(header: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"", ANY)] if header.strip() == ANY else _TAG.findall(header[:LONGEST])


def http_date(seconds: int) -> bytes:
    """Write a time as headers do: Thu, 01 Oct 2026 05:00:00 GMT."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True).encode("ascii")


@lru_cache(maxsize=256)
def seconds_of(date: bytes) -> int | None:
    """Read a time from a header; None for what is none, as the lines of several headers are."""
    if date.count(b",") > 1:
        return None
    try:
        moment = parsedate_to_datetime(date[:64].decode("ascii"))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def byte_range(header: bytes, length: int) -> tuple[int, int] | None:
    """Give the first byte and the one after the last that Range asks for; None for the whole.

    Several ranges give the whole, which the RFC allows. Raise ValueError for one that lies outside.
    """
    match = _RANGE.fullmatch(header[:LONGEST].decode("latin-1").strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, stop = max(length - int(match[2]), 0), length
        outside = int(match[2]) == 0 or length == 0
    else:
        start, stop = int(match[1]), min(int(match[2] or length) + 1, length)
        if match[2] and int(match[2]) < start:
            return None
        outside = start >= length
    if outside:
        message = "the range lies outside"
        raise ValueError(message)
    return start, stop
