"""Addresses as every machine takes them: a URI (RFC 3986) of what a person wrote, who may write an IRI.

A host beyond ASCII is spelled by IDNA, because only browsers understand it percent-encoded; the rest is
percent-encoded; what is encoded already stays. Never raises, whatever a person wrote: one bad address must
not stop a newsroom. Pure; used by everything that takes an address from content, and by the feeds.
"""

import re
from urllib.parse import quote, unquote

import idna

_PLAIN = re.compile(r"[A-Za-z0-9;/?:@&=+$.\-_!~*'()%,#]*")
_ESCAPED_HOST = re.compile(r"[^/?#]*//[^/?#]*%")
# RFC 3986, appendix B.
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(.*@)?(\[[0-9A-Fa-f:.]+\]|.*?)(:\d*)?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_RESERVED = ";/?:@&=+$!*'(),%"


def uri(url: str) -> str:
    """Percent-encode what a URI may not hold."""
    url = url.strip()
    if _PLAIN.fullmatch(url) and not _ESCAPED_HOST.match(url):
        return url
    match = _PARTS.fullmatch(url)
    scheme, authority, path, query, fragment = match.groups() if match else ("", None, url, "", "")
    written = (scheme or "") + (f"//{_authority(authority)}" if authority is not None else "") + quoted(path)
    return (
        written
        + (f"?{quoted(query[1:])}" if query else "")
        + (f"#{quoted(fragment[1:])}" if fragment else "")
    )


def quoted(part: str) -> str:
    """Percent-encode a path, a query or a fragment."""
    return quote(part, safe=_RESERVED, errors="replace")


def _authority(authority: str) -> str:
    match = _AUTHORITY.fullmatch(authority)
    user, host, port = match.groups() if match else (None, authority, None)
    literal = host.startswith("[") and host.endswith("]")
    return quoted(user or "") + (host if literal else _host(host)) + (port or "")


def _host(host: str) -> str:
    """Give the name's A-labels; one that has none, or that would turn into something else, is encoded."""
    name = unquote(host)
    if name.isascii():
        return quoted(host)
    try:
        written = idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        written = _by_the_older_rules(name)
    return written if _NAME.fullmatch(written) else quoted(name)


def _by_the_older_rules(name: str) -> str:
    """IDNA of 2003 allowed more, pictographs for one, and there are such hosts."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
