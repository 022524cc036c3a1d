"""The command `pressroom`: its options, its list of commands, and how errors are said.

A command's module is only imported when it is called, so that `pressroom --help` and the completion of
command names start at once. Each command is in `pressroom.commands`, under its own name.
"""

import difflib
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from content.errors import ContentError
from feeds.errors import FeedsError
from newsletter.errors import NewsletterError
from pressroom import screen
from pressroom.clock import Clock, system
from pressroom.errors import ConfigError, PressroomError
from storage.errors import StorageError

EXPECTED = (PressroomError, ContentError, StorageError, FeedsError, NewsletterError)

COMMANDS = {
    "demo": "Do the whole job on the demo newsroom: feeds, issue, mails.",
    "init": "Make a new newsroom in a folder.",
    "check": "Look for mistakes in configuration, content and templates.",
    "build": "Write the feeds and pages.",
    "preview": "Show the issue that would go out, and why it is what it is.",
    "send": "Compose the issue that is due, and deliver it.",
    "run": "Run the service: files, schedule and delivery, until it is stopped.",
    "schedule": "Show the next runs, and what became of the last ones.",
    "issues": "List, show, approve, cancel, pause and resume issues.",
    "subscribers": "List, add, import, export, show, remove and erase subscribers.",
    "db": "Migrate, back up and restore the database.",
    "templates": "List the templates, and copy one to change it.",
    "completion": "Print the completion script for your shell.",
}


@dataclass(frozen=True, slots=True)
class Call:
    """What every command knows about how it was called."""

    config_file: Path
    environ: Mapping[str, str]
    clock: Clock = system


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pressroom.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"There is no command '{name}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [
            CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (*EXPECTED, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            if ctx.params["debug"]:
                traceback.print_exc()
            report(error)
            ctx.exit(1)


def report(error: Exception) -> None:
    """Say on stderr what went wrong, one line for each mistake."""
    if isinstance(error, ConfigError):
        for problem in error.problems:
            screen.problem(problem)
    elif isinstance(error, OSError) and error.filename is not None:
        screen.error(f"{error.filename}: {(error.strerror or str(error)).lower()}")
    else:
        screen.error(str(error))


def _version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001
    if not asked:
        return
    try:
        version = metadata.version("pressroom")
    except metadata.PackageNotFoundError:
        version = "(not installed: running from a checkout)"
    click.echo(f"pressroom {version}")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-c",
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.yaml"),
    show_default=True,
    envvar="PRESSROOM_CONFIG",
    show_envvar=True,
    help="The newsroom's settings.",
)
@click.option("--debug", is_flag=True, help="Show where in the program an error arose.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.pass_context
def app(ctx: click.Context, config_file: Path, debug: bool) -> None:  # noqa: FBT001
    """Publish an organisation's news and events as feeds, calendars and newsletters.

    \b
    First steps:
      pressroom demo                     see everything work, with nothing set up
      pressroom init my-newsroom         make a newsroom of your own
      cd my-newsroom && pressroom check  look for mistakes

    `pressroom COMMAND --help` explains each command with examples.
    """
    ctx.obj = Call(config_file, os.environ)


def main() -> None:
    """Run the command line; exit 0 when done, 1 when something was wrong, 2 for wrong use."""
    try:
        app(prog_name="pressroom")
    except Exception as error:
        traceback.print_exc()
        screen.error(f"{type(error).__name__}: this is a mistake in Pressroom itself; please report it")
        sys.exit(1)
