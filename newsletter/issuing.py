"""Make the issue that is due: plan, render outside of any transaction, write everything in one.

The ledger decides, whoever fires. The one transaction writes the slot, the issue, what is in it, its
editions and its deliveries; a crash before its end leaves nothing, after it everything. It begins by
holding the newsletter's row and reading the ledger again: if anything the plan was made from has
changed (another process was faster, a subscriber chose what no edition was rendered for), nothing is
written and the plan is made anew. Called by the `send` command and the scheduler of `pressroom`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from newsletter import planning
from newsletter.compose import Composition, offered
from newsletter.errors import IssueError
from newsletter.issue import Issue, to_json
from newsletter.planning import Ledger, Plan, Task
from newsletter.schedule import DueSlot
from storage import deliveries, editions, issues, newsletters, slots
from storage.engine import reading, writing
from storage.issues import IssueRow
from storage.slots import SlotRow

# Each turn only renders what the one before had not; more are needed only if choices change all the time.
ATTEMPTS = 20

NOT_APPROVED = "not approved before the next issue"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished mail; the message has places for the recipient's own values."""

    subject: str
    message: bytes


class Renderer(Protocol):
    """Makes the mail of one edition (newsletter.editions)."""

    def __call__(self, issue: Issue, choice: str, language: str) -> Rendered: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of the slot that was due, and of those before it (`earlier`).

    `outcome` is one of schema.SLOT_OUTCOMES, or "not-due" (then `slot` is None). `won` is False when
    another process had decided before us: then `issue` is what it made.
    """

    newsletter: str
    outcome: str
    slot: str | None = None
    detail: str = ""
    issue: IssueRow | None = None
    queued: int = 0
    won: bool = True
    earlier: tuple[SlotRow, ...] = ()
    composition: Composition | None = None


@dataclass(slots=True)
class _Work:
    """What is carried from one attempt to the next."""

    task: Task
    renderer: Renderer
    wanted: str | None = None
    issue: Issue | None = None
    rendered: dict[tuple[str, str], Rendered] = field(default_factory=dict)


def decide(engine: Engine, task: Task, renderer: Renderer) -> Decision:
    """Decide every slot that is due, and make the issue of the newest.

    By hand: make an issue at this minute, outside of the schedule; slots that are due are superseded by
    it. If there is no reason for an issue (nothing new, paused, no subscribers), nothing is recorded.
    """
    work = _Work(task, renderer)
    _meet(engine, task)
    for _ in range(ATTEMPTS):
        decision = _attempt(engine, work)
        if decision is not None:
            return decision
    message = f"{task.name}: the ledger changed {ATTEMPTS} times while the issue was rendered; try again"
    raise IssueError(message, task.name)


def _meet(engine: Engine, task: Task) -> None:
    """Note that the newsletter exists, and which categories it offers, unless that is known."""
    categories = [category.name for category in offered(task.newsroom, task.settings)]
    with reading(engine) as conn:
        known = newsletters.find(conn, task.name)
    if known is None or not known.categories.keys() >= set(categories):
        with writing(engine) as conn:
            newsletters.meet(conn, task.name, task.now, categories)


def _attempt(engine: Engine, work: _Work) -> Decision | None:
    """Plan, render and write; None when the ledger has moved on meanwhile."""
    task = work.task
    wanted = work.wanted or (planning.slot_by_hand(task).slot if task.by_hand else None)
    with reading(engine) as conn:
        decided = _decided(conn, task.name, wanted)
        ledger = planning.read(conn, task)
    if decided is not None:
        return decided
    plan = planning.plan(task, ledger)
    if plan.slot is None or (task.by_hand and plan.outcome != "issue"):
        return Decision(task.name, plan.outcome, detail=plan.detail, composition=plan.composition)
    work.wanted = plan.slot.slot
    _render(work, plan)
    with writing(engine) as conn:
        newsletters.hold(conn, task.name)
        taken = slots.find(conn, task.name, plan.slot.slot) is not None
        if taken or not ledger.agrees(planning.read(conn, task)):
            return None
        return _write(conn, work, ledger, plan, plan.slot)


def _decided(conn: Connection, newsletter: str, slot: str | None) -> Decision | None:
    row = slots.find(conn, newsletter, slot) if slot is not None else None
    if row is None:
        return None
    issue = issues.get(conn, row.issue_id) if row.issue_id is not None else None
    return Decision(newsletter, row.outcome, row.slot, row.detail, issue, won=False)


def _render(work: _Work, plan: Plan) -> None:
    """Render the editions that are not rendered yet; of another content, all of them."""
    if plan.outcome != "issue" or plan.issue is None:
        return
    if plan.issue != work.issue:
        work.issue, work.rendered = plan.issue, {}
    for choice, language in plan.editions.keys() - work.rendered.keys():
        work.rendered[choice, language] = work.renderer(plan.issue, choice, language)


def _write(conn: Connection, work: _Work, ledger: Ledger, plan: Plan, slot: DueSlot) -> Decision:
    task = work.task
    earlier = tuple(_row(task, one, one.action, one.detail) for one in plan.earlier)
    slots.decide(conn, earlier)
    if plan.outcome not in ("missed", "paused"):
        _give_up_unapproved(conn, ledger, task.now)
    decision = Decision(
        task.name, plan.outcome, slot.slot, plan.detail, earlier=earlier, composition=plan.composition
    )
    if plan.issue is None or plan.outcome != "issue":
        slots.decide(conn, [_row(task, slot, plan.outcome, plan.detail)])
        return decision
    issue, queued = _write_issue(conn, work, plan.issue, plan)
    slots.decide(conn, [replace(_row(task, slot, plan.outcome, plan.detail), issue_id=issue.id)])
    return replace(decision, issue=issue, queued=queued)


def _give_up_unapproved(conn: Connection, ledger: Ledger, now: datetime) -> None:
    """Cancel the issue that nobody approved in time; what was in it goes into the new one."""
    old = ledger.unapproved
    if old is None:
        return
    issues.set_state(
        conn, old.id, "cancelled", only_from=("awaiting-approval",), now=now, reason=NOT_APPROVED
    )
    issues.release_items(conn, old.id)
    slots.revise(conn, old.newsletter, old.slot, outcome="not-approved", detail=NOT_APPROVED)


def _write_issue(conn: Connection, work: _Work, issue: Issue, plan: Plan) -> tuple[IssueRow, int]:
    wanted = {pair: work.rendered[pair] for pair in sorted(plan.editions)}
    first = wanted.get(("*", issue.language)) or next(iter(wanted.values()))
    approval = work.task.settings.approval == "required"
    row = issues.create(
        conn,
        newsletter=issue.newsletter,
        number=issue.number,
        slot=issue.slot,
        state="awaiting-approval" if approval else "queued",
        subject=first.subject,
        composed=issue.composed,
        content=to_json(issue),
    )
    issues.record_contents(
        conn, row, [item.key for item in issue.items], [event.key for event in issue.events]
    )
    for pair, made in wanted.items():
        editions.add(conn, row.id, *pair, made.subject, made.message)
    if approval:
        return row, 0
    return row, deliveries.queue(conn, row.id, issue.newsletter, issue.language, issue.composed)


def _row(task: Task, slot: DueSlot, outcome: str, detail: str) -> SlotRow:
    return SlotRow(task.name, slot.slot, slot.due, task.now, outcome, detail)
