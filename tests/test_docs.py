"""What exists is documented, and what is documented exists.

The reference of commands is what the commands say of themselves; `--update-golden` writes it anew.
"""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from content import addresses, heads
from content.languages import Catalogues
from content.settings import parse_duration
from content.templates import LOCAL_FILTERS, PLAIN_FILTERS, Templates
from newsletter import contents, letters, subject
from newsletter.correspondence import HARD_BOUNCE
from newsletter.outcome import Kind
from newsletter.signups import Reception
from pressroom.cli import app
from pressroom.config import read
from pressroom.settings import ConfigFile
from pressroom.web.metrics import Figures, Seen
from pressroom.web.tallies import Tallies
from storage import schema
from storage.suppressions import OWN_WISH
from tests.scenarios import NOW

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
COMMANDS = REFERENCE / "commands.md"
FOLDERS = ("", "docs/**/", "demo/", "bench/")
PAGES = sorted(page for folder in FOLDERS for page in ROOT.glob(f"{folder}*.md"))


def text(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def in_code(words: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", words))


def test_the_sample_configuration_is_in_order() -> None:
    config, problems = read(ROOT / "config.yaml", {})
    assert (config is not None, problems) == (True, [])


def test_the_sample_configuration_shows_every_key() -> None:
    sample = (ROOT / "config.yaml").read_text("utf-8")
    missing = [name for name, _ in keys(ConfigFile) if not re.search(rf"\b{name.split('.')[-1]}:", sample)]
    assert missing == []


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give every key below a settings model with its default; `*` stands for a name that is free."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        below = [each for each in models(field.annotation) if issubclass(each, BaseModel)]
        if below:
            free = "*." if get_origin(field.annotation) not in (None, tuple) else ""
            yield from (found for each in below for found in keys(each, f"{path}.{free}"))
        else:
            yield path, field.get_default(call_default_factory=True)


def models(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    elif get_origin(annotation) in (tuple, Union, UnionType) or get_args(annotation):
        for argument in get_args(annotation):
            yield from models(argument)


def agree(documented: str, default: Any) -> bool:
    """Say whether a default is written as it is; what is none or a rule may be described in words."""
    if isinstance(default, BaseModel) or default in (None, "", (), PydanticUndefined):
        return not documented.startswith("`")
    values = documented.strip("`[]").split(", ") if isinstance(default, tuple) else [documented.strip("`")]
    found = default if isinstance(default, tuple) else (default,)
    return tuple(parse_duration(one) if isinstance(found[0], timedelta) else one for one in values) == tuple(
        one if isinstance(one, timedelta) else _written(one) for one in found
    )


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_key_of_the_configuration_is_documented_with_its_default() -> None:
    rows = re.findall(r"^\| `([a-z][^`]+)` \| (.*?) ?\|", text("config.md"), re.MULTILINE)
    found = dict(keys(ConfigFile))
    assert {name for name, _ in rows} == set(found)
    assert [f"{name} is {found[name]}" for name, default in rows if not agree(default, found[name])] == []


def test_every_command_and_option_is_documented(request: pytest.FixtureRequest) -> None:
    made = commands()
    if request.config.getoption("--update-golden"):
        COMMANDS.write_text(made, "utf-8")
    assert COMMANDS.read_text("utf-8") == made, "pytest tests/test_docs.py --update-golden writes it anew"


def commands() -> str:
    """Give the reference of commands: what each says when it is asked for help."""
    head, _, _ = text("commands.md").partition("<!-- from here on")
    note = "<!-- from here on written by `pytest tests/test_docs.py --update-golden` -->\n"
    top = click.Context(app, info_name="pressroom", **app.context_settings)
    return head + note + "".join(described(app, top))


def described(command: click.Command, context: click.Context) -> Iterator[str]:
    with context:
        context.terminal_width = 100
        yield f"\n## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if below := command.get_command(context, name):
                yield from described(below, click.Context(below, info_name=name, parent=context))


def test_every_command_is_in_the_readme() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert rows == app.list_commands(click.Context(app))


def test_commands_in_the_docs_exist() -> None:
    """A command line anywhere in the docs names a command, a subcommand and options that there are."""
    called = re.compile(r"(?:^|`|\$ )(pressroom [a-z-][^`\n#|&\\)]*)", re.MULTILINE)
    wrong = [
        f"{page.name}: {line}: {word}"
        for page in PAGES
        for line in called.findall(page.read_text("utf-8"))
        for word in unknown(line.split()[1:])
    ]
    assert wrong == []


def unknown(words: list[str]) -> Iterator[str]:
    """Give the words of a command line that no command knows."""
    command: click.Command = app
    context = click.Context(app)
    seen = {option for parameter in app.params for option in parameter.opts}
    for word in words:
        if word.startswith("--"):
            if word.split("=")[0].rstrip(".,;:") not in seen | {"--help"}:
                yield word
        elif isinstance(command, click.Group) and re.fullmatch("[a-z-]+", word):
            found = command.get_command(context, word)
            if found is None:
                yield word
                return
            command = found
            seen |= {option for parameter in command.params for option in parameter.opts}


def test_every_template_value_and_filter_is_documented() -> None:
    documented = in_code(text("templates.md"))
    names = {re.split(r"[(]", each)[0] for each in documented}
    templates = Templates(ROOT / "templates", None, Catalogues())
    assert set(templates.names()) - documented == set()
    assert {each.__name__ for each in (*LOCAL_FILTERS, *PLAIN_FILTERS)} - names == set()
    shown = (
        contents.Contents,
        contents.Group,
        contents.Entry,
        contents.Occasion,
        contents.Person,
        contents.Picture,
        letters.Sheet,
    )
    values = {f".{field.name}" for each in (*shown, contents.Publisher) for field in dataclasses.fields(each)}
    assert values - documented == set()
    assert {each for each in documented if re.fullmatch(r"(email|web)/[\w/]+\.\w+", each)} <= set(
        templates.names()
    )


def test_every_block_of_the_mail_is_documented() -> None:
    documented = in_code(text("templates.md"))
    mails = [ROOT / "templates/email" / name for name in ("digest.html", "digest.txt")]
    blocks = {name for mail in mails for name in re.findall(r"{% block (\w+)", mail.read_text("utf-8"))}
    assert blocks - documented == set()


@pytest.mark.parametrize(
    "values",
    [
        schema.SLOT_OUTCOMES,
        schema.ISSUE_STATES,
        schema.DELIVERY_STATES,
        schema.SUBSCRIPTION_STATES,
        tuple(reception.name.lower() for reception in Reception),
        (HARD_BOUNCE, *OWN_WISH),
        tuple(Kind),
    ],
)
def test_every_state_and_outcome_is_documented(values: tuple[str, ...]) -> None:
    rows = set(re.findall(r"^\| `([^`]+)` \|", text("states-and-outcomes.md"), re.MULTILINE))
    assert set(map(str, values)) - rows == set()


def test_every_spelling_of_a_key_in_a_head_is_documented() -> None:
    documented = {re.sub("[-_ ]", "", each) for each in in_code(text("content.md"))}
    known = {spelling for spellings in heads.SPELLINGS.values() for spelling in spellings.split()}
    assert known - documented == set()


def test_every_field_of_a_subject_is_documented() -> None:
    assert {f"{{{name}}}" for name in subject.FIELDS} - in_code(text("config.md")) == set()


def test_every_public_address_is_documented() -> None:
    """Only one of the archive's three formats is spelled; the others are said to lie beside it."""
    given = {"digest": f"<digest>{'-' * 8}", "format_": "atom"}
    functions = [each for _, each in inspect.getmembers(addresses, inspect.isfunction)]
    made = [each for each in functions if each is not addresses.absolute]
    names = {each: list(inspect.signature(each).parameters) for each in made}
    paths = {each(*(given.get(name, f"<{name}>") for name in names[each])) for each in made}
    paths |= {addresses.feed("<feed>", format_) for format_ in addresses.FEED_FILES}
    assert {path.replace("-" * 8, "") for path in paths} - in_code(text("addresses.md")) == set()


def test_every_link_in_the_docs_leads_somewhere() -> None:
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    wrong = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in link.findall(
            re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        )
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert wrong == []


def test_every_page_of_the_docs_can_be_found_from_its_index() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    pages = [page for folder in ("how-to", "reference") for page in (ROOT / "docs" / folder).glob("*.md")]
    assert [page.name for page in pages if f"{page.parent.name}/{page.name}" not in index] == []
    decisions = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    assert [page.name for page in (ROOT / "docs/decisions").glob("0*.md") if page.name not in decisions] == []


def test_every_metric_is_documented_with_its_labels() -> None:
    tallies = Tallies()
    tallies.served["atom", 200] += 1
    tallies.signups["queued"] += 1
    tallies.failed["build"] = NOW
    figures = Figures(tallies)
    rows = [("weekly", "sent", 1)]
    figures.seen = Seen(NOW, rows, rows, rows, rows, 1, [("weekly", NOW)])
    made = {
        sample.name: set(sample.labels)
        for family in figures.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    documented = {
        name: in_code(labels)
        for name, labels in re.findall(r"^\| `(pressroom_\w+)` \| (.*?) \|", text("metrics.md"), re.MULTILINE)
    }
    assert documented == made
