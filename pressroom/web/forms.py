"""Forms as they are sent: read within bounds, and the stamp by which we know one of our own. No HTTP answers.

A stamp says when we made a form and where the reader came from, signed; a form that is sent too soon after
is a machine's, one that is sent a day later is shown once more. It is no secret and stands for nobody:
it costs a machine a visit and some seconds, and that is all it is for.
"""

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

SOONEST: Final = timedelta(seconds=2)
LATEST: Final = timedelta(hours=24)
MOST_FIELDS = 200
LONGEST_VIA = 200
MULTIPART = b"multipart/form-data"
CHARSETS = frozenset((b"utf-8", b"utf8", b"us-ascii"))
STAMP = re.compile(r"([0-9a-f]{1,12})\.([0-9a-f]{32})", re.ASCII)
WITH_TOKEN = re.compile(r"/(confirm|preferences|unsubscribe)/.*", re.DOTALL)
URI = re.compile(r"[!-~]+", re.ASCII)


class Age(Enum):
    """What a stamp tells of a form."""

    UNKNOWN = "not ours, or without a stamp"
    QUICK = "sent too soon"
    STALE = "open too long"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Fields:
    """The texts of a form, by name."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """Give the first value; empty when there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())


async def fields(request: Request) -> Fields:
    """Read a form of either kind; files are refused (HTTPException 400), as is what cannot be read."""
    _refuse_other_charsets(request)
    try:
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            return _texts(form.multi_items())
    except ClientDisconnect as error:  # or it sent chunks that are none
        raise HTTPException(400, "The form ended too soon.") from error


async def any_fields(request: Request) -> Fields:
    """Read a form if there is one; what cannot be read is nothing (RFC 8058: the address says it all)."""
    try:
        return await fields(request)
    except HTTPException:
        return Fields({})


def _refuse_other_charsets(request: Request) -> None:
    """Browsers name no charset and mean UTF-8. Any other would be one of Python's codecs, by the sender's
    choice: some fail in ways of their own, and some are slow enough to keep everybody waiting.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind == MULTIPART and options.get(b"charset", b"utf-8").lower() not in CHARSETS:
        raise HTTPException(400, "A form of ours is in UTF-8.")


def _texts(items: Iterable[tuple[str, object]]) -> Fields:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in items:
        if not isinstance(value, str):
            raise HTTPException(400, "A form of ours has no files.")
        found[name] = (*found.get(name, ()), value)
    return Fields(found)


def stamp(key: bytes, now: datetime, via: str) -> str:
    """Make the stamp of a form that is shown now."""
    second = f"{int(now.timestamp()):x}"
    return f"{second}.{_signature(key, second, via)}"


def age(key: bytes, text: str, via: str, now: datetime) -> Age:
    """Tell how old a form is."""
    match = STAMP.fullmatch(text)
    if not match or not hmac.compare_digest(match[2], _signature(key, match[1], via)):
        return Age.UNKNOWN
    passed = timedelta(seconds=now.timestamp() - int(match[1], 16))
    if passed < SOONEST:
        return Age.QUICK
    return Age.GOOD if passed <= LATEST else Age.STALE


def came_from(request: Request) -> str:
    """Give the page that the reader comes from, without what may be personal in it: evidence of consent."""
    for name in ("referer", "origin"):
        via = _page(request.headers.get(name, ""))
        if via:
            return via
    return ""


def is_cross_site(request: Request) -> bool:
    """Tell whether the browser says that the form stood on somebody else's page."""
    return request.headers.get("sec-fetch-site") == "cross-site"


def _page(text: str) -> str:
    if not URI.fullmatch(text):
        return ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    place = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return f"{place}{WITH_TOKEN.sub('/', parts.path)}"[:LONGEST_VIA]


def _signature(key: bytes, second: str, via: str) -> str:
    return hmac.digest(key, f"form:{second}:{via}".encode(), "sha256")[:16].hex()
