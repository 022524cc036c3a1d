"""Every template of the pages, in Chromium: on a way by which readers come to it, nothing for axe to find.

Run by a pytest call of its own (see the Makefile).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response

from newsletter.following import SignUp
from newsletter.following import sign_up as sign_up_at_once
from pressroom.sending import token_key
from pressroom.subscriptions import offer_of
from storage.engine import writing
from tests.end_to_end.looks import chromium, mend, opened
from tests.end_to_end.stage import CONFIG, PAGES, Stage, staged

ANNA = "anna@example.org"
SUBMIT = "main form button"
PUBLIC = (
    *("", "items/", "items/short/", "items/long/", "items/english/", "categories/news/", "archive/2026/"),
    *("archive/2026/09/", "events/", "events/meeting/", "events/whole-day/", "events/several-days/"),
    *("events/off/", "events/over/", "feeds/", "feeds/news/", "feeds/events/", "newsletters/"),
    *("newsletters/weekly/", "newsletters/weekly/1/", "newsletters/monthly/"),
)
ELSEWHERE = """\
<form method="post" action="{}/subscribe"><input name="address" value="{}"><button>Follow</button></form>"""


class Walk:
    """A reader on a way; remembers from which templates the pages were made that were looked at."""

    def __init__(self, stage: Stage, page: Page, name: str) -> None:
        self.stage = stage
        self.circle = stage.circle
        self.page = page
        self.name = name
        self.seen: set[str] = set()
        self.looks = 0

    def go(self, path: str, status: int = 200) -> None:
        answer = self.open(path)
        assert answer is not None
        assert answer.status == status, path
        self.look()

    def open(self, path: str) -> Response | None:
        """Go on to a page that has been looked at before."""
        return self.page.goto(f"{self.stage.base}/{path.removeprefix('/')}")

    def press(self, button: str = SUBMIT, *, after: float = 9, status: int = 200) -> None:
        """Press a button when somebody has looked at the page for so many seconds."""
        self.circle.after(seconds=after)
        with self.page.expect_navigation() as navigation:
            self.page.locator(button).first.click()
        assert navigation.value is not None
        assert navigation.value.status == status
        self.look()

    def write(self, address: str) -> None:
        self.page.locator("#address").fill(address)

    def look(self) -> None:
        template = self.page.locator("meta[name=template]").get_attribute("content")
        assert template is not None
        self.looks += 1
        mend(self.page, f"{self.name}-{self.looks:02}-{template.replace('/', '-')}")
        self.seen.add(template)


def look_around(walk: Walk) -> None:
    for path in PUBLIC:
        walk.go(path)
    walk.go("items/gone/", 410)
    walk.go("nowhere", 404)


def sign_up(walk: Walk) -> None:
    walk.go("subscribe")
    walk.press(status=422)
    walk.write(ANNA)
    walk.page.locator("#newsletters input").first.check()
    walk.press(after=0)
    walk.press(after=25 * 60 * 60)
    walk.press()
    walk.go(walk.circle.link())
    walk.press()
    walk.go(walk.circle.link())


def come_from_elsewhere_and_too_late(walk: Walk) -> None:
    walk.page.set_content(ELSEWHERE.format(walk.stage.base, ANNA))
    walk.press("button")
    walk.page.locator("#newsletters input").first.check()
    walk.press()
    walk.circle.after(days=60)
    walk.go(walk.circle.link(), 410)


def move(walk: Walk) -> None:
    walk.go(walk.stage.settings())
    ask_for_another_address(walk, "anna.moved@example.org")
    walk.look()
    walk.go(walk.circle.link())
    walk.press()


def move_to_an_address_that_follows_already_and_too_late(walk: Walk) -> None:
    settings = walk.stage.settings()
    walk.open(settings)
    ask_for_another_address(walk, ANNA)
    walk.circle.subscribe(ANNA)
    walk.open(walk.circle.link())
    walk.press()
    walk.circle.after(days=2)
    walk.open(settings)
    ask_for_another_address(walk, "anna.late@example.org")
    walk.circle.after(days=60)
    walk.go(walk.circle.link(), 410)


def ask_for_another_address(walk: Walk, address: str) -> None:
    walk.write(address)
    with walk.page.expect_navigation():
        walk.page.locator("form:has(#address) button").click()


def err_in_the_settings(walk: Walk) -> None:
    settings = walk.stage.settings(f"{'a' * 60}@{'samhallsbyggnadsnamnden' * 2}.example.org")
    walk.go(settings)
    for box in walk.page.locator("fieldset.below input").all():
        box.uncheck()
    walk.press(status=422)
    walk.write("anna@")
    walk.press("form:has(#address) button", status=422)
    walk.press("form:has(#weeks) button")
    walk.page.locator("input[name=do]").first.evaluate("field => field.value = 'dance'")
    walk.press(status=400)


def come_to_the_settings_too_late(walk: Walk) -> None:
    settings = walk.stage.settings()
    walk.circle.after(days=181)
    walk.go(settings, 410)
    walk.press()


def come_after_too_many(walk: Walk) -> None:
    room, limits = walk.circle.room, walk.circle.room.config.signups
    rest = (offer_of(room.config), token_key(room), walk.circle.clock(), limits)
    with writing(room.engine) as connection:
        for number in range(limits.per_network):
            form = SignUp(f"{number}@example.org", {"weekly": None}, "127.0.0.1", "form", "sign-up-1")
            sign_up_at_once(connection, form, *rest)
    walk.open("subscribe")
    walk.write(ANNA)
    walk.page.locator("#newsletters input").first.check()
    walk.press(status=429)


def leave(walk: Walk) -> None:
    settings = walk.stage.settings()
    walk.go(f"/unsubscribe/{walk.circle.token('unsubscribe', 1)}")
    walk.press()
    walk.go(settings)
    walk.press(".grave")
    walk.press(".grave")
    walk.go(settings, 404)


def meet_a_ledger_that_does_not_answer(walk: Walk) -> None:
    walk.go("subscribe")
    walk.circle.room.engine.dispose()
    Path(str(walk.circle.room.engine.url.database)).unlink()
    walk.write(ANNA)
    walk.page.locator("#newsletters input").first.check()
    walk.press(status=503)


FORMS = {"web/subscribe.html", "web/subscribed.html"}
WAYS: dict[Callable[[Walk], None], set[str]] = {
    look_around: {
        "email/web.html",
        *(f"web/{name}.html" for name in ("404", "event", "events", "feed", "feeds", "front", "item")),
        *(f"web/{name}.html" for name in ("items", "newsletter", "newsletters", "withdrawn")),
    },
    sign_up: {*FORMS, "web/confirm.html", "web/confirmed.html"},
    come_from_elsewhere_and_too_late: {*FORMS, "web/expired.html"},
    move: {"web/preferences.html", "web/move.html", "web/moved.html"},
    move_to_an_address_that_follows_already_and_too_late: {"web/moved.html", "web/expired.html"},
    come_to_the_settings_too_late: {"web/expired.html", "web/renewed.html"},
    come_after_too_many: {"web/later.html"},
    err_in_the_settings: {"web/preferences.html", "web/refused.html"},
    leave: {
        *(f"web/{name}.html" for name in ("unsubscribe", "unsubscribed", "preferences", "erase")),
        *("web/erased.html", "web/unknown.html"),
    },
    meet_a_ledger_that_does_not_answer: {"web/subscribe.html", "web/unavailable.html"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_axe_finds_nothing_on_the_way(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Callable[[Walk], None]
) -> None:
    monkeypatch.setattr("feeds.periods.YEAR_ITEMS", 1)
    with staged(tmp_path) as stage, opened(browser, locale="sv-SE") as page:
        walk = Walk(stage, page, way.__name__)
        way(walk)
    assert walk.seen == WAYS[way]


def test_every_template_of_a_page_is_on_a_way() -> None:
    assert set().union(*WAYS.values()) == PAGES


def test_a_newsroom_with_nothing_in_it_has_pages_that_say_so(browser: Browser, tmp_path: Path) -> None:
    closed = CONFIG.replace("    schedule:", "    signup: closed\n    schedule:")
    with staged(tmp_path, closed, {}) as stage, opened(browser, locale="sv-SE") as page:
        walk = Walk(stage, page, "nothing")
        for path in ("", "items/", "categories/news/", "events/", "feeds/", "newsletters/weekly/"):
            walk.go(path)
        walk.go("subscribe")


def test_a_mistake_is_told_before_all_else(browser: Browser, tmp_path: Path) -> None:
    with staged(tmp_path) as stage, opened(browser, java_script_enabled=False) as page:
        page.goto(f"{stage.base}/subscribe?newsletter=weekly")
        page.get_by_label("Your e-mail address").fill("anna@")
        stage.circle.after(seconds=9)
        page.get_by_role("button", name="Follow").click()
        assert page.title().startswith("Error: ")
        assert page.locator(":focus").get_attribute("role") == "alert"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        field = page.get_by_label("Your e-mail address")
        described = field.get_attribute("aria-describedby")
        assert page.locator(f"#{described}").inner_text() == "Give an e-mail address, as name@example.org."
        page.keyboard.type("x")
        assert "x" in field.input_value()
