"""`pressroom schedule`: when each newsletter is due next, and what became of the last times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from newsletter.schedule import Coming, Schedule, coming
from newsletter.settings import NewsletterSettings
from pressroom import screen
from pressroom.arguments import config_of, json_option, newsletter_argument, newsletter_of
from pressroom.bootstrap import Pressroom, look_into
from pressroom.cli import Call
from storage import newsletters, slots
from storage.engine import reading
from storage.slots import SlotRow

OUTCOMES = {
    "issue": "an issue was made",
    "nothing-new": "nothing new, no mail",
    "paused": "the newsletter was paused",
    "missed": "missed",
    "superseded": "passed over for a later run",
    "not-approved": "the issue was not approved",
    "no-subscribers": "nobody to send it to",
}


@dataclass(frozen=True, slots=True)
class Timetable:
    """One newsletter's runs."""

    name: str
    settings: NewsletterSettings
    schedule: Schedule
    zone: ZoneInfo
    paused: datetime | None
    next: list[Coming]
    last: list[SlotRow]


@click.command(short_help="Show the next runs, and what became of the last ones.")
@newsletter_argument(required=False)
@click.option(
    "--next",
    "count",
    default=5,
    show_default=True,
    type=click.IntRange(0, 500),
    help="How many runs to show.",
)
@json_option
@click.pass_obj
def command(call: Call, newsletter: str | None, count: int, as_json: bool) -> None:
    """Show when each newsletter is due next, and what became of the last times.

    Times are the newsletter's own, with their distance from UTC: it changes with summer time.

    \b
    Examples:
      pressroom schedule
      pressroom schedule weekly --next 20
    """
    config = config_of(call)
    names = [newsletter] if newsletter else list(config.newsletters)
    for name in names:
        newsletter_of(config, name)
    with look_into(config, call.clock) as room:
        now = call.clock()
        found = [_timetable(room, name, count, now) for name in names]
    if as_json:
        screen.give_json([_plain(one) for one in found])
        return
    if not found:
        screen.note(f"{config.file} has no newsletters")
    for one in found:
        _show(one, now)


def _timetable(room: Pressroom, name: str, count: int, now: datetime) -> Timetable:
    settings = room.config.newsletters[name]
    schedule, zone = Schedule.parse(settings.schedule), room.config.zone(name)
    with reading(room.engine) as connection:
        known = newsletters.find(connection, name)
        last = slots.recent(connection, name, count)
    paused = known.paused if known else None
    return Timetable(name, settings, schedule, zone, paused, coming(schedule, zone, now, count), last)


def _plain(one: Timetable) -> dict[str, object]:
    return {
        "newsletter": one.name,
        "title": one.settings.title,
        "schedule": str(one.schedule),
        "timezone": one.zone.key,
        "paused_since": one.paused,
        "next": [{"slot": each.slot, "due": each.due.astimezone(one.zone)} for each in one.next],
        "last": [
            {
                "slot": row.slot,
                "due": row.due.astimezone(one.zone),
                "decided": row.decided.astimezone(one.zone),
                "outcome": row.outcome,
                "detail": row.detail,
            }
            for row in one.last
        ],
    }


def _show(one: Timetable, now: datetime) -> None:
    screen.heading(f"{one.name}  {one.settings.title}  ({one.schedule}, {one.zone.key})")
    if one.paused:
        screen.say(f"  paused since {local(one.paused, one.zone)}; `pressroom issues resume {one.name}`")
    for each in one.next:
        screen.say(f"  next  {local(each.due, one.zone)}  {distance(each.due - now)}")
    for row in one.last:
        detail = f": {row.detail}" if row.detail else ""
        screen.say(f"  last  {local(row.due, one.zone)}  {OUTCOMES[row.outcome]}{detail}")
    screen.say()


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as the newsletter's clocks show it."""
    here = moment.astimezone(zone)
    offset = here.strftime("%z")
    return f"{here:%a %Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def distance(time: timedelta) -> str:
    """Say how far away something is, in the two largest units."""
    minutes = int(time.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"in {days} d {hours} h"
    return f"in {hours} h {rest} min" if hours else f"in {rest} min"
