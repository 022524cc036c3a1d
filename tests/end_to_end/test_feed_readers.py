"""Real feed readers on the running service: nothing twice, nothing lost, and 304 whenever nothing changed.

newsboat, sfeed, rss2email and feedparser follow the feed of everything and two categories, as Atom and as
RSS, and atoma as JSON Feed. Not every program takes up what changes in an item that it has: what each does,
and so what is asked of it here, stands at its module in `reading/`.
"""

from pathlib import Path

import pytest

from tests.end_to_end.commands import pressroom
from tests.end_to_end.reading.circle import Circle
from tests.end_to_end.reading.newsroom import Newsroom

EVERY_FEED = ("all", "news", "press")


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    made = Newsroom(tmp_path / "newsroom")
    made.write("release", category="press")
    return made


@pytest.fixture
def circle(newsroom: Newsroom, tmp_path: Path) -> Circle:
    return Circle(newsroom, tmp_path / "readers")


def test_who_asks_again_is_told_304_through_restarts_and_builds_until_something_changes(
    newsroom: Newsroom, circle: Circle
) -> None:
    with newsroom.service():
        circle.read(changed=EVERY_FEED)
        circle.read()
        circle.read()
        newsroom.save_again("first")
        newsroom.rename("release", "2026-release.md")
        newsroom.write("second")
        circle.read(changed=("all", "news"))
    assert pressroom("build", config=newsroom.config).returncode == 0
    with newsroom.service():
        circle.read()
        assert pressroom("build", config=newsroom.config).returncode == 0
        circle.read()


def test_an_edited_item_stays_one_item_also_in_another_file_or_category(
    newsroom: Newsroom, circle: Circle
) -> None:
    with newsroom.service():
        circle.read(changed=EVERY_FEED)
        newsroom.write("first", text="Another text.")
        circle.read(changed=("all", "news"))
        newsroom.write("first", title="Another title")
        circle.read(changed=("all", "news"))
        newsroom.rename("release", "renamed.md")
        newsroom.write("first", title="A third title", text="A third text.")
        circle.read(changed=("all", "news"))
        newsroom.write("first", category="press")
        newsroom.write("release", text="A newer text.")
        circle.read(changed=EVERY_FEED)


def test_a_withdrawn_item_gives_way_to_its_notice(newsroom: Newsroom, circle: Circle) -> None:
    newsroom.write("second")
    with newsroom.service():
        circle.read(changed=EVERY_FEED)
        newsroom.withdraw("first", "The figures were wrong.")
        circle.read(changed=("all", "news"))
        newsroom.delete("second")
        circle.read(changed=("all", "news"))
        newsroom.restore("first")
        circle.read(changed=("all", "news"))


def test_whatever_is_new_reaches_everybody_late_ones_and_crowds_too(
    newsroom: Newsroom, circle: Circle
) -> None:
    with newsroom.service():
        circle.read(changed=EVERY_FEED)
        newsroom.write("second", date="2026-10-01 12:00")
        circle.read(changed=("all", "news"))
        newsroom.write("back-dated", date="2019-05-01 12:00")
        circle.read(changed=("all", "news"))
        for number in range(1, 8):
            newsroom.write(f"crowd-{number}", date=f"2026-10-0{number} 09:00", category="press")
        assert pressroom("build", config=newsroom.config).returncode == 0
        circle.read(changed=("all", "press"))
    newsroom.write("in-the-pause", date="2026-10-02 12:00")
    newsroom.write("crowd-7", text="Another text.")
    with newsroom.service():
        circle.read(changed=EVERY_FEED)
        circle.read()
