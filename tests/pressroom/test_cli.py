"""The command line's frame: help, wrong use, errors as lines, exit codes."""

import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pressroom.cli import COMMANDS, app
from tests.pressroom.newsrooms import CONFIG, a_newsroom

HEAVY = {"sqlalchemy", "pydantic", "jinja2", "lxml", "babel", "apscheduler", "aiosmtplib", "rich.console"}


def commands(group: click.Command, name: str) -> list[tuple[str, click.Command]]:
    found = [(name, group)]
    if isinstance(group, click.Group):
        for sub in group.commands.values():
            found += commands(sub, f"{name} {sub.name}")
    return found


MODULES = {name: import_module(f"pressroom.commands.{name}") for name in COMMANDS}
EVERY = [each for name, module in MODULES.items() for each in commands(module.command, name)]


def test_help_starts_without_what_only_the_work_needs() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from pressroom.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print(*sorted(sys.modules))"
    )
    begun = time.process_time()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert time.process_time() - begun < 1
    assert [name for name in done.stdout.split() if name in HEAVY] == []


@pytest.mark.parametrize(("name", "command"), EVERY, ids=[name for name, _ in EVERY])
def test_every_command_explains_itself_with_an_example(name: str, command: click.Command) -> None:
    text = command.help or ""
    assert len(text) > 40
    if not isinstance(command, click.Group):
        assert f"pressroom {name}" in text, "an example to copy"
    assert all(getattr(option, "help", "") or isinstance(option, click.Argument) for option in command.params)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_commands_say(name: str) -> None:
    assert MODULES[name].command.short_help == COMMANDS[name]


def test_a_mistyped_command_is_wrong_use_with_a_suggestion() -> None:
    done = CliRunner().invoke(app, ["buidl"])
    assert done.exit_code == 2
    assert "There is no command 'buidl'. Did you mean 'build'?" in done.stderr


def test_a_config_error_is_one_line_for_each_mistake_and_no_traceback(tmp_path: Path) -> None:
    file = a_newsroom(
        tmp_path, CONFIG.replace("fri 07:00", "friday").replace("items", "itms") + "x: 1\ny: 2\n"
    )
    done = CliRunner().invoke(app, ["-c", str(file), "schedule"])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert [line.startswith(f"error: {file}:") for line in done.stderr.splitlines()] == [True] * 3


def test_debug_shows_where_an_error_arose(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--debug", "-c", str(tmp_path / "none.yaml"), "check"])
    quiet = CliRunner().invoke(app, ["-c", str(tmp_path / "none.yaml"), "schedule"])
    loud = CliRunner().invoke(app, ["--debug", "-c", str(tmp_path / "none.yaml"), "schedule"])
    assert (done.exit_code, quiet.exit_code, loud.exit_code) == (1, 1, 1)
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_an_unknown_newsletter_is_said_with_a_suggestion(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["-c", str(a_newsroom(tmp_path)), "schedule", "wekly"])
    assert done.exit_code == 1
    assert "there is no newsletter 'wekly'" in done.stderr
    assert "did you mean 'weekly'?" in done.stderr


def test_the_configuration_can_be_named_by_the_environment(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    done = CliRunner().invoke(app, ["schedule"], env={"PRESSROOM_CONFIG": str(file)})
    assert done.exit_code == 0
    assert "fri 07:00, Europe/Stockholm" in done.stdout


def test_a_time_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["-c", str(a_newsroom(tmp_path)), "preview", "weekly", "--at", "soon"])
    assert done.exit_code == 2
    assert "'soon' is no time; write it as 2026-10-02T07:00" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    done = CliRunner().invoke(app, ["completion", shell])
    assert done.exit_code == 0
    assert "_PRESSROOM_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [("pressroom sche", "schedule"), ("pressroom -c {file} preview we", "weekly")],
)
def test_commands_and_newsletters_are_completed(tmp_path: Path, words: str, expected: str) -> None:
    line = words.format(file=a_newsroom(tmp_path))
    environ = {
        "_PRESSROOM_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    done = CliRunner().invoke(app, env=environ, prog_name="pressroom")
    assert f"plain,{expected}" in done.stdout.splitlines()
