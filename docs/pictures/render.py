"""Renders the pictures of the docs from what `pressroom demo` really makes, by Chromium.

    make pictures

mail.png is the demo's mail in the newsletter's language; mail-dark.png the same on a phone in dark mode. What
the mail fetches from the newsroom's host is taken from the public tree that the demo built.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Route, ViewportSize, sync_playwright

HERE = Path(__file__).parent
BASE_URL = "https://news.example.org/"
LANGUAGE = "sv"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Shot:
    file: str
    scheme: Literal["light", "dark"]
    size: ViewportSize
    scale: int


SHOTS = (
    Shot("mail.png", "light", {"width": 720, "height": 1320}, 1),
    Shot("mail-dark.png", "dark", {"width": 390, "height": 844}, 2),
)


def main() -> None:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "demo"
        subprocess.run([sys.executable, "-m", "pressroom", "demo", "--output", str(output)], check=True)
        html, public = mail(output), next(output.rglob("feeds.opml")).parent.parent
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            for shot in SHOTS:
                take(shot, browser, html, public)
            browser.close()


def mail(output: Path) -> str:
    """Give the HTML of the first mail in the newsletter's language."""
    for file in sorted(output.rglob("*.eml")):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = message.get_body(("html",))
        if message["Content-Language"] == LANGUAGE and part is not None:
            return str(part.get_content())
    sys.exit(f"the demo made no mail in {LANGUAGE}")


def take(shot: Shot, browser: Browser, html: str, public: Path) -> None:
    """Take one picture."""
    context = browser.new_context(
        viewport=shot.size, device_scale_factor=shot.scale, color_scheme=shot.scheme
    )
    page = context.new_page()

    def answer(route: Route) -> None:
        found = public / route.request.url.removeprefix(BASE_URL)
        if found.is_file():
            route.fulfill(path=found)
        else:
            route.abort()

    page.route("**/*", answer)
    page.set_content(html, wait_until="networkidle")
    page.screenshot(path=HERE / shot.file)
    context.close()


if __name__ == "__main__":
    main()
