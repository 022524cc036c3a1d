"""A new newsroom: nothing overwritten, and what is made is right at once."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from pressroom.cli import app
from pressroom.config import load, read
from pressroom.errors import UsageProblem
from pressroom.starting import Wishes, start
from tests.scenarios import NOW

WISHES = Wishes('Göran "Gurra" & Co', "https://www.news.example.org/", "sv", "Europe/Stockholm")


def test_a_new_newsroom_can_be_checked_and_built_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "newsroom"
    run = CliRunner()
    assert run.invoke(app, ["init", str(folder), "--timezone", "Asia/Tokyo"]).exit_code == 0
    checked = run.invoke(app, ["-c", str(folder / "config.yaml"), "check"])
    assert (checked.exit_code, checked.stderr) == (0, "")
    built = run.invoke(app, ["-c", str(folder / "config.yaml"), "build"])
    assert built.exit_code == 0, built.stderr
    assert "1 item and 1 event" in built.stdout
    preview = run.invoke(app, ["-c", str(folder / "config.yaml"), "preview", "weekly"])
    assert "Our newsroom is open" in preview.stdout


def test_names_and_addresses_come_out_as_they_were_given(tmp_path: Path) -> None:
    start(tmp_path, WISHES, NOW)
    config = load(tmp_path / "config.yaml", {})
    assert config.organisation.name == WISHES.name
    assert config.web.url == "https://www.news.example.org"
    assert config.feeds.id_authority == "www.news.example.org,2026"
    assert config.newsletters["weekly"].sender == r'"Göran \"Gurra\" & Co" <newsletter@news.example.org>'


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    mine = tmp_path / "items" / "our-newsroom-is-open.md"
    mine.write_text("mine")
    with pytest.raises(UsageProblem, match="exists already; nothing was written"):
        start(tmp_path, WISHES, NOW)
    assert mine.read_text() == "mine"
    assert not (tmp_path / "config.yaml").exists()


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [("--url", "news", "is not an address"), ("--timezone", "Nowhere", "is no time zone"),
     ("--language", "xx-nowhere", "is no language"), ("--name", " ", "must be a name on one line")],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_said_before_anything_is_written(
    tmp_path: Path, option: str, value: str, expected: str
) -> None:
    done = CliRunner().invoke(app, ["init", str(tmp_path / "new"), option, value])
    assert done.exit_code == 1
    assert expected in done.stderr
    assert not (tmp_path / "new").exists()


def test_the_starter_names_every_section_that_it_uses(tmp_path: Path) -> None:
    start(tmp_path, WISHES, NOW)
    assert read(tmp_path / "config.yaml", dict(os.environ))[1] == []
