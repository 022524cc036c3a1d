"""What an operator does to issues and newsletters: approve, cancel, pause, resume, retry what failed.

Cancelling before the first mail gives the items back: they are new again, and go into the next issue.
After the first mail they are spent: who has got the issue would get them twice. Either way the
deliveries that were not made stay as they are and are never made, because mail only goes out of an
issue that is queued or sending. Called by the `issues` command of `pressroom`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from newsletter import planning
from newsletter.errors import IssueError
from newsletter.issue import Issue, from_json
from newsletter.issuing import ATTEMPTS, Rendered, Renderer
from storage import deliveries, editions, issues, newsletters, slots, subscribers
from storage.engine import reading, writing
from storage.issues import IssueRow

Pair = tuple[str, str]

RETRIABLE = ("queued", "sending", "paused", "sent")
VERBS = {"paused": "pause", "queued": "resume", "cancelled": "cancel"}


@dataclass(frozen=True, slots=True)
class Cancelled:
    """`released` is how many items go into the next issue, `unsent` how many deliveries are not made."""

    released: int
    unsent: int
    sent: int


def approve(engine: Engine, newsletter: str, number: int, renderer: Renderer, now: datetime) -> int:
    """Let an issue that waits for approval go out; give how many deliveries were queued.

    It goes to who subscribes now: editions for groups that are new since it was composed are made here.
    """
    extra: dict[Pair, Rendered] = {}
    for _ in range(ATTEMPTS):
        with reading(engine) as conn:
            row = _issue(conn, newsletter, number)
            _insist(row, "awaiting-approval", to="approve")
            issue = from_json(row.content)
            missing = _readers(conn, issue, now).keys() - _editions(conn, row)
        for pair in missing - extra.keys():
            extra[pair] = renderer(issue, *pair)
        with writing(engine) as conn:
            newsletters.hold(conn, newsletter)
            queued = _approve(conn, row, issue, extra, now)
        if queued is not None:
            return queued
    message = f"{newsletter} {number}: subscribers keep choosing anew while it is rendered; try again"
    raise IssueError(message, newsletter, number)


def cancel(engine: Engine, newsletter: str, number: int, now: datetime, reason: str = "") -> Cancelled:
    """Stop an issue for good."""
    with writing(engine) as conn:
        newsletters.hold(conn, newsletter)
        row = _issue(conn, newsletter, number)
        stoppable = ("awaiting-approval", "queued", "sending", "paused")
        words = reason or "cancelled by hand"
        if not issues.set_state(conn, row.id, "cancelled", only_from=stoppable, now=now, reason=words):
            raise _refused(row, VERBS["cancelled"])
        counts = deliveries.counts(conn, row.id)
        released = 0 if deliveries.attempted(conn, row.id) else issues.release_items(conn, row.id)
        if row.state == "awaiting-approval":
            slots.revise(conn, newsletter, row.slot, outcome="not-approved", detail=words)
    waiting = sum(counts.get(state, 0) for state in deliveries.WAITING)
    return Cancelled(released, waiting, counts.get("sent", 0))


def pause_issue(engine: Engine, newsletter: str, number: int, now: datetime) -> None:
    """Stop an issue for now; mails that are on the wire are finished."""
    with writing(engine) as conn:
        _move(_issue(conn, newsletter, number), conn, "paused", ("queued", "sending"), now)


def resume_issue(engine: Engine, newsletter: str, number: int, now: datetime) -> None:
    """Let a paused issue go on."""
    with writing(engine) as conn:
        _move(_issue(conn, newsletter, number), conn, "queued", ("paused",), now)


def retry_failed(engine: Engine, newsletter: str, number: int, now: datetime) -> int:
    """Queue the failed and the held deliveries of an issue again; give how many."""
    with writing(engine) as conn:
        issues.hold(conn, _issue(conn, newsletter, number).id)
        row = _issue(conn, newsletter, number)
        if row.state not in RETRIABLE:
            raise _refused(row, "retry")
        again = deliveries.retry_failed(conn, row.id, now)
        if again:
            issues.set_state(conn, row.id, "queued", only_from=("sent",), now=now)
    return again


def pause(engine: Engine, newsletter: str, now: datetime) -> bool:
    """Let a newsletter rest: its slots are recorded as paused. False when it rested already."""
    with writing(engine) as conn:
        newsletters.meet(conn, newsletter, now)
        return newsletters.pause(conn, newsletter, now)


def resume(engine: Engine, newsletter: str) -> bool:
    """Let a newsletter run again. False when it did not rest."""
    with writing(engine) as conn:
        return newsletters.resume(conn, newsletter)


def _approve(
    conn: Connection, row: IssueRow, issue: Issue, extra: dict[Pair, Rendered], now: datetime
) -> int | None:
    """Write the approval; None when a group has appeared that there is no edition for."""
    wanted, ready = _readers(conn, issue, now), _editions(conn, row)
    if not wanted.keys() <= ready | extra.keys():
        return None
    if not wanted:
        message = f"{row.newsletter} {row.number} cannot be approved: there is nobody to send it to"
        raise IssueError(message, row.newsletter, row.number)
    if not issues.set_state(conn, row.id, "queued", only_from=("awaiting-approval",), now=now):
        raise _refused(_issue(conn, row.newsletter, row.number), "approve")
    for pair in sorted(wanted.keys() - ready):
        editions.add(conn, row.id, *pair, extra[pair].subject, extra[pair].message)
    return deliveries.queue(conn, row.id, row.newsletter, issue.language, now)


def _readers(conn: Connection, issue: Issue, now: datetime) -> dict[Pair, int]:
    return planning.readers(issue, tuple(subscribers.groups(conn, issue.newsletter, now)))


def _editions(conn: Connection, row: IssueRow) -> set[Pair]:
    return {(edition.choice, edition.language) for edition in editions.of_issue(conn, row.id)}


def _move(row: IssueRow, conn: Connection, state: str, only_from: tuple[str, ...], now: datetime) -> None:
    if not issues.set_state(conn, row.id, state, only_from=only_from, now=now):
        raise _refused(row, VERBS[state])


def _issue(conn: Connection, newsletter: str, number: int) -> IssueRow:
    row = issues.find(conn, newsletter, number)
    if row is None:
        message = f"the newsletter {newsletter} has no issue {number}"
        raise IssueError(message, newsletter, number)
    return row


def _insist(row: IssueRow, state: str, *, to: str) -> None:
    if row.state != state:
        raise _refused(row, to)


def _refused(row: IssueRow, verb: str) -> IssueError:
    why = f" ({row.reason})" if row.reason else ""
    message = f"cannot {verb} {row.newsletter} {row.number}: it is {row.state}{why}"
    return IssueError(message, row.newsletter, row.number)
