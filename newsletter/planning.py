"""What an issue would be right now: the ledger is read, the rules are asked, nothing is written.

A `Plan` says what becomes of every slot that is due and, if an issue is to be made, its whole content
and the groups that get it. `newsletter.issuing` carries it out; `preview` shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from content.newsroom import Newsroom
from newsletter.compose import Composition, History, compose, offered
from newsletter.contents import narrowed
from newsletter.issue import Issue
from newsletter.schedule import DueSlot, Schedule, coming, due, slot_name, wall_clock
from newsletter.settings import NewsletterSettings
from storage import issues, newsletters, slots, subscribers
from storage.engine import reading
from storage.issues import IssueRow
from storage.newsletters import Newsletter
from storage.subscribers import Group

NOT_DUE = "not-due"


@dataclass(frozen=True, slots=True)
class Task:
    """What a decision is made from, besides the ledger. `by_hand`: an issue now, outside of the schedule.

    `visible_since` says since when the public could see each item (content.newsroom.Known).
    """

    name: str
    settings: NewsletterSettings
    newsroom: Newsroom
    visible_since: Mapping[str, datetime]
    now: datetime
    by_hand: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone or self.newsroom.organisation.timezone)

    @property
    def language(self) -> str:
        return self.settings.language or self.newsroom.organisation.language


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the ledger says about a newsletter at one moment.

    `unapproved` is the issue that still waits for approval: whatever is decided next takes its place,
    so its items count as not mailed and its events as not shown.
    """

    newsletter: Newsletter
    history: History
    number: int
    latest: str | None = None
    unapproved: IssueRow | None = None
    groups: tuple[Group, ...] = ()

    def agrees(self, later: "Ledger") -> bool:
        """Say whether a plan made from this still holds: only who is in which group may have moved."""
        same = replace(later, groups=self.groups) == self
        return same and {_pair(group) for group in later.groups} <= {_pair(group) for group in self.groups}


@dataclass(frozen=True, slots=True)
class Plan:
    """`outcome` is one of schema.SLOT_OUTCOMES or "not-due"; `issue` is there if it is "issue".

    `slot` is the one that the outcome is about, None if nothing is due; `earlier` are those before it.
    `editions` are the (choice, language) pairs that get the issue, with how many people each.
    """

    outcome: str
    slot: DueSlot | None = None
    detail: str = ""
    earlier: tuple[DueSlot, ...] = ()
    composition: Composition | None = None
    issue: Issue | None = None
    editions: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def readers(self) -> int:
        return sum(self.editions.values())


def preview(engine: Engine, task: Task) -> Plan:
    """Give the issue that would go out at the slot that is due now, or else at the next one."""
    with reading(engine) as conn:
        ledger = read(conn, task)
    schedule = Schedule.parse(task.settings.schedule)
    found = _due(task, ledger, schedule)
    if found and found[-1].action == "make":
        return plan_slot(task, ledger, found[-1])
    following = coming(schedule, task.zone, task.now, 1)[0]
    return plan_slot(task, ledger, DueSlot(following.slot, following.due, "make"))


def read(conn: Connection, task: Task) -> Ledger:
    """Read what the ledger says; a newsletter that was never met counts as met now."""
    known = newsletters.find(conn, task.name) or Newsletter(task.name, task.now)
    waiting = issues.listed(conn, task.name, 1, states=("awaiting-approval",))
    unapproved = waiting[0] if waiting else None
    apart_from = unapproved.id if unapproved else None
    return Ledger(
        newsletter=known,
        history=History(
            started=known.started,
            categories=known.categories,
            mailed=issues.mailed_items(conn, task.name, apart_from=apart_from),
            shown=issues.shown_events(conn, task.name, apart_from=apart_from),
            last_composed=issues.last_composed(conn, task.name),
            visible_since=task.visible_since,
        ),
        number=issues.next_number(conn, task.name),
        latest=slots.latest(conn, task.name),
        unapproved=unapproved,
        groups=tuple(subscribers.groups(conn, task.name, task.now)),
    )


def plan(task: Task, ledger: Ledger) -> Plan:
    """Say what becomes of the slots that are due, and what the issue of the newest would be."""
    found = _due(task, ledger, Schedule.parse(task.settings.schedule))
    if task.by_hand:
        found = _overruled(found, task)
    if not found:
        return Plan(NOT_DUE, detail=_beyond_now(task, ledger))
    if ledger.newsletter.paused:
        found = tuple(slot if slot.action == "missed" else _resting(slot) for slot in found)
    *earlier, newest = found
    if newest.action == "make":
        return replace(plan_slot(task, ledger, newest), earlier=tuple(earlier))
    return Plan(newest.action, newest, newest.detail, tuple(earlier))


def plan_slot(task: Task, ledger: Ledger, slot: DueSlot) -> Plan:
    """Say what the issue of this slot would be, or why there is none."""
    made = compose(task.newsroom, task.settings, ledger.history, due=slot.due, now=task.now)
    issue = _issue(task, ledger, slot, made)
    if made.nothing_new:
        return Plan("nothing-new", slot, "no new item and no new event", composition=made, issue=issue)
    editions = readers(issue, ledger.groups)
    if not editions:
        why = "none of them chose a category with something new" if ledger.groups else "nobody subscribes"
        return Plan("no-subscribers", slot, why, composition=made, issue=issue)
    return Plan("issue", slot, composition=made, issue=issue, editions=editions)


def slot_by_hand(task: Task) -> DueSlot:
    """Give the slot of an issue that is made now: this minute."""
    return DueSlot(
        slot_name(wall_clock(task.now, task.zone)), task.now.replace(second=0, microsecond=0), "make"
    )


def readers(issue: Issue, groups: tuple[Group, ...]) -> dict[tuple[str, str], int]:
    """Count, by choice and language, the people for whom there is something new in the issue."""
    found: dict[tuple[str, str], int] = {}
    for group in groups:
        if _has_news(narrowed(issue, group.choice)):
            pair = (group.choice, group.language or issue.language)
            found[pair] = found.get(pair, 0) + group.count
    return found


def _has_news(issue: Issue) -> bool:
    return bool(issue.items) or any(event.key in issue.new_events for event in issue.events)


def _pair(group: Group) -> tuple[str, str | None]:
    return group.choice, group.language


def _due(task: Task, ledger: Ledger, schedule: Schedule) -> tuple[DueSlot, ...]:
    return due(
        schedule,
        task.zone,
        latest=ledger.latest,
        started=ledger.newsletter.started,
        now=task.now,
        grace=task.settings.misfire_grace,
    )


def _overruled(found: tuple[DueSlot, ...], task: Task) -> tuple[DueSlot, ...]:
    """Put the slot of an issue made by hand after those that are due; it takes the place of the newest."""
    by_hand = slot_by_hand(task)
    instead = f"by the issue made by hand at {by_hand.slot}"
    earlier = (
        replace(slot, action="superseded", detail=instead) if slot.action == "make" else slot
        for slot in found
        if slot.slot != by_hand.slot
    )
    return (*earlier, by_hand)


def _resting(slot: DueSlot) -> DueSlot:
    return replace(slot, action="paused", detail="the newsletter was paused")


def _beyond_now(task: Task, ledger: Ledger) -> str:
    """Say so when the ledger knows of a later time than the clock: it would be quiet until then."""
    soon = slot_name(wall_clock(task.now, task.zone) + timedelta(hours=1))
    ahead = ledger.latest is not None and ledger.latest > soon
    return f"the clock is behind: the slot {ledger.latest} was already decided" if ahead else ""


def _issue(task: Task, ledger: Ledger, slot: DueSlot, made: Composition) -> Issue:
    return Issue(
        newsletter=task.name,
        title=task.settings.title,
        number=ledger.number,
        slot=slot.slot,
        zone=task.zone.key,
        language=task.language,
        composed=task.now,
        base_url=task.newsroom.base_url,
        organisation=task.newsroom.organisation,
        choices=offered(task.newsroom, task.settings),
        sender=task.settings.sender,
        reply_to=task.settings.reply_to,
        subject=task.settings.subject,
        intro=task.settings.intro,
        items=made.items,
        events=made.events,
        new_events=made.new_events,
        more_events=made.more_events,
        waiting=len(made.waiting),
    )
