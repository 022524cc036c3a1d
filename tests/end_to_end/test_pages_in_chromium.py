"""The pages as a browser shows them: on a phone and on a desk, in light and dark, by keyboard, on paper.

Run by a pytest call of its own (see the Makefile). `PRESSROOM_SCREENSHOTS=folder` also writes pictures there.
"""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from content.languages import Catalogues
from tests.end_to_end.looks import SCHEMES, TEXTS, chromium, keep
from tests.feeds.sites import press_office, tree_files
from tests.scenarios import BASE_URL

PATHS = [
    "",
    "items/",
    "items/item-k1/",
    "items/item-k2/",
    "items/item-k5/",
    "archive/2026/",
    "events/",
    "events/event-e1/",
    "events/event-e3/",
    "feeds/",
    "feeds/news/",
    "feeds/events/",
    "404.html",
]
WIDTHS = (320, 360, 768, 1280)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".xml": "application/xml",
    ".ics": "text/calendar",
}


class Visit:
    """A page of ours in a browser that gets all it asks for from memory, and remembers what it asked."""

    def __init__(self, browser: Browser, files: dict[str, bytes], **context: object) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        self._files = files
        self._context = browser.new_context(**{"locale": "sv-SE"} | context)  # type: ignore[arg-type]
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.route("**/*", self._answer)

    def open(self, path: str) -> Page:
        self.page.goto(f"{BASE_URL}/{path}")
        return self.page

    def close(self) -> None:
        self._context.close()

    def _answer(self, route: Route) -> None:
        url = route.request.url
        self.asked.append(url)
        path = unquote(url.removeprefix(f"{BASE_URL}/"))
        path = path if path and not path.endswith("/") else f"{path}index.html"
        if path in self._files:
            route.fulfill(body=self._files[path], content_type=TYPES[Path(path).suffix])
        elif path.startswith("media/0123/"):
            route.fulfill(body=picture(), content_type="image/png")
        else:
            route.fulfill(status=404, body="")


@cache
def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (1200, 800), "#4d7c8a").save(written, "PNG")
    return written.getvalue()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return tree_files(press_office())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_its_screen_and_can_be_read_on_it(
    browser: Browser, files: dict[str, bytes], width: int, scheme: str
) -> None:
    visit = Visit(browser, files, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in PATHS:
        page = visit.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        poor = [found for found in page.evaluate(TEXTS) if found["ratio"] < found["least"]]
        assert poor == [], (path, scheme)
        keep(page, f"{path.strip('/').replace('/', '-') or 'front'}-{width}-{scheme}.png")
    assert visit.said == []
    assert {url for url in visit.asked if not url.startswith(f"{BASE_URL}/")} == set()
    visit.close()


def test_light_and_dark_are_two_looks(browser: Browser, files: dict[str, bytes]) -> None:
    colours = set()
    for scheme in SCHEMES:
        visit = Visit(browser, files, color_scheme=scheme)
        colours.add(visit.open("").evaluate("getComputedStyle(document.body).backgroundColor"))
        visit.close()
    assert len(colours) == 2


def test_a_keyboard_gets_to_the_content_and_sees_where_it_is(
    browser: Browser, files: dict[str, bytes]
) -> None:
    visit = Visit(browser, files)
    page = visit.open("items/item-k1/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == Catalogues().translations("sv").gettext("Skip to the content")
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (outline, page.locator(":focus").get_attribute("href")) == ("solid", "../../categories/news/")
    visit.close()


def test_a_finger_can_hit_what_stands_alone(browser: Browser, files: dict[str, bytes]) -> None:
    """WCAG 2.2, 2.5.8: 24 pixels; links within a sentence are excepted."""
    visit = Visit(browser, files, viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True)
    for path in PATHS:
        page = visit.open(path)
        alone = page.locator("nav a, .button, .brand, .follow a, .bottom li a, input, .contact a")
        heights = alone.evaluate_all("found => found.map(each => each.getBoundingClientRect().height)")
        assert heights
        assert min(heights) >= 24, path
    visit.close()


def test_the_pages_need_no_scripts(browser: Browser, files: dict[str, bytes]) -> None:
    visit = Visit(browser, files, java_script_enabled=False)
    page = visit.open("feeds/news/")
    assert page.get_by_label("Atom").input_value() == f"{BASE_URL}/feeds/news/atom.xml"
    assert page.get_by_label("Atom").is_editable() is False
    page.get_by_role("link", name="Nu lanseras solkartan i hela länet").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nu lanseras solkartan i hela länet"
    page.get_by_role("navigation", name="Huvudmeny").get_by_role("link", name="Evenemang").click()
    assert page.url == f"{BASE_URL}/events/"
    visit.close()


def test_a_voice_finds_its_way(browser: Browser, files: dict[str, bytes]) -> None:
    visit = Visit(browser, files)
    page = visit.open("")
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role  # type: ignore[arg-type]
    regions = [region.get_attribute("aria-labelledby") for region in page.get_by_role("region").all()]
    assert regions == ["latest", "events", "follow", "contacts", "about"]
    assert page.get_by_role("link", name="Lägg till i kalendern: Mötesplats Älvland 2026").count() == 1
    visit.close()


def test_in_high_contrast_the_place_in_the_menu_is_still_seen(
    browser: Browser, files: dict[str, bytes]
) -> None:
    visit = Visit(browser, files, forced_colors="active")
    page = visit.open("events/")
    lines = page.locator(".top nav a").evaluate_all(
        "found => found.map(each => [each.textContent, getComputedStyle(each).borderBottomColor])"
    )
    marked = dict(lines).pop("Evenemang")
    assert [text for text, colour in lines if colour == marked] == ["Evenemang"]
    visit.close()


def test_on_paper_there_is_the_text_without_the_menus(browser: Browser, files: dict[str, bytes]) -> None:
    visit = Visit(browser, files, color_scheme="dark")
    page = visit.open("items/item-k1/")
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()
    poor = [found for found in page.evaluate(TEXTS) if found["ratio"] < found["least"]]
    assert poor == []
    address = "getComputedStyle(document.querySelector('.body a[href^=http]'), '::after').content"
    assert "https://example.net/ut" in page.evaluate(address) or "attr(href)" in page.evaluate(address)
    visit.close()


def test_the_tree_can_be_read_from_a_disk(browser: Browser, files: dict[str, bytes], tmp_path: Path) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    page = browser.new_page()
    page.goto((tmp_path / "items" / "item-k1" / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.narrow')).maxWidth") != "none"
    page.close()
