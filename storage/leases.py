"""Deliveries that were claimed and are not in anybody's hands any more: given back, or taken back.

Called by `newsletter.delivery` at the beginning and the end of its work. Claiming and finishing are
in `storage.deliveries`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from storage.deliveries import unstarted
from storage.schema import deliveries

UNKNOWN_OUTCOME = "the sending process ended before the server's answer was written down"


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """Rows of processes that are gone: not yet started ones, and those that may have been sent."""

    queued: int
    uncertain: int


def give_back(conn: Connection, issue_id: int, owner: str) -> int:
    """Queue again what an owner claimed and did not start."""
    statement = update(deliveries).where(deliveries.c.issue_id == issue_id, unstarted(owner))
    return conn.execute(statement.values(state="queued", lease_owner=None, lease_until=None)).rowcount


def owners(conn: Connection, issue_id: int) -> set[str]:
    """Give the owners of leases on this issue's deliveries."""
    statement = select(deliveries.c.lease_owner).distinct()
    rows = conn.execute(statement.where(deliveries.c.issue_id == issue_id, deliveries.c.state == "sending"))
    return {row.lease_owner for row in rows}


def reclaim(
    conn: Connection, issue_id: int, now: datetime, *, gone: Collection[str] = (), hold: bool = False
) -> Reclaimed:
    """Take back deliveries whose lease ran out or whose owner is known to be gone.

    What was not started cannot have been sent and is queued; what was started may have been, and is
    uncertain: sent again, or held for a look.
    """
    lost = and_(
        deliveries.c.issue_id == issue_id,
        deliveries.c.state == "sending",
        or_(deliveries.c.lease_until <= now, deliveries.c.lease_owner.in_(gone)),
    )
    free = {"lease_owner": None, "lease_until": None}
    unstarted = update(deliveries).where(lost, deliveries.c.started.is_(None))
    queued = conn.execute(unstarted.values(state="queued", **free)).rowcount
    started = update(deliveries).where(lost, deliveries.c.started.is_not(None))
    unknown = {"state": "uncertain", "held": hold, "next_attempt": now, "reply": UNKNOWN_OUTCOME}
    return Reclaimed(queued, conn.execute(started.values(**unknown, **free)).rowcount)
