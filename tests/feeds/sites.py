"""A newsroom as a press office has it, for the tests of its pages; and ways to look into a tree of pages."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin
from zoneinfo import ZoneInfo

from content.languages import Catalogues
from content.newsroom import Author, Category, Contact, Event, Item, Media, Newsroom
from content.templates import Templates
from feeds.documents import documents
from feeds.pages import pages
from feeds.settings import FeedsSettings
from tests.scenarios import (
    BASE_URL,
    BLOG,
    NOW,
    PRESS,
    STOCKHOLM,
    a_newsroom,
    an_event,
    an_item,
    an_organisation,
)

TODAY = date(2026, 10, 2)
SETTINGS = FeedsSettings(id_authority="example.org,2026", items=5)
BUILTIN = Path(__file__).parent.parent.parent / "templates"
TEMPLATES = Templates(BUILTIN, None, Catalogues())
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def ours(name: str, type_: str, **over: Any) -> Media:
    path = f"media/0123/{name}"
    return Media(f"{BASE_URL}/{path}", type_, path=path, file=Path("demo") / name, **over)


LOGO = ours("logotyp.png", "image/png", length=900, width=240, height=64)
PICTURE = ours("äng.jpg", "image/jpeg", length=48_213, alt='En äng, "uppifrån"', width=1200, height=800)
REPORT = ours("rapport.pdf", "application/pdf", length=1_234_567, title="Hela rapporten")
ELSEWHERE = Media("https://files.example.net/tabell.csv?a=1&b=2", "text/csv", title="Tabell & bilaga")
BODY = (
    f'<p>Första stycket med <a href="{BASE_URL}/items/item-k2/">en länk hit</a> och '
    '<a href="https://example.net/ut">en ut</a>.</p>\n'
    "<h2>En mellanrubrik</h2>\n<blockquote><p>Vi måste tänka tillsammans.</p></blockquote>\n"
    "<table><thead><tr><th>Kommun</th><th>Bostäder</th></tr></thead>"
    "<tbody><tr><td>Älvsunda</td><td>1 200</td></tr></tbody></table>\n"
    f'<p><img src="{BASE_URL}/media/0123/karta.png" alt="Kartan"></p>'
)


def press_office() -> Newsroom:
    return a_newsroom(
        organisation=an_organisation(
            name="Kommunförbundet Älvland",
            url="https://www.example.org",
            logo=LOGO,
            about="Vi är en förening av och för\nde fjorton kommunerna.\n\nStyrelsen utses av kommunerna.",
            address=("Kommunförbundet Älvland", "Box 114", "999 95 Älvsunda"),
            contacts=(
                Contact("Torvald Ek", ("Presschef", "Talesperson"), "t.ek@example.org", ("08-465 004 01",)),
                Contact("Ebba Norr", (), None, ("+46 (0)70-174 06 11", "08-465 004 02"), image=PICTURE),
            ),
        ),
        categories=(Category("news", {"sv": "Nyheter"}, description="Det som händer."), PRESS, BLOG),
        items=tuple(items()),
        events=tuple(events()),
    )


def items() -> Iterator[Item]:
    newest = datetime(2026, 10, 1, 8, 45, tzinfo=STOCKHOLM)
    yield an_item(
        key="k1",
        title="Nu lanseras solkartan i hela länet",
        published=newest,
        updated=newest + timedelta(hours=4),
        body_html=BODY,
        text="Första stycket med en länk hit och en ut.",
        summary="Solkartan visar hur mycket el ett tak kan ge under ett år.",
        authors=(Author("Signe Alm", "s@example.org"), Author("Bo Ek", url="https://example.org/bo")),
        tags=("energi", "klimat"),
        image=PICTURE,
        attachments=(REPORT, ELSEWHERE),
    )
    yield an_item(
        key="k2",
        title="Bara en rubrik",
        category="press",
        published=newest - timedelta(days=1),
        body_html="",
        text="",
        summary="",
    )
    yield an_item(
        key="k3",
        title="A week at another desk",
        category="blog",
        language="en",
        published=newest - timedelta(days=20),
        pinned=True,
    )
    yield an_item(
        key="k4",
        title="Publicerad någon annanstans",
        published=newest - timedelta(days=40),
        has_page=False,
        link="https://elsewhere.example.org/artikel?a=1&b=å",
    )
    yield an_item(
        key="k5",
        title="Tillbakadragen",
        published=newest - timedelta(days=41),
        body_html="",
        text="",
        summary="",
        withdrawn=NOW,
        withdrawn_reason="Uppgifterna stämde inte.",
    )
    for year in (2025, 2024):
        yield an_item(
            key=f"y{year}", title=f"Från {year}", published=newest.replace(year=year, month=1, day=1)
        )


def events() -> Iterator[Event]:
    yield an_event(
        key="e1",
        title="Mötesplats Älvland 2026",
        starts=datetime(2026, 10, 5, 8, tzinfo=STOCKHOLM),
        ends=datetime(2026, 10, 5, 18, tzinfo=STOCKHOLM),
        place="Slussmagasinet",
        address="Sjögatan 2, Älvsunda",
        category="news",
        body_html=BODY,
        text="Första stycket",
        summary="Årets största mötesplats.",
        image=PICTURE,
        tags=("möte",),
    )
    yield an_event(
        key="e2",
        title="Gymnasiemässan",
        starts=None,
        first_day=date(2026, 11, 23),
        last_day=date(2026, 11, 25),
        address="",
    )
    yield an_event(key="e3", title="Seminarium om avfall", cancelled=True)
    yield an_event(
        key="e4",
        title="Meeting in London",
        language="en",
        zone="Europe/London",
        starts=datetime(2026, 11, 4, 13, tzinfo=ZoneInfo("Europe/London")),
    )
    yield an_event(key="e5", title="Vårmöte", starts=datetime(2026, 4, 8, 13, tzinfo=STOCKHOLM))
    yield an_event(key="e6", title="Borta", withdrawn=NOW, text="", summary="")
    yield an_event(key="e7", title="Hos andra", has_page=False, link="https://elsewhere.example.org/e7")


def page_files(newsroom: Newsroom, **over: Any) -> dict[str, bytes]:
    """Give the pages alone; a path that is given twice is a mistake."""
    made = list(pages(newsroom, over.pop("settings", SETTINGS), TEMPLATES, **{"today": TODAY} | over))
    assert len(dict(made)) == len(made)
    return dict(made)


def tree_files(newsroom: Newsroom) -> dict[str, bytes]:
    """Give the whole tree but the media."""
    return page_files(newsroom) | dict(documents(newsroom, SETTINGS))


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in its turn, as its author wrote it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Mapping[str, str]]] = []
        self.mistakes: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.mistakes += [f"<{tag}> is left open" for tag in self._open]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.mistakes.append(f"an attribute twice on <{tag}>: {names}")
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()} where {self._open[-1:]} is open")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.texts.append(data)

    def find(self, tag: str, **attributes: str) -> list[Mapping[str, str]]:
        wanted = attributes.items()
        return [found for name, found in self.elements if name == tag and wanted <= dict(found).items()]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def read(files: Mapping[str, bytes], path: str) -> Page:
    return Page(files[path].decode())


def html_files(files: Mapping[str, bytes]) -> dict[str, Page]:
    return {path: read(files, path) for path in files if path.endswith(".html")}


def resolved(path: str, target: str) -> tuple[str, str] | None:
    """Give the file of our tree that a link on a page leads to, and the place in it; None for other hosts."""
    url, fragment = urldefrag(urljoin(f"{BASE_URL}/{path.removesuffix('index.html')}", target))
    if not f"{url}/".startswith(f"{BASE_URL}/"):
        return None
    file = unquote(url.removeprefix(BASE_URL).lstrip("/"))
    return (f"{file}index.html" if not file or file.endswith("/") else file), fragment
