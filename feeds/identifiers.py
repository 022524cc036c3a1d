"""Ids for ever.

An id is a tag URI (RFC 4151) of the authority in the settings and the piece's key, so that no slug,
category, date, host or scheme is in it. An author's own absolute IRI is kept letter by letter, because
readers compare ids as strings. Pure; used by every format.
"""

import re
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s:]")
# What RFC 3986 allows nowhere in a URI; an IRI (RFC 3987) may have letters beyond ASCII, but not these.
FORBIDDEN = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\xa0]")
RESERVED = ";/?:@&=+$!*'(),"
CATEGORIES = "categories"


def feed_id(authority: str, feed: str) -> str:
    return f"tag:{authority}:feed/{feed}"


def item_id(authority: str, key: str) -> str:
    return _piece_id(authority, "item", key)


def event_id(authority: str, key: str) -> str:
    return _piece_id(authority, "event", key)


def newsletter_id(authority: str, newsletter: str) -> str:
    """Name the feed of a newsletter's issues."""
    return f"tag:{authority}:newsletter/{newsletter}"


def issue_id(authority: str, newsletter: str, number: int) -> str:
    return f"tag:{authority}:issue/{newsletter}/{number}"


def category_scheme(authority: str) -> str:
    """Name the set that category terms belong to; an identifier, not an address."""
    return f"tag:{authority}:{CATEGORIES}"


def calendar_uid(event_id: str) -> str:
    """Give the UID of a calendar entry: a UUID of the id, as RFC 7986, 5.3 asks for."""
    return str(uuid5(NAMESPACE_URL, event_id))


def _piece_id(authority: str, kind: str, key: str) -> str:
    if ABSOLUTE.match(key):
        return FORBIDDEN.sub(lambda match: quote(match[0]), key)
    return f"tag:{authority}:{kind}/{quote(key, safe=RESERVED)}"
