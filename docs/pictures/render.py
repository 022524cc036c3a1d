"""Renders the picture of the README from what `pressroom demo` really makes, by Chromium.

    make pictures

mail.png shows the mail three times: its top, its events, and in dark mode on a phone.
What the mail fetches from the newsroom's host is taken from the public tree that the demo built.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Route, sync_playwright

TARGET = Path(__file__).parent / "mail.png"
BASE_URL = "https://news.example.org/"
LANGUAGE = "sv"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
HEIGHT = 1180
GAP = 36
AROUND = (214, 220, 228)


@dataclass(frozen=True, slots=True)
class Shot:
    """What is shown of the mail: from the top, or from a little above the first link that `begins` finds."""

    width: int
    scheme: Literal["light", "dark"] = "light"
    begins: str | None = None


SHOTS = (Shot(680), Shot(680, begins='a[href$=".ics"]'), Shot(400, scheme="dark"))


def main() -> None:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "demo"
        subprocess.run([sys.executable, "-m", "pressroom", "demo", "--output", str(output)], check=True)
        html = mail(output)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            pictures = [take(shot, browser, html, output / "public") for shot in SHOTS]
            browser.close()
    beside(pictures).quantize(256, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(TARGET)


def mail(output: Path) -> str:
    """Give the HTML of the first mail in the newsletter's language."""
    for file in sorted(output.rglob("*.eml")):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = message.get_body(("html",))
        if message["Content-Language"] == LANGUAGE and part is not None:
            return str(part.get_content())
    sys.exit(f"the demo made no mail in {LANGUAGE}")


def take(shot: Shot, browser: Browser, html: str, public: Path) -> Image.Image:
    context = browser.new_context(viewport={"width": shot.width, "height": HEIGHT}, color_scheme=shot.scheme)
    page = context.new_page()

    def answer(route: Route) -> None:
        found = public / route.request.url.removeprefix(BASE_URL)
        if found.is_file():
            route.fulfill(path=found)
        else:
            route.abort()

    page.route("**/*", answer)
    page.set_content(html, wait_until="networkidle")
    if shot.begins is not None:
        page.locator(shot.begins).first.evaluate(
            "link => window.scrollTo(0, link.getBoundingClientRect().top - 260)"
        )
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return picture


def beside(pictures: list[Image.Image]) -> Image.Image:
    """Lay the pictures beside each other."""
    width = sum(picture.width + GAP for picture in pictures) + GAP
    sheet = Image.new("RGB", (width, HEIGHT + 2 * GAP), AROUND)
    left = GAP
    for picture in pictures:
        sheet.paste(picture, (left, GAP))
        left += picture.width + GAP
    return sheet


if __name__ == "__main__":
    main()
