"""`pressroom subscribers`: who gets which newsletter."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from newsletter import people
from newsletter.exports import csv_lines, json_objects
from newsletter.imports import MISTAKES, ImportReport, Refusal, import_csv
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Wish
from pressroom import profiles, screen
from pressroom.arguments import NewsletterName, config_of, confirm, json_option, newsletter_of, yes_option
from pressroom.bootstrap import look_into, open_pressroom
from pressroom.cli import Call
from pressroom.errors import UsageProblem
from pressroom.progress import progress
from pressroom.settings import Config
from pressroom.subscriptions import offer_of
from storage import signups, subscribers
from storage.engine import reading, writing
from storage.schema import SUBSCRIPTION_STATES
from storage.subscribers import Person

FILE = click.Path(path_type=Path, dir_okay=False)
STATES = click.Choice(SUBSCRIPTION_STATES)
REFUSALS_SHOWN = 50

newsletter_option = click.option("--newsletter", "-n", type=NewsletterName(), help="Only this newsletter.")
newsletters_option = click.option(
    "--newsletter", "-n", "newsletters", multiple=True, type=NewsletterName(), help="To this newsletter."
)
evidence_option = click.option(
    "--by", default=getpass.getuser, show_default="you", help="Who says they want it."
)


@click.group(short_help="List, add, import, export, show, remove and erase subscribers.")
def command() -> None:
    """Look after the people who get the newsletters.

    Who has left, or whose address is suppressed, is never brought back by mistake: not by an import,
    and not by `add` unless you say --again.
    """


@command.command("list")
@newsletter_option
@click.option("--state", type=STATES, help="Only subscriptions in this state.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(0), help="0 for all.")
@json_option
@click.pass_obj
def list_command(call: Call, newsletter: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """List subscribers with what they subscribe to.

    \b
    Examples:
      pressroom subscribers list --newsletter weekly --state active
      pressroom subscribers list --limit 0 --json
    """
    config = config_of(call)
    if newsletter:
        newsletter_of(config, newsletter)
    with look_into(config, call.clock) as room, reading(room.engine) as connection:
        found = list(_some(subscribers.listed(connection, newsletter, state), limit))
        counts = subscribers.counts(connection)
        waiting = signups.counts(connection).get("waiting", 0)
    if as_json:
        screen.give_json(list(json_objects(found)))
        return
    rows = [row for person in found for row in _rows(person, newsletter)]
    if rows:
        screen.table(("ADDRESS", "NEWSLETTER", "STATE", "CATEGORIES", "LANGUAGE"), rows)
    told = [f"{name}: {count} {each}" for (name, each), count in sorted(counts.items())]
    screen.note("; ".join(told) or "There are no subscribers yet.")
    if waiting:
        screen.note(f"{screen.counted(waiting, 'sign-up')} not confirmed yet.")
    if limit and len(found) == limit:
        screen.note(f"The first {limit} are shown; --limit 0 shows all.")


@command.command("add")
@click.argument("address")
@newsletters_option
@click.option("--categories", help="Only these, with commas between; all when left out.")
@click.option("--language", help="Of the mails; the newsletter's own when left out.")
@evidence_option
@click.option("--again", is_flag=True, help="They asked to come back after they left or were suppressed.")
@click.pass_obj
def add_command(
    call: Call,
    address: str,
    newsletters: tuple[str, ...],
    categories: str | None,
    language: str | None,
    by: str,
    again: bool,
) -> None:
    """Subscribe ADDRESS to a newsletter. Who said so, and when, is kept as evidence of consent.

    \b
    Examples:
      pressroom subscribers add anna@example.org --newsletter weekly
      pressroom subscribers add anna@example.org -n weekly --categories news,press --language sv
    """
    config = config_of(call)
    wanted = tuple(part.strip() for part in categories.split(",") if part.strip()) if categories else None
    wish = Wish(_named(config, newsletters), wanted, language)
    read = parse_address(address)
    with open_pressroom(config, call.clock) as room, writing(room.engine) as connection:
        consent = Consent("command line", by, call.clock())
        done = people.add(connection, read, wish, offer_of(config), consent, again=again)
    if done.added:
        screen.say(f"subscribed to {', '.join(done.added)}")
    if done.already:
        screen.say(f"subscribed already to {', '.join(done.already)}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@newsletters_option
@evidence_option
@json_option
@click.pass_context
def import_command(
    ctx: click.Context, file: Path, newsletters: tuple[str, ...], by: str, as_json: bool
) -> None:
    """Import subscribers from a CSV FILE, with a report of every line that is refused.

    The first line names the columns: address, and maybe newsletters, language, categories, state. Who
    left, or is suppressed, is not brought back. Importing the same file again changes nothing. The exit
    status is 1 when a line was refused that has to be mended.

    \b
    Example:
      pressroom subscribers import people.csv --newsletter weekly
    """
    call: Call = ctx.obj
    config = config_of(call)
    names = _named(config, newsletters, needed=False)
    refused: list[Refusal] = []
    with open_pressroom(config, call.clock) as room, file.open("rb") as lines, progress("Importing") as step:
        done = 0

        def moved(count: int) -> None:
            nonlocal done
            step(count - done)
            done = count

        report = import_csv(
            room.engine,
            lines,
            offer_of(config),
            Consent(f"import {file.name}", by, call.clock()),
            newsletters=names,
            on_refusal=refused.append,
            on_progress=moved,
        )
    if as_json:
        screen.give_json({**_plain(report), "refusals": refused})
    else:
        _tell(file, report, refused)
    if any(refusal.reason in MISTAKES for refusal in refused):
        ctx.exit(1)


@command.command("export")
@newsletter_option
@click.option("--state", type=STATES, help="Only subscriptions in this state.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Into this file, readable by you alone."
)
@json_option
@click.pass_obj
def export_command(
    call: Call, newsletter: str | None, state: str | None, output: Path | None, as_json: bool
) -> None:
    """Export subscribers as CSV, with since when and by which consent; with --json one object per line.

    \b
    Examples:
      pressroom subscribers export --newsletter weekly --state active > people.csv
      pressroom subscribers export --json --output people.jsonl
    """
    config = config_of(call)
    if newsletter:
        newsletter_of(config, newsletter)
    with (
        look_into(config, call.clock) as room,
        reading(room.engine) as connection,
        _opened(output) as target,
    ):
        found = subscribers.listed(connection, newsletter, state)
        if as_json:
            target.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in json_objects(found))
        else:
            target.writelines(csv_lines(found))


@command.command("show")
@click.argument("address")
@json_option
@click.pass_obj
def show_command(call: Call, address: str, as_json: bool) -> None:
    """Show everything that is kept of an address: subscriptions, consent, what waits, the latest deliveries.

    \b
    Example:
      pressroom subscribers show anna@example.org
    """
    read = parse_address(address)
    with look_into(config_of(call), call.clock) as room, reading(room.engine) as connection:
        found = people.show(connection, read, call.clock())
    if as_json:
        screen.give_json(found)
        return
    profiles.show(read.address, found)


@command.command("remove")
@click.argument("address")
@newsletter_option
@click.pass_obj
def remove_command(call: Call, address: str, newsletter: str | None) -> None:
    """Unsubscribe ADDRESS from a newsletter, or from all. That they left is remembered.

    \b
    Example:
      pressroom subscribers remove anna@example.org --newsletter weekly
    """
    read = parse_address(address)
    config = config_of(call)
    with open_pressroom(config, call.clock) as room, writing(room.engine) as connection:
        ended = people.remove(connection, read, newsletter, call.clock())
    screen.say(f"{screen.counted(ended, 'subscription')} ended")


@command.command("erase")
@click.argument("address")
@yes_option
@click.pass_obj
def erase_command(call: Call, address: str, yes: bool) -> None:
    """Delete a person and everything that names them. If they had left, only a hash stays, so that an
    old list cannot bring them back.

    \b
    Example:
      pressroom subscribers erase anna@example.org --yes
    """
    read = parse_address(address)
    config = config_of(call)
    confirm("This cannot be undone. Erase this person?", yes=yes)
    with open_pressroom(config, call.clock) as room, writing(room.engine) as connection:
        people.erase(connection, read, call.clock())
    screen.say("erased")


def _named(config: Config, given: tuple[str, ...], *, needed: bool = True) -> tuple[str, ...]:
    """Give the newsletters that are meant; when there is but one, it need not be named."""
    for name in given:
        newsletter_of(config, name)
    if given:
        return given
    if len(config.newsletters) == 1:
        return tuple(config.newsletters)
    if needed:
        message = (
            f"say which newsletter by --newsletter; there are: {', '.join(config.newsletters) or 'none'}"
        )
        raise UsageProblem(message)
    return ()


def _some(found: Iterator[Person], limit: int) -> Iterator[Person]:
    for number, person in enumerate(found, 1):
        yield person
        if number == limit:
            return


def _rows(person: Person, newsletter: str | None) -> Iterator[tuple[str, ...]]:
    who = person.subscriber
    for row in person.subscriptions:
        if newsletter in (None, row.newsletter):
            chosen = "all" if row.categories is None else ", ".join(row.categories)
            yield who.address, row.newsletter, row.state, chosen, who.language or ""
    if not person.subscriptions:
        yield who.address, "", "none", "", who.language or ""


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Give stdout, or a new file that only its owner can read; CSV has its own line ends."""
    if output is None:
        yield sys.stdout
        return
    output.touch(mode=0o600)
    output.chmod(0o600)
    with output.open("w", encoding="utf-8", newline="") as file:
        yield file


def _plain(report: ImportReport) -> dict[str, object]:
    refused = {str(reason): count for reason, count in report.refused.items()}
    columns = report.ignored_columns
    return {"lines": report.lines, "added": report.added, "refused": refused, "ignored_columns": columns}


def _tell(file: Path, report: ImportReport, refused: list[Refusal]) -> None:
    for refusal in sorted(refused, key=lambda each: each.line)[:REFUSALS_SHOWN]:
        detail = f": {refusal.detail}" if refusal.detail else ""
        screen.note(f"{file}:{refusal.line}: {refusal.reason}{detail}")
    if len(refused) > REFUSALS_SHOWN:
        screen.note(f"... and {len(refused) - REFUSALS_SHOWN} more; --json gives all")
    if report.ignored_columns:
        screen.note(f"columns that were not understood: {', '.join(report.ignored_columns)}")
    counted = ", ".join(f"{count} {reason}" for reason, count in report.refused.items())
    screen.say(
        f"{report.lines} lines, {report.added} added, {len(refused)} refused"
        + (f" ({counted})" if counted else "")
    )
