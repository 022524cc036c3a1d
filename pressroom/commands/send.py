"""`pressroom send`: compose the issue that is due, and deliver it to the end."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from content.errors import ContentError
from feeds.errors import PublishError
from newsletter.delivery import Tally
from newsletter.issuing import Decision
from newsletter.mailaddress import parse_address
from newsletter.outcome import Kind
from newsletter.schedule import Schedule, coming
from newsletter.smtp import couriers
from pressroom import screen
from pressroom.arguments import (
    at_option,
    config_of,
    json_option,
    moment,
    newsletter_argument,
    newsletter_of,
)
from pressroom.bootstrap import Pressroom, look_into, open_pressroom
from pressroom.building import publish_newsroom
from pressroom.cli import Call
from pressroom.clock import starting_at
from pressroom.commands.issues import in_words
from pressroom.commands.schedule import OUTCOMES, local
from pressroom.loading import Load, load
from pressroom.previewing import dry_run, preview
from pressroom.progress import progress
from pressroom.sending import decide, deliver_open, deliver_tests, deliver_to_the_end, open_issues
from pressroom.settings import Config
from storage import deliveries
from storage.engine import reading
from storage.issues import IssueRow


@click.command(short_help="Compose the issue that is due, and deliver it.")
@newsletter_argument()
@at_option
@click.option("--now", "by_hand", is_flag=True, help="Make an issue now, outside of the schedule.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--test", "tests", multiple=True, metavar="ADDRESS...", help="Mail only these; record nothing.")
@click.argument("more", nargs=-1, metavar="")
@click.option("--no-wait", is_flag=True, help="Do not wait for what has to be tried again later.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    newsletter: str,
    at: datetime | None,
    by_hand: bool,
    dry_run: bool,
    tests: tuple[str, ...],
    more: tuple[str, ...],
    no_wait: bool,
    as_json: bool,
) -> None:
    """Compose the issue of NEWSLETTER that is due, and deliver it to every subscriber.

    It can be stopped and called again at any time: nobody gets an issue twice. What the servers put
    off is tried again, so the command may take hours; with --no-wait the next call goes on with it.

    \b
    Examples:
      pressroom send weekly
      pressroom send weekly --test editor@example.org
      pressroom send weekly --dry-run --at 2026-10-02T07:00
    """
    call: Call = ctx.obj
    config = config_of(call)
    newsletter_of(config, newsletter)
    zone = config.zone(newsletter)
    now = moment(at, zone, call.clock())
    if more and not tests:
        message = f"'{more[0]}': addresses are only given with --test"
        raise click.UsageError(message)
    if tests:
        _send_tests(ctx, config, newsletter, now, [*tests, *more])
    elif dry_run:
        _show_plan(call, config, newsletter, now, by_hand=by_hand, as_json=as_json)
    else:
        # What is past is only for deciding: a clock set back would lease deliveries until times that are
        # over, and another process would take them back and mail them once more.
        clock = call.clock
        if now > clock():
            screen.note("note: the time is yet to come; what is held back until then goes out now")
            clock = starting_at(now)
        with open_pressroom(config, clock) as room:
            _send(ctx, room, newsletter, now, by_hand=by_hand, wait=not no_wait, as_json=as_json)


def _send(
    ctx: click.Context,
    room: Pressroom,
    newsletter: str,
    now: datetime,
    *,
    by_hand: bool,
    wait: bool,
    as_json: bool,
) -> None:
    decision = None
    found = _loaded(room, newsletter, now)
    if found is not None:
        with progress("Composing the issue"):
            decision = decide(room, newsletter, found, now, by_hand=by_hand)
        for line in told(decision, room, now) if not as_json else ():
            screen.say(line)
    waiting = open_issues(room, newsletter)
    published = found is not None and (not waiting or _publish(room, found, now))
    finished = not waiting or _deliver(room, newsletter, waiting, wait=wait)
    _report(room, newsletter, decision, waiting, as_json=as_json)
    if not finished:
        screen.error("stopped before the end; what is left goes out with the next `pressroom send`")
    if not (published and finished):
        ctx.exit(1)


def _loaded(room: Pressroom, newsletter: str, now: datetime) -> Load | None:
    """Load the newsroom; None when it cannot be, but an issue made earlier can still be delivered."""
    try:
        with progress("Loading the newsroom"):
            found = load(room, now)
    except ContentError as error:
        if not open_issues(room, newsletter):
            raise
        screen.error(f"no new issue is made: {error}")
        return None
    if found.loaded.set_aside:
        files = screen.counted(len(found.loaded.set_aside), "file")
        screen.note(f"{files} set aside; `pressroom check` says why")
    return found


def told(decision: Decision, room: Pressroom, now: datetime) -> list[str]:
    """Say in words what was decided."""
    settings = room.config.newsletters[decision.newsletter]
    zone = room.config.zone(decision.newsletter)
    lines = [
        f"{row.slot}: {OUTCOMES.get(row.outcome, row.outcome)}. {row.detail}".strip()
        for row in decision.earlier
    ]
    issue = decision.issue
    if issue is not None:
        verb = "is" if decision.won else "was already"
        state = "waiting for approval" if issue.state == "awaiting-approval" else "made"
        lines.append(f"{issue.newsletter} {issue.number} ({issue.slot}) {verb} {state}: {issue.subject}")
        if issue.state == "awaiting-approval":
            lines.append(f"approve it: pressroom issues approve {issue.newsletter} {issue.number}")
    elif decision.outcome == "not-due":
        following = coming(Schedule.parse(settings.schedule), zone, now, 1)[0]
        detail = f" ({decision.detail})" if decision.detail else ""
        lines.append(f"nothing is due{detail}; the next run is {local(following.due, zone)}")
    else:
        detail = f": {decision.detail}" if decision.detail else ""
        lines.append(f"no issue for {decision.slot or 'now'}: {OUTCOMES[decision.outcome]}{detail}")
    return lines


def _publish(room: Pressroom, found: Load, now: datetime) -> bool:
    """Publish the web version; mails go out even when that fails, because they are what is due."""
    try:
        with progress("Publishing the web version"):
            publish_newsroom(room, found.loaded.newsroom, now)
    except PublishError as error:
        screen.error(f"the web version is not published: {error}")
        return False
    return True


def _deliver(room: Pressroom, newsletter: str, waiting: Sequence[IssueRow], *, wait: bool) -> bool:
    """Deliver in the foreground; False when it was stopped before the end."""
    tallies: dict[int, Tally] = {}
    with progress("Delivering", _left(room, waiting)) as step:

        def watch(issue: IssueRow, tally: Tally) -> None:
            step(_done(tally) - _done(tallies.get(issue.id, Tally())))
            tallies[issue.id] = tally

        def waits(until: datetime) -> None:
            zone = ZoneInfo(room.config.organisation.timezone)
            screen.note(
                f"servers put some mails off; trying again {local(until, zone)} (Ctrl-C stops safely)"
            )
            tallies.clear()

        async def work() -> bool:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            if wait:
                await deliver_to_the_end(room, newsletter, stop, watch=watch, waiting=waits)
            else:
                await deliver_open(room, newsletter, stop, watch)
            return not stop.is_set()

        return asyncio.run(work())


def _left(room: Pressroom, waiting: Sequence[IssueRow]) -> int:
    with reading(room.engine) as connection:
        counts = [deliveries.counts(connection, issue.id) for issue in waiting]
    return sum(each.get(state, 0) for each in counts for state in ("queued", "deferred", "uncertain"))


def _done(tally: Tally) -> int:
    return tally.sent + tally.failed + tally.suppressed


def _report(
    room: Pressroom,
    newsletter: str,
    decision: Decision | None,
    waiting: Sequence[IssueRow],
    *,
    as_json: bool,
) -> None:
    with reading(room.engine) as connection:
        counts = {issue.id: deliveries.counts(connection, issue.id) for issue in waiting}
    if as_json:
        screen.give_json(
            {
                "newsletter": newsletter,
                **(_decided(decision) if decision else {}),
                "deliveries": [
                    {"issue": issue.number, "subject": issue.subject, **counts[issue.id]} for issue in waiting
                ],
            }
        )
        return
    for issue in waiting:
        screen.say(f"{issue.newsletter} {issue.number}: {in_words(counts[issue.id])}")


def _decided(decision: Decision) -> dict[str, object]:
    return {
        "outcome": decision.outcome,
        "slot": decision.slot,
        "detail": decision.detail,
        "issue": decision.issue.number if decision.issue else None,
        "earlier": [{"slot": row.slot, "outcome": row.outcome} for row in decision.earlier],
    }


def _show_plan(
    call: Call, config: Config, newsletter: str, now: datetime, *, by_hand: bool, as_json: bool
) -> None:
    with look_into(config, call.clock) as room:
        plan = dry_run(room, newsletter, now, by_hand=by_hand)
        slot = plan.slot.slot if plan.slot else None
        if as_json:
            values = {"outcome": plan.outcome, "slot": slot, "detail": plan.detail, "readers": plan.readers}
            screen.give_json({"newsletter": newsletter, "dry_run": True, **values})
        elif plan.outcome == "issue" and plan.issue:
            items = screen.counted(len(plan.issue.items), "item")
            contents = f"{items} and {screen.counted(len(plan.issue.events), 'event')}"
            screen.say(
                f"would make {newsletter} {plan.issue.number} ({slot}) with {contents}, "
                f"for {screen.counted(plan.readers, 'subscriber')}; `pressroom preview` shows it"
            )
        else:
            decision = Decision(newsletter, plan.outcome, slot, plan.detail)
            for line in told(decision, room, now):
                screen.say(line)


def _send_tests(
    ctx: click.Context, config: Config, newsletter: str, now: datetime, addresses: Sequence[str]
) -> None:
    readers = [parse_address(address).address for address in addresses]
    call: Call = ctx.obj
    with look_into(config, call.clock) as room:
        issue = preview(room, newsletter, now).issue
        factory = couriers(config.smtp)
        outcomes = asyncio.run(deliver_tests(factory, room, issue, issue.language, readers))
    for address, outcome in outcomes:
        if outcome.kind is Kind.SENT:
            screen.say(f"{address}: sent ({outcome.reply})")
        else:
            screen.error(f"{address}: {outcome.kind}: {outcome.reply}")
    if any(outcome.kind is not Kind.SENT for _, outcome in outcomes):
        ctx.exit(1)
