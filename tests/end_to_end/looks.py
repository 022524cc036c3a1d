"""How a page must look in Chromium: nothing for axe to find, within its screen, readable in light and dark.

`PRESSROOM_SCREENSHOTS=folder` also writes pictures there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
SCHEMES = ("light", "dark")
WIDTHS = (360, 768, 1280)
NARROWEST = 320
"""What is left of 1280 pixels at 400 % (WCAG 2.2, 1.4.10)."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
AXE = """options => axe.run(options).then(
    found => found.violations.map(each => [each.id, each.nodes[0].html]))"""

# Every piece of text with its colour, what lies behind it, and whether it is large (WCAG 2.2, 1.4.3).
TEXTS = """() => {
  const channel = byte => {
    const value = byte / 255;
    return value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
  };
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own && element.tagName !== 'INPUT' || element.tagName === 'SCRIPT') continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [a, b] = [light(numbers(style.color)), light(behind(element))].sort((x, y) => y - x);
    const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    const text = element.textContent.trim().slice(0, 40);
    found.push({text, ratio: (a + .05) / (b + .05), least: large ? 3 : 4.5});
  }
  return found;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", chromium_sandbox=False, args=FLAGS
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, **context: object) -> Iterator[Page]:
    made = browser.new_context(**{"locale": "en-GB"} | context)  # type: ignore[arg-type]
    yield made.new_page()
    made.close()


def mend(page: Page, name: str) -> None:
    """Look at a page at every width, in light and dark."""
    page.evaluate(Axe().axe_script)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        poor = [text for text in page.evaluate(TEXTS) if text["ratio"] < text["least"]]
        assert poor == [], (name, scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(AXE, OPTIONS) == [], (name, scheme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            keep(page, f"{name}-{width}-{scheme}.png")
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, name


def keep(page: Page, name: str) -> None:
    folder = os.environ.get("PRESSROOM_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / name, full_page=True)
