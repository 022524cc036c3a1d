"""Arguments and options that several commands share: newsletters by name, moments, --json.

Names are completed from the configuration that the command would use; while a line is being
typed, a mistake in the configuration completes nothing and says nothing.
"""

import difflib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from click.shell_completion import CompletionItem

from newsletter.settings import NewsletterSettings
from pressroom.cli import Call
from pressroom.config import load, read
from pressroom.errors import UsageProblem
from pressroom.settings import Config

json_option = click.option("--json", "as_json", is_flag=True, help="Give the result as JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")


def config_of(call: Call) -> Config:
    return load(call.config_file, call.environ)


class NewsletterName(click.ParamType[str]):
    """The name of a newsletter of the configuration."""

    name = "newsletter"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        given = ctx.find_root().params.get("config_file") or os.environ.get("PRESSROOM_CONFIG", "config.yaml")
        config, _ = read(Path(given), os.environ)
        names = config.newsletters if config else {}
        return [
            CompletionItem(name, help=settings.title)
            for name, settings in names.items()
            if name.startswith(incomplete)
        ]


def newsletter_argument(*, required: bool = True) -> Callable[[Any], Any]:
    return click.argument("newsletter", type=NewsletterName(), required=required)


def newsletter_of(config: Config, name: str) -> NewsletterSettings:
    """Give a newsletter's settings; raise UsageProblem when there is none of that name."""
    if name not in config.newsletters:
        near = difflib.get_close_matches(name, config.newsletters, n=1)
        hint = (
            f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(config.newsletters) or 'none'}"
        )
        message = f"there is no newsletter '{name}' in {config.file}; {hint}"
        raise UsageProblem(message)
    return config.newsletters[name]


class Moment(click.ParamType[datetime]):
    """A date and time as people write it; without a zone it is the newsletter's."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(
                f"'{value}' is no time; write it as 2026-10-02T07:00 or 2026-10-02T07:00+02:00", param, ctx
            )


at_option = click.option(
    "--at", type=Moment(), metavar="TIME", help="As if it were this time (2026-10-02T07:00)."
)


def moment(given: datetime | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Give the moment that was asked for, or now."""
    if given is None:
        return now
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone; a script has to say --yes."""
    if yes:
        return
    if not os.isatty(0):
        message = f"{question} Nobody is there to answer; say --yes to do it"
        raise UsageProblem(message)
    click.confirm(question, abort=True, err=True)
