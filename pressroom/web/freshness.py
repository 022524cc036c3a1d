"""How long the world may keep what we serve, by the rhythm in which it changes. Pure.

A feed that changed an hour ago is asked for again after a quarter of an hour, one that is quiet for weeks
every hour: a tenth of its age, within bounds (RFC 9111, 4.2.2, said aloud). Readers that poll by max-age then
cost little, and news is late by an hour at most. Media are named by their content and never change.
"""

from pressroom.web.mediatypes import Kind

MINUTE, HOUR, YEAR = 60, 3600, 365 * 24 * 3600
BOUNDS = {
    Kind.PAGE: (5 * MINUTE, 15 * MINUTE),
    Kind.OTHER: (15 * MINUTE, 24 * HOUR),
}
FEED_BOUNDS = (15 * MINUTE, HOUR)
SHARE = 10


def max_age(kind: Kind, modified: int, now: int) -> int:
    """Give seconds."""
    if kind is Kind.MEDIA:
        return YEAR
    least, most = BOUNDS.get(kind, FEED_BOUNDS)
    return min(max((now - modified) // SHARE, least), most)


def cache_control(kind: Kind, modified: int, now: int) -> str:
    seconds = max_age(kind, modified, now)
    return f"public, max-age={seconds}" + (", immutable" if kind is Kind.MEDIA else "")
