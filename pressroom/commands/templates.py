"""`pressroom templates`: what of the look can be changed, and a copy to start from."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from content.languages import Catalogues
from content.templates import Templates
from pressroom import screen
from pressroom.arguments import config_of, confirm, json_option, yes_option
from pressroom.bootstrap import look
from pressroom.builtin import builtin
from pressroom.cli import Call
from pressroom.errors import UsageProblem


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    names = Templates(builtin("templates"), None, Catalogues()).names()
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.group(short_help="List the templates, and copy one to change it.")
def command() -> None:
    """Change how mails and pages look.

    A template in the folder that `templates` names in the configuration takes the place of the
    built-in one of the same name. It can be a whole page, or only what is different:

    \b
      {% extends "builtin/email/digest.html" %}
      {% block header %}...{% endblock %}
    """


@command.command("list")
@json_option
@click.pass_obj
def list_command(call: Call, as_json: bool) -> None:
    """List all templates, and which of them are your own.

    \b
    Example:
      pressroom templates list
    """
    config = config_of(call)
    templates = look(config, Catalogues(config.templates))
    own = set(templates.overridden())
    if as_json:
        screen.give_json([{"name": name, "own": name in own} for name in templates.names()])
        return
    rows = [(name, f"yours: {config.templates}" if name in own else "built in") for name in templates.names()]
    screen.table(("TEMPLATE", "COMES FROM"), rows)


@command.command("copy")
@click.argument("name", shell_complete=_complete)
@yes_option
@click.pass_obj
def copy_command(call: Call, name: str, yes: bool) -> None:
    """Copy the built-in template NAME into your own folder, to change it there.

    \b
    Example:
      pressroom templates copy email/digest.html
    """
    config = config_of(call)
    if config.templates is None:
        message = f"{config.file} names no folder for templates; add a line as: templates: templates-of-ours/"
        raise UsageProblem(message)
    source = look(config, Catalogues(config.templates)).source(name)
    target: Path = config.templates / name
    if target.exists():
        confirm(f"{target} exists. Overwrite it?", yes=yes)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source, "utf-8")
    screen.say(str(target))
