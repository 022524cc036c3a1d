"""`pressroom init`: a new newsroom to go on from."""

from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from content.settings import Language, WebAddress, Zone
from pressroom import screen
from pressroom.cli import Call
from pressroom.errors import UsageProblem
from pressroom.starting import Wishes, machine_zone, start


@click.command(short_help="Make a new newsroom in a folder.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", default="Our newsroom", show_default=True, help="Who publishes.")
@click.option(
    "--url",
    default="https://news.example.org",
    show_default=True,
    help="Where the newsroom will be on the web.",
)
@click.option("--language", default="en", show_default=True, help="Of what you write.")
@click.option("--timezone", default=machine_zone, show_default="this machine's", help="As Europe/Stockholm.")
@click.pass_obj
def command(call: Call, folder: Path, name: str, url: str, language: str, timezone: str) -> None:
    """Make a new newsroom in FOLDER: config.yaml, one item, one event and one press contact.

    It can be checked, built and previewed at once. Nothing that exists is overwritten.

    \b
    Examples:
      pressroom init newsroom
      pressroom init newsroom --name "Example Association" --url https://news.example.org --language sv
    """
    _check(("--url", url, WebAddress), ("--language", language, Language), ("--timezone", timezone, Zone))
    if not name.strip() or not name.isprintable():
        message = "--name: must be a name on one line"
        raise UsageProblem(message)
    made = start(folder, Wishes(name.strip(), url, language, timezone), call.clock())
    for path in made:
        screen.say(str(path))
    screen.note(f"\nNext, in {folder}: pressroom check, pressroom build, pressroom preview weekly")


def _check(*given: tuple[str, str, Any]) -> None:
    for option, value, kind in given:
        adapter: TypeAdapter[str] = TypeAdapter(kind)
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            reason = error.errors()[0]["ctx"]["error"]
            message = f"{option}: {reason}"
            raise UsageProblem(message) from error
