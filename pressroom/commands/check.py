"""`pressroom check`: look for mistakes everywhere at once."""

import click

from pressroom import screen
from pressroom.arguments import json_option
from pressroom.checking import check
from pressroom.cli import Call
from pressroom.progress import progress


@click.command(short_help="Look for mistakes in configuration, content and templates.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings as well.")
@json_option
@click.pass_context
def command(ctx: click.Context, strict: bool, as_json: bool) -> None:
    """Look at the configuration, all content and all templates, and report every mistake at once, with
    file and line. Nothing is changed. Exits 1 when there is a mistake, 0 when there are only warnings.

    \b
    Examples:
      pressroom check
      pressroom check --strict --json
    """
    call: Call = ctx.obj
    with progress("Checking"):
        problems = check(call.config_file, call.environ, call.clock)
    mistakes = [problem for problem in problems if problem.fatal]
    warnings = [problem for problem in problems if not problem.fatal]
    if as_json:
        screen.give_json({"ok": not mistakes, "mistakes": mistakes, "warnings": warnings})
    for problem in (*mistakes, *warnings) if not as_json else ():
        screen.problem(problem)
    if not as_json:
        found = (
            f"{len(mistakes)} mistakes, {len(warnings)} warnings" if problems else "everything is in order"
        )
        screen.say(f"{call.config_file}: {found}")
    if mistakes or (strict and warnings):
        ctx.exit(1)
