"""Whether a request's conditions hold for a file with these tags and this date (RFC 9110, 13). Pure.

`given` are the headers that begin with "if-", what came in several lines joined by commas. Tags count before
dates. A date that lies in the future is no copy of ours but a client's wrong clock: it counts for nothing, as
otherwise that client would hear of no change until its date is reached. Called by `publicfiles`.
"""

from collections.abc import Collection, Mapping

from pressroom.web.negotiation import ANY, seconds_of, strong_tags, tags

Given = Mapping[bytes, bytes]


def failed(given: Given, own: Collection[bytes], modified: int) -> bool:
    """Tell whether the client wants an answer only from a file that this is not; `own` are its tags."""
    if if_match := given.get(b"if-match"):
        return not strong_tags(if_match) & {ANY, *own}
    since = seconds_of(given.get(b"if-unmodified-since", b""))
    return since is not None and modified > since


def has_already(given: Given, own: Collection[bytes], modified: int, now: int) -> bool:
    """Tell whether the client has this very file."""
    if if_none_match := given.get(b"if-none-match"):
        return bool(tags(if_none_match) & {ANY, *own})
    return has_since(given, modified, now)


def has_since(given: Given, modified: int, now: int) -> bool:
    """Tell whether the client's date says that it has this version."""
    since = seconds_of(given.get(b"if-modified-since", b""))
    return since is not None and modified <= since <= max(now, modified)
