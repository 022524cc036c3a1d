"""Addresses that may stand in a mail: https, http and mailto, spelled so that HTML and text have the same.

The loader has already made them absolute. Here they are made ASCII, because serialisers of HTML do that on
their own and the text part would differ; what is no safe link is left out, the title stays. Pure.
"""

import re
from urllib.parse import quote, urlsplit

from newsletter import headers
from newsletter.errors import HeaderError
from newsletter.places import MARK

LONGEST = 900  # a header or a text line with it stays below 998
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"
_MAIL = re.compile(r"mailto:[^\s<>\"@:;,]+@[^\s<>\"@:;,]+", re.IGNORECASE)


def safe(address: str | None) -> str | None:
    """Give the address as printable ASCII, or None when it cannot stand in a mail."""
    if not address or MARK in address or len(address) > LONGEST:
        return None
    return _mail(address) if _MAIL.fullmatch(address) else _web(address)


def _mail(address: str) -> str | None:
    try:
        written = headers.wire_address(address[len("mailto:") :]).decode()
    except HeaderError:
        return None
    return f"mailto:{written}" if written.isascii() else None


def _web(address: str) -> str | None:
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return None
    if not host.isascii():
        try:
            parts = parts._replace(netloc=parts.netloc.lower().replace(host, headers.ascii_domain(host)))
        except HeaderError:
            return None
    try:
        written = quote(parts.geturl(), safe=_SAFE)
    except UnicodeEncodeError:
        return None
    return written if len(written) <= LONGEST else None
