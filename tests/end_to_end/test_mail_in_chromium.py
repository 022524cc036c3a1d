"""The mail as a browser shows it: on a phone and on a desk, in light and dark, with pictures and without.

Run by a pytest call of its own (see the Makefile). `PRESSROOM_SCREENSHOTS=folder` also writes pictures there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from newsletter.editions import render, web_page
from tests.end_to_end.looks import SCHEMES, TEXTS, chromium
from tests.mails import ROOT, built_in_templates
from tests.scenarios import a_full_issue

WIDTHS = (320, 360, 720, 1280)
PAGES = {
    language: render(a_full_issue(), "*", language, built_in_templates()).html
    for language in ("sv", "en", "ar")
}
PAGES["web"] = web_page(a_full_issue(), "sv", built_in_templates())
PICTURES = {file.name: file for file in (ROOT / "demo").rglob("*.[jp][pn]g")}

SIZES = """() => [...document.querySelectorAll('body *')]
  .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
  .filter(element => element.getBoundingClientRect().height > 0)
  .map(one => [parseFloat(getComputedStyle(one).fontSize), one.textContent.trim().slice(0, 40)])"""
BOXES = (
    "selector => [...document.querySelectorAll(selector)].map(one => one.getBoundingClientRect().toJSON())"
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def shown(
    browser: Browser, html: str, width: int, scheme: str = "light", *, pictures: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """Show a mail; only pictures may be asked for, and what else is asked is remembered."""
    strange: list[str] = []

    def answer(route: Route) -> None:
        file = PICTURES.get(route.request.url.rpartition("/")[2])
        if file is None:
            strange.append(route.request.url)
        if file is None or not pictures:
            route.abort()
        else:
            route.fulfill(path=file)

    screen = {"width": width, "height": 900}
    context = browser.new_context(viewport=screen, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/*", answer)
    page.set_content(html, wait_until="load")
    yield page, strange
    context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "none"])
def test_nothing_runs_out_of_the_screen(browser: Browser, name: str, width: int, pictures: bool) -> None:  # noqa: FBT001
    with shown(browser, PAGES[name], width, pictures=pictures) as (page, strange):
        assert page.evaluate(OVERFLOW) == 0
        assert strange == []


@pytest.mark.parametrize("name", ["sv", "en"])
def test_a_phone_without_style_sheets_shows_it_too(browser: Browser, name: str) -> None:
    """The Gmail app with an account of another host drops them all."""
    with shown(browser, PAGES[name], 360) as (page, _):
        page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
        assert page.evaluate(OVERFLOW) == 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "none"])
@pytest.mark.parametrize("width", [360, 720])
def test_every_text_can_be_read(
    browser: Browser,
    name: str,
    scheme: str,
    pictures: bool,  # noqa: FBT001
    width: int,
) -> None:
    with shown(browser, PAGES[name], width, scheme, pictures=pictures) as (page, _):
        keep(page, f"mail-{name}-{width}-{scheme}-{'pictures' if pictures else 'none'}.png")
        faint = [text for text in page.evaluate(TEXTS) if text["ratio"] < text["least"]]
        small = [text for size, text in page.evaluate(SIZES) if size < 14 and text.strip()]
        assert faint == []
        assert small == []


def test_columns_stand_side_by_side_on_a_desk_and_below_each_other_on_a_phone(browser: Browser) -> None:
    for width, beside in ((720, True), (360, False)):
        with shown(browser, PAGES["sv"], width) as (page, _):
            (thumb, *_), (words, *_) = page.evaluate(BOXES, ".thumb"), page.evaluate(BOXES, ".words")
            assert (words["left"] >= thumb["right"]) is beside
            assert (words["top"] >= thumb["bottom"]) is not beside


def test_the_layout_holds_without_pictures(browser: Browser) -> None:
    for width in (360, 720):
        boxes = []
        for pictures in (True, False):
            with shown(browser, PAGES["sv"], width, pictures=pictures) as (page, _):
                boxes.append(
                    [(box["width"], round(box["height"])) for box in page.evaluate(BOXES, "img.picture")]
                )
        assert boxes[0] == boxes[1]
        assert len(boxes[0]) == 4


def test_the_preheader_is_not_seen(browser: Browser) -> None:
    with shown(browser, PAGES["sv"], 720) as (page, _):
        assert not page.locator(".preheader").is_visible()


def test_the_outline_of_headings_has_no_gap(browser: Browser) -> None:
    with shown(browser, PAGES["sv"], 720) as (page, _):
        levels = page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3')].map(one => Number(one.tagName[1]))"
        )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def keep(page: Page, name: str) -> None:
    """Write a picture for people to look at, when they ask for it."""
    if folder := os.environ.get("PRESSROOM_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / name, full_page=True)
