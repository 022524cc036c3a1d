"""`pressroom issues`: what was composed, what became of it, and what an operator can do about it."""

from dataclasses import asdict
from zoneinfo import ZoneInfo

import click

from newsletter import lifecycle
from newsletter.editions import EditionRenderer
from newsletter.issue import from_json
from pressroom import screen
from pressroom.arguments import (
    config_of,
    confirm,
    json_option,
    newsletter_argument,
    newsletter_of,
    yes_option,
)
from pressroom.bootstrap import look_into, open_pressroom
from pressroom.cli import Call
from pressroom.commands.schedule import local
from pressroom.errors import UsageProblem
from storage import deliveries, delivery_history, editions, issues
from storage.engine import reading
from storage.issues import IssueRow

SEND = "`pressroom send` or the service delivers it"
FAILURES_SHOWN = 20

number_argument = click.argument("number", type=click.IntRange(1))


@click.group(short_help="List, show, approve, cancel, pause and resume issues.")
def command() -> None:
    """Look at issues, and decide about them.

    \b
    An issue is   awaiting-approval   until it is approved, when the newsletter asks for that
                  queued, sending     while it is delivered
                  paused              until it is resumed
                  sent, cancelled     in the end
    """


@command.command("list")
@newsletter_argument(required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many to list.")
@json_option
@click.pass_obj
def list_command(call: Call, newsletter: str | None, limit: int, as_json: bool) -> None:
    """List the newest issues with their deliveries, of NEWSLETTER or of all.

    \b
    Examples:
      pressroom issues list
      pressroom issues list weekly --limit 50
    """
    config = config_of(call)
    if newsletter:
        newsletter_of(config, newsletter)
    zone = ZoneInfo(config.organisation.timezone)
    with look_into(config, call.clock) as room, reading(room.engine) as connection:
        rows = issues.listed(connection, newsletter, limit)
        counts = {row.id: deliveries.counts(connection, row.id) for row in rows}
    if as_json:
        screen.give_json([_plain(row, counts[row.id]) for row in rows])
    elif rows:
        screen.table(
            ("ISSUE", "STATE", "COMPOSED", "DELIVERIES", "SUBJECT"),
            [
                (
                    f"{row.newsletter} {row.number}",
                    row.state,
                    local(row.composed, zone),
                    in_words(counts[row.id]),
                    row.subject,
                )
                for row in rows
            ],
        )
    else:
        screen.note("There are no issues yet.")


@command.command("show")
@newsletter_argument()
@number_argument
@json_option
@click.pass_obj
def show_command(call: Call, newsletter: str, number: int, as_json: bool) -> None:
    """Show what is in an issue, its editions, and the deliveries that failed, with the server's reply.

    \b
    Example:
      pressroom issues show weekly 12
    """
    config = config_of(call)
    zone = ZoneInfo(config.organisation.timezone)
    with look_into(config, call.clock) as room, reading(room.engine) as connection:
        row = issues.find(connection, newsletter, number)
        if row is None:
            message = f"the newsletter {newsletter} has no issue {number}"
            raise UsageProblem(message)
        counts = deliveries.counts(connection, row.id)
        made = editions.of_issue(connection, row.id)
        open_ = ("failed", "deferred", "uncertain")
        trouble = list(delivery_history.listed(connection, row.id, open_))
    issue = from_json(row.content)
    if as_json:
        screen.give_json(
            {
                **_plain(row, counts),
                "items": [{"key": item.key, "title": item.title} for item in issue.items],
                "events": [{"key": event.key, "title": event.title} for event in issue.events],
                "editions": [
                    {"categories": each.choice, "language": each.language, "subject": each.subject}
                    for each in made
                ],
                "trouble": [asdict(each) for each in trouble],
            }
        )
        return
    screen.heading(f"{row.newsletter} {row.number}  {row.subject}")
    screen.say(f"{row.state}{f': {row.reason}' if row.reason else ''}, composed {local(row.composed, zone)}")
    screen.say(f"Deliveries: {in_words(counts)}\n")
    for item in issue.items:
        screen.say(f"  {item.category}: {item.title}")
    for event in issue.events:
        screen.say(f"  event {event.first_day}: {event.title}")
    screen.say()
    screen.table(
        ("EDITION", "LANGUAGE", "SUBJECT"),
        [
            ("all categories" if each.choice == "*" else each.choice, each.language, each.subject)
            for each in made
        ],
    )
    if trouble:
        screen.say()
        shown = trouble[:FAILURES_SHOWN]
        screen.table(
            ("ADDRESS", "STATE", "ATTEMPTS", "THE SERVER SAID"),
            [(each.address or "(erased)", each.state, each.attempts, each.reply) for each in shown],
        )
        if len(trouble) > FAILURES_SHOWN:
            screen.note(f"... and {len(trouble) - FAILURES_SHOWN} more; --json gives all")


@command.command("approve")
@newsletter_argument()
@number_argument
@click.pass_obj
def approve_command(call: Call, newsletter: str, number: int) -> None:
    """Let an issue that waits for approval go out.

    \b
    Example:
      pressroom issues approve weekly 12
    """
    with open_pressroom(config_of(call), call.clock) as room:
        renderer = EditionRenderer(room.templates)
        queued = lifecycle.approve(room.engine, newsletter, number, renderer, call.clock())
    screen.say(f"{newsletter} {number} is approved for {queued} subscribers; {SEND}")


@command.command("cancel")
@newsletter_argument()
@number_argument
@click.option("--reason", default="", help="Why, for the record.")
@yes_option
@click.pass_obj
def cancel_command(call: Call, newsletter: str, number: int, reason: str, yes: bool) -> None:
    """Stop an issue for good. If none of it was mailed yet, its items go into the next issue.

    \b
    Example:
      pressroom issues cancel weekly 12 --reason "wrong picture"
    """
    confirm(f"Stop {newsletter} {number} for good?", yes=yes)
    with open_pressroom(config_of(call), call.clock) as room:
        done = lifecycle.cancel(room.engine, newsletter, number, call.clock(), reason)
    screen.say(
        f"{newsletter} {number} is cancelled: gone out {screen.counted(done.sent, 'mail')}, "
        f"stopped {done.unsent:,}; for the next issue {screen.counted(done.released, 'item')}"
    )


@command.command("pause")
@newsletter_argument()
@click.argument("number", type=click.IntRange(1), required=False)
@click.pass_obj
def pause_command(call: Call, newsletter: str, number: int | None) -> None:
    """Stop an issue for now, or without a NUMBER the whole newsletter: its runs are then recorded as paused.

    \b
    Examples:
      pressroom issues pause weekly 12
      pressroom issues pause weekly
    """
    config = config_of(call)
    with open_pressroom(config, call.clock) as room:
        if number is not None:
            lifecycle.pause_issue(room.engine, newsletter, number, call.clock())
            screen.say(f"{newsletter} {number} is paused")
        else:
            newsletter_of(config, newsletter)
            done = lifecycle.pause(room.engine, newsletter, call.clock())
            screen.say(f"{newsletter} is paused" if done else f"{newsletter} was paused already")


@command.command("resume")
@newsletter_argument()
@click.argument("number", type=click.IntRange(1), required=False)
@click.pass_obj
def resume_command(call: Call, newsletter: str, number: int | None) -> None:
    """Let a paused issue go on, or without a NUMBER the whole newsletter.

    \b
    Examples:
      pressroom issues resume weekly 12
      pressroom issues resume weekly
    """
    config = config_of(call)
    with open_pressroom(config, call.clock) as room:
        if number is not None:
            lifecycle.resume_issue(room.engine, newsletter, number, call.clock())
            screen.say(f"{newsletter} {number} goes on; {SEND}")
        else:
            newsletter_of(config, newsletter)
            done = lifecycle.resume(room.engine, newsletter)
            screen.say(f"{newsletter} runs again" if done else f"{newsletter} was not paused")


@command.command("retry-failed")
@newsletter_argument()
@number_argument
@click.pass_obj
def retry_command(call: Call, newsletter: str, number: int) -> None:
    """Queue the failed deliveries of an issue again, and those that are held for a look.

    \b
    Example:
      pressroom issues retry-failed weekly 12
    """
    with open_pressroom(config_of(call), call.clock) as room:
        again = lifecycle.retry_failed(room.engine, newsletter, number, call.clock())
    screen.say(f"{again} deliveries are queued again; {SEND}" if again else "Nothing had failed.")


def in_words(counts: dict[str, int]) -> str:
    """Write how many deliveries are in which state: "980 sent, 12 failed"."""
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none"


def _plain(row: IssueRow, counts: dict[str, int]) -> dict[str, object]:
    values = asdict(row)
    del values["content"], values["id"]
    return {**values, "deliveries": counts}
