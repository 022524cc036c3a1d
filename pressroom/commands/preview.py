"""`pressroom preview`: the issue that would go out, and why it is what it is."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsletter.compose import Left
from pressroom import screen
from pressroom.arguments import (
    at_option,
    config_of,
    json_option,
    moment,
    newsletter_argument,
    newsletter_of,
)
from pressroom.bootstrap import look_into
from pressroom.cli import Call
from pressroom.commands.schedule import local
from pressroom.previewing import GMAIL_LIMIT, EditionPreview, Preview, as_mail, preview
from pressroom.progress import progress

ALIKE = 5
"""How many that are left out for the same reason are shown."""

FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command(short_help="Show the issue that would go out, and why it is what it is.")
@newsletter_argument()
@at_option
@click.option("--language", help="Show the edition in this language.")
@click.option("--html", type=FILE, help="Write the mail's HTML to this file, to open in a browser.")
@click.option("--text", type=FILE, help="Write the mail's text part to this file.")
@click.option("--eml", type=FILE, help="Write the whole mail to this file, to open in a mail program.")
@json_option
@click.pass_obj
def command(
    call: Call,
    newsletter: str,
    at: datetime | None,
    language: str | None,
    html: Path | None,
    text: Path | None,
    eml: Path | None,
    as_json: bool,
) -> None:
    """Show the issue of NEWSLETTER that is due now, or else the next one: what is in it, what is not
    and why, and to how many it would go. Nothing is changed and nothing is sent.

    \b
    Examples:
      pressroom preview weekly
      pressroom preview weekly --at 2026-10-02T07:00 --html issue.html
    """
    config = config_of(call)
    newsletter_of(config, newsletter)
    zone = config.zone(newsletter)
    with look_into(config, call.clock) as room:
        with progress("Composing the issue"):
            found = preview(room, newsletter, moment(at, zone, call.clock()), language)
        first = found.editions[0].edition
        for file, content in ((html, first.html.encode()), (text, first.text.encode())):
            if file is not None:
                file.write_bytes(content)
        if eml is not None:
            eml.write_bytes(as_mail(room, found))
    if as_json:
        screen.give_json(_plain(found, zone))
        return
    _show(found, zone)
    for problem in found.problems:
        screen.problem(problem)
    for file in (html, text, eml):
        if file is not None:
            screen.note(f"written: {file}")


def _plain(found: Preview, zone: ZoneInfo) -> dict[str, object]:
    plan, issue = found.plan, found.issue
    left = plan.composition.left if plan.composition else ()
    return {
        "newsletter": issue.newsletter,
        "number": issue.number,
        "slot": issue.slot,
        "due": plan.slot.due.astimezone(zone) if plan.slot else None,
        "outcome": plan.outcome,
        "detail": plan.detail,
        "subject": found.editions[0].edition.subject,
        "items": [
            {"key": item.key, "title": item.title, "category": item.category, "published": item.published}
            for item in issue.items
        ],
        "events": [
            {"key": event.key, "title": event.title, "first_day": event.first_day, "last_day": event.last_day}
            for event in issue.events
        ],
        "left_out": left,
        "readers": plan.readers,
        "editions": [
            {
                "categories": each.choice,
                "language": each.edition.language,
                "readers": each.readers,
                "subject": each.edition.subject,
                "html_bytes": each.edition.size,
                "limit": GMAIL_LIMIT,
                "cut_items": each.edition.cut_items,
            }
            for each in found.editions
        ],
        "problems": [str(problem) for problem in found.problems],
    }


def _show(found: Preview, zone: ZoneInfo) -> None:
    plan, issue, edition = found.plan, found.issue, found.editions[0].edition
    due = f", due {local(plan.slot.due, zone)}" if plan.slot else ""
    screen.heading(f"{issue.title}, issue {issue.number}{due}")
    if plan.outcome == "issue":
        screen.say(f"Goes to {plan.readers} {'subscriber' if plan.readers == 1 else 'subscribers'}.")
    else:
        screen.say(f"No mail would go out: {plan.detail or plan.outcome}.")
    screen.say(f"Subject:   {edition.subject}\nPreheader: {edition.preheader}\n")
    if issue.items:
        rows = [(item.category, local(item.published, zone), item.title) for item in issue.items]
        screen.table(("ITEMS", "PUBLISHED", "TITLE"), rows)
        screen.say()
    if issue.events:
        new = set(issue.new_events)
        screen.table(
            ("EVENTS", "", "TITLE"),
            [
                (_days(event.first_day, event.last_day), "new" if event.key in new else "", event.title)
                for event in issue.events
            ],
        )
        screen.say()
    left = plan.composition.left if plan.composition else ()
    if left:
        screen.table(("NOT IN IT", "WHY", "TITLE"), _shortened(left))
        screen.say()
    columns = ("EDITION", "LANGUAGE", "READERS", "HTML", "OF GMAIL'S LIMIT", "CUT")
    screen.table(columns, [_row(each) for each in found.editions], right=(2, 3, 4, 5))


def _shortened(left: Sequence[Left]) -> Iterator[tuple[str, str, str]]:
    """Give a line for each, but one for all that share a reason when these are many."""
    for (_, _, kind, reason), group in groupby(sorted(left, key=_alike), key=_alike):
        titles = [each.title for each in group]
        for title in titles[:ALIKE]:
            yield kind, reason, title
        if len(titles) > ALIKE:
            yield kind, reason, f"... and {len(titles) - ALIKE} more (--json gives all)"


def _days(first: object, last: object) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _row(each: EditionPreview) -> tuple[object, ...]:
    edition = each.edition
    share = f"{edition.size / GMAIL_LIMIT:.0%}"
    name = "all categories" if each.choice == "*" else each.choice
    cut = len(edition.cut_items)
    return name, edition.language, each.readers, f"{edition.size:,}", share, cut


def _alike(left: Left) -> tuple[bool, bool, str, str]:
    """Put what waits first, items before events, and the same reasons together."""
    return not left.waits, left.kind != "item", left.kind, left.reason
