"""A reader's whole way in Chromium, over the real service and real mail: with a mouse, and with keys alone.

Run by a pytest call of its own (see the Makefile).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.end_to_end.looks import chromium, mend, opened
from tests.end_to_end.services import Running, link, service

ANNA = "anna@example.org"
MOST_TABS = 80
AS_LONG_AS_PEOPLE_TAKE = 2_200


class Hands(Protocol):
    """How somebody uses a page."""

    page: Page

    def press(self, role: str, name: str) -> None: ...
    def write(self, label: str, text: str) -> None: ...
    def tick(self, label: str) -> None: ...


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, role: str, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def tick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).click()


class Keyboard:
    """Uses nothing but keys, and only what can be reached by the tabulator, with the focus to be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, role: str, name: str) -> None:
        self._reach(self.page.get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self._reach(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def tick(self, label: str) -> None:
        self._reach(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("Space")

    def _reach(self, wanted: Locator) -> None:
        for _ in range(MOST_TABS):
            if wanted.evaluate("each => each === document.activeElement"):
                assert wanted.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
                return
            self.page.keyboard.press("Tab")
        message = "the keyboard does not get there"
        raise AssertionError(message)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("hands", [Mouse, Keyboard])
def test_a_reader_finds_the_newsroom_follows_chooses_pauses_and_leaves(
    browser: Browser, tmp_path: Path, hands: Callable[[Page], Hands]
) -> None:
    scripts = hands is Mouse
    with service(tmp_path) as running, opened(browser, java_script_enabled=scripts) as page:
        hand = hands(page)
        whole_way(running, page, hand, mend if scripts else lambda _page, _name: None)


def whole_way(running: Running, page: Page, hand: Hands, look: Callable[[Page, str], None]) -> None:
    sign_up(running, page, hand, look)
    settings = confirm(running, page, hand, look)

    page.goto(settings)
    look(page, "preferences")
    hand.tick("News")
    hand.press("button", "Save")
    assert page.get_by_role("status").inner_text() == "Your settings are saved."
    running.publish("a-press-release", "press")
    running.publish("a-piece-of-news", "news")
    running.send(1)
    digest = running.mail()
    assert digest["To"] == ANNA
    text = str(digest.get_body(("plain",)))
    assert ("About a-press-release" in text, "About a-piece-of-news" in text) == (True, False)

    page.goto(settings)
    hand.press("button", "Pause")
    assert page.get_by_text("Nothing is sent to you until").is_visible()
    look(page, "paused")
    running.publish("unread", "press")
    running.send(0)
    hand.press("button", "Go on now")

    page.goto(link(digest, "unsubscribe"))
    look(page, "unsubscribe")
    hand.press("button", "Leave")
    assert page.get_by_role("heading", level=1).inner_text() == "You have left"
    look(page, "unsubscribed")
    running.publish("after-leaving", "press")
    running.send(0)

    page.goto(settings)
    hand.tick("Send it to me")
    hand.press("button", "Save")
    running.publish("after-coming-back", "press")
    running.send(1)
    assert running.one_click(running.mail()) == 200
    running.publish("after-one-click", "press")
    running.send(0)

    page.goto(settings)
    hand.press("button", "Erase everything")
    look(page, "erase")
    hand.press("button", "Yes, erase everything")
    assert page.get_by_role("heading", level=1).inner_text() == "Everything is erased"
    look(page, "erased")
    answer = page.goto(settings)
    assert answer is not None
    assert answer.status == 404
    look(page, "unknown")


def sign_up(running: Running, page: Page, hand: Hands, look: Callable[[Page, str], None]) -> None:
    page.goto(f"{running.base}/")
    look(page, "front")
    hand.write("Your e-mail address", ANNA)
    hand.press("button", "Follow by mail")
    assert page.get_by_label("Your e-mail address").input_value() == ANNA
    look(page, "subscribe")
    hand.write("Your e-mail address", "anna@")
    page.wait_for_timeout(AS_LONG_AS_PEOPLE_TAKE)
    hand.press("button", "Follow")
    assert page.get_by_role("alert").is_visible()
    look(page, "subscribe-mistake")
    hand.write("Your e-mail address", ANNA)
    page.wait_for_timeout(AS_LONG_AS_PEOPLE_TAKE)
    hand.press("button", "Follow")
    assert page.get_by_role("heading", level=1).inner_text() == "Check your mail"
    look(page, "subscribed")


def confirm(running: Running, page: Page, hand: Hands, look: Callable[[Page, str], None]) -> str:
    """Confirm by the mail that arrived; give the link to the settings from the one that comes then."""
    asking = running.mail()
    assert asking["To"] == ANNA
    page.goto(link(asking, "confirm"))
    look(page, "confirm")
    hand.press("button", "Yes, I want to follow")
    assert page.get_by_role("heading", level=1).inner_text() == "You follow us now"
    look(page, "confirmed")
    return link(running.mail(), "preferences")
