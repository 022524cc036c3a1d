"""When a newsletter is due, as pure rules: read a schedule, name its slots, say what to do about them.

A slot is a local wall-clock minute and keeps its name for ever, so the doubled hour of autumn has each
slot once and the missing hour of spring keeps its own (it comes due as much later as the clock jumps).
APScheduler finds the minutes that match, on a clock that never changes; who fires them is not decided
here (`pressroom` wakes, `newsletter.issuing` decides).
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from newsletter import timetable
from newsletter.errors import ScheduleError

SLOT_FORMAT = "%Y-%m-%dT%H:%M"
MINUTE = timedelta(minutes=1)

# The farthest that a zone's clock has ever jumped is a day (Samoa, 2011), so a slot's name and its
# moment are never farther apart than this.
LARGEST_JUMP = timedelta(hours=26)

# A missed slot gets its own row for so long; what lies before is summed up, so that the first run after
# years has a bounded work.
HISTORY = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes at which a newsletter is due; `text` is the schedule in its shortest spelling."""

    text: str
    triggers: tuple[CronTrigger, ...] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read "fri 07:00", "monthly last 07:00" and the like, or five fields of cron."""
        spelling, rules = timetable.read(text)
        schedule = cls(spelling, tuple(CronTrigger(**rule, timezone=UTC) for rule in rules))
        # 2000 was a leap year, so that the 29th of February is found.
        if not schedule.following(datetime(2000, 1, 1), 1):  # noqa: DTZ001 - wall-clock time
            message = f"'{text}' names a day that no year has"
            raise ScheduleError(message)
        return schedule

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Give the local minutes later than `after` and not later than `until`, in order."""
        for local in self.after(after):
            if local > until:
                return
            yield local

    def following(self, after: datetime, count: int) -> list[datetime]:
        """Give the next local minutes after `after`."""
        return list(islice(self.after(after), count))

    def after(self, after: datetime) -> Iterator[datetime]:
        """Give the local minutes after `after`, without end."""
        last = None
        for local in heapq.merge(*(_minutes(trigger, after) for trigger in self.triggers)):
            if local != last:
                yield local
            last = local

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class DueSlot:
    """What to do about a slot: `action` is make, missed or superseded; `due` its moment."""

    slot: str
    due: datetime
    action: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """A slot that is yet to come, and its moment."""

    slot: str
    due: datetime


def slot_name(local: datetime) -> str:
    return local.strftime(SLOT_FORMAT)


def slot_local(name: str) -> datetime:
    return datetime.strptime(name, SLOT_FORMAT)  # noqa: DTZ007 - wall-clock time


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the moment of a local minute: the first one if there are two.

    A minute that the clock jumps over is moved as far as the clock jumps (RFC 5545, 3.3.5).
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """Give the local minute that the clocks show at this moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0, second=0, microsecond=0)


def coming(schedule: Schedule, zone: ZoneInfo, now: datetime, count: int) -> list[Coming]:
    """Give the next slots after now, by their moments."""
    locals_ = schedule.after(wall_clock(now, zone) - LARGEST_JUMP)
    later = ((instant(local, zone), local) for local in locals_ if instant(local, zone) > now)
    # A slot that was moved may come due after later ones, so as many more are looked at as a jump can hold.
    first = sorted(islice(later, count + int(LARGEST_JUMP / timedelta(hours=1))))[:count]
    return [Coming(slot_name(local), moment) for moment, local in first]


def due(
    schedule: Schedule,
    zone: ZoneInfo,
    *,
    latest: str | None,
    started: datetime,
    now: datetime,
    grace: timedelta,
) -> tuple[DueSlot, ...]:
    """Say what to do about the slots that came due since the last decided one, oldest first.

    Only the newest is made, and only within the grace. A newsletter's first slot is the first one
    after it `started`, that minute included. When the clock was set back, nothing is due again.
    """
    since = (started.replace(second=0, microsecond=0), datetime.min)  # noqa: DTZ901 - below any slot
    if latest is not None:
        since = max(since, (instant(slot_local(latest), zone), slot_local(latest)))
    first = max(since[0], now - HISTORY)
    window = schedule.between(wall_clock(first, zone) - LARGEST_JUMP, wall_clock(now, zone) + LARGEST_JUMP)
    # In the order of their moments, which around a jump of the clock is not the order of their names.
    keys = sorted((instant(local, zone), local) for local in window)
    found = [key for key in keys if since < key and first <= key[0] <= now]
    verdicts = [_verdict(key, found[-1], now, grace) for key in found]
    if verdicts and since[0] < first:
        untold = f"; the slots before it, since {since[0]:%Y-%m-%d}, are not listed"
        verdicts[0] = replace(verdicts[0], detail=verdicts[0].detail + untold)
    return tuple(verdicts)


def _verdict(
    key: tuple[datetime, datetime], newest: tuple[datetime, datetime], now: datetime, grace: timedelta
) -> DueSlot:
    moment, local = key
    if now - moment > grace:
        detail = f"found {_length(now - moment)} late, the grace is {_length(grace)}"
        return DueSlot(slot_name(local), moment, "missed", detail)
    if key != newest:
        return DueSlot(slot_name(local), moment, "superseded", f"by the slot {slot_name(newest[1])}")
    return DueSlot(slot_name(local), moment, "make")


def _length(span: timedelta) -> str:
    minutes = int(span / MINUTE)
    if minutes < 120:  # noqa: PLR2004 - "90 min" reads better than "1.5 h"
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"  # noqa: PLR2004


def _minutes(trigger: CronTrigger, after: datetime) -> Iterator[datetime]:
    """Give the minutes of one rule, with UTC standing in for a clock that never changes."""
    wanted = after.replace(second=0, microsecond=0, tzinfo=UTC) + MINUTE
    while (found := trigger.get_next_fire_time(None, wanted)) is not None:
        yield found.replace(tzinfo=None)
        wanted = found + MINUTE
