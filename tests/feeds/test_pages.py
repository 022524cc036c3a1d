"""The pages: whole, reachable, valid, safe, and the same bytes for the same newsroom."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from content.errors import TemplateProblem
from content.languages import Catalogues
from content.newsroom import Author, Contact, Item, Media, Newsroom
from content.templates import Templates
from feeds.pages import pages
from feeds.periods import YEAR_ITEMS, years
from feeds.settings import FeedsSettings
from feeds.site import PublicNewsletter
from tests.feeds.newsrooms import full_newsroom
from tests.feeds.sites import (
    BODY,
    BUILTIN,
    PICTURE,
    SETTINGS,
    TODAY,
    Page,
    html_files,
    page_files,
    press_office,
    read,
    resolved,
    tree_files,
)
from tests.scenarios import BASE_URL, NOW, STOCKHOLM, a_newsroom, an_event, an_item, an_organisation

Golden = Callable[[str, str | bytes], None]


@pytest.fixture(scope="module")
def office() -> dict[str, bytes]:
    return page_files(press_office())


@pytest.mark.parametrize(
    "path",
    ["index.html", "items/item-k1/index.html", "events/event-e1/index.html", "feeds/events/index.html"],
)
def test_the_main_pages_are_as_they_were(office: dict[str, bytes], golden: Golden, path: str) -> None:
    golden(f"pages/{path.replace('/index', '').replace('/', '-')}", office[path])


@pytest.mark.parametrize(
    "newsroom", [press_office(), full_newsroom(), a_newsroom()], ids=["office", "full", "empty"]
)
def test_every_link_inside_the_tree_leads_to_something(newsroom: Newsroom) -> None:
    files = tree_files(newsroom)
    ids = {
        path: {found["id"] for _, found in page.elements if "id" in found}
        for path, page in html_files(files).items()
    }
    dead = []
    for path, page in html_files(files).items():
        for _, found in page.elements:
            for name in ("href", "src"):
                inside = resolved(path, found[name]) if name in found else None
                if inside is None or _is_media(inside[0]):
                    continue
                file, fragment = inside
                if file not in files or (fragment and fragment not in ids[file]):
                    dead.append((path, found[name]))
    assert dead == []


def _is_media(path: str) -> bool:
    return path.startswith("media/") and not path.endswith(".css")


def test_every_item_and_event_is_reachable_by_links_from_the_front_page() -> None:
    newsroom = press_office()
    files = tree_files(newsroom)
    seen, waiting = set(), ["index.html"]
    outside = set()
    while waiting:
        path = waiting.pop()
        if path in seen or path not in files:
            continue
        seen.add(path)
        for found in read(files, path).find("a") if path.endswith(".html") else ():
            inside = resolved(path, found["href"])
            waiting += [inside[0]] if inside else []
            outside |= set() if inside else {found["href"]}
    unreached = {path for path in files if path.endswith((".html", ".ics"))} - seen - {"404.html"}
    # Calendars of cancelled and withdrawn events are kept for those who have them, and not offered.
    assert unreached == {"events/event-e3.ics", "events/event-e6.ics", "events/event-e5.ics"} - seen
    assert "https://elsewhere.example.org/artikel?a=1&b=%C3%A5" in outside
    assert "https://elsewhere.example.org/e7" in outside


@pytest.mark.parametrize(
    "newsroom", [press_office(), full_newsroom(), a_newsroom()], ids=["office", "full", "empty"]
)
def test_every_page_is_sound_and_accessible(newsroom: Newsroom) -> None:
    for path, page in html_files(page_files(newsroom)).items():
        assert page.mistakes == [], path
        ids = [found["id"] for _, found in page.elements if "id" in found]
        assert len(ids) == len(set(ids)), path
        assert [tag for tag, _ in page.elements].count("h1") == 1, path
        assert all("alt" in found for found in page.find("img")), path
        assert {found["id"] for found in page.find("input")} == {found["for"] for found in page.find("label")}
        referred = [found["aria-labelledby"] for _, found in page.elements if "aria-labelledby" in found]
        assert set(referred) <= set(ids), path
        assert [len(page.find(tag)) for tag in ("main", "title")] == [1, 1], path
        assert page.find("html") == [{"lang": "sv", "dir": "ltr"}]
        assert page.find("a", href="#main", **{"class": "skip"}), path
        assert _steps(page) <= 1, path
        assert "None" not in page.text
        assert html.document_fromstring(page.rawdata or "<p>").tag == "html"


def _steps(page: Page) -> int:
    """Give how many levels headings leave out at most: voices read them as a table of contents."""
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    return max((after - before for before, after in pairwise(levels)), default=0)


def test_nothing_is_fetched_from_elsewhere_and_nothing_runs(office: dict[str, bytes]) -> None:
    for path, page in html_files(office).items():
        fetched = [found["src"] for tag, found in page.elements if "src" in found]
        fetched += [found["href"] for found in page.find("link") if found["rel"] in ("stylesheet", "icon")]
        assert all(resolved(path, url) for url in fetched if not url.startswith("data:,")), path
        assert all(found["type"] == "application/ld+json" for found in page.find("script"))
        assert not [name for _, found in page.elements for name in found if name.startswith("on")]
        assert b"//fonts" not in office[path]
    (style,) = (text for path, text in office.items() if path.endswith(".css"))
    assert b"url(" not in style
    assert b"@import" not in style


def test_the_same_newsroom_gives_the_same_bytes() -> None:
    assert page_files(press_office()) == page_files(press_office())


def test_a_day_changes_only_what_shows_coming_events_and_those_that_are_over_by_it() -> None:
    before = page_files(press_office(), today=date(2026, 10, 5))
    after = page_files(press_office(), today=date(2026, 10, 6))
    changed = {path for path in before if before[path] != after[path]}
    lists = {"index.html", "events/index.html", "feeds/events/index.html"}
    assert changed == {*lists, "events/event-e1/index.html"}
    assert page_files(press_office(), today=date(2026, 10, 3)) == page_files(
        press_office(), today=date(2026, 10, 4)
    )


def test_a_new_item_leaves_the_pages_of_the_others_alone() -> None:
    """Ten thousand pages are not to be written again for each one that comes."""
    newsroom = press_office()
    new = an_item(key="new", published=NOW)
    before, after = page_files(newsroom), page_files(replace(newsroom, items=(new, *newsroom.items)))
    changed = {path for path in before if before[path] != after[path]}
    assert not {path for path in changed if path.startswith(("items/item", "events/event"))}


def test_the_front_page_shows_what_is_new_and_what_is_coming(office: dict[str, bytes]) -> None:
    page = read(office, "index.html")
    text = page.text
    assert (
        text.index("A week at another desk") < text.index("Nu lanseras solkartan") < text.index("Från 2025")
    )
    assert "Tillbakadragen" not in text
    assert "Mötesplats Älvland 2026" in text
    assert "måndag 5 oktober 2026 08:00\u2060–\u206018:00" in text
    assert "23\u2060–\u206025 november 2026" in text
    assert "onsdag 4 november 2026 13:00 (Greenwichtid)" in text
    assert "Vårmöte" not in text
    assert "Borta" not in text
    assert "Styrelsen utses av kommunerna." in text
    assert "Torvald Ek" in text
    assert page.find("a", href="mailto:t.ek@example.org")
    assert page.find("a", href="tel:+46701740611")
    assert "999 95 Älvsunda" in text
    assert not page.find("form")


def test_newsletters_are_mentioned_where_there_are_any(office: dict[str, bytes]) -> None:
    assert "Nyhetsbrev" not in read(office, "index.html").text
    page = read(
        page_files(press_office(), newsletters=[PublicNewsletter("weekly", "Veckan & vi")]), "index.html"
    )
    assert page.find("a", href="./newsletters/weekly/")
    assert "Nyhetsbrev Veckan & vi" in page.text


def test_the_feeds_are_announced_the_pages_own_first(office: dict[str, bytes]) -> None:
    def announced(path: str) -> list[str]:
        links = read(office, path).find("link", rel="alternate")
        return ["/".join(found["href"].split("/")[-2:]) for found in links]

    assert announced("index.html")[:4] == ["all/atom.xml", "all/rss.xml", "all/feed.json", "news/atom.xml"]
    assert len(announced("index.html")) == 16
    assert announced("items/item-k2/index.html")[:4] == [
        "press/atom.xml",
        "press/rss.xml",
        "press/feed.json",
        "all/atom.xml",
    ]
    assert announced("categories/blog/index.html")[0] == "blog/atom.xml"
    assert announced("events/event-e1/index.html")[:2] == ["events/event-e1.ics", "events/events.ics"]
    for found in read(office, "index.html").find("link", rel="alternate"):
        assert found["title"].startswith("Kommunförbundet Älvland")
        assert found["type"] in (
            "application/atom+xml",
            "application/rss+xml",
            "application/feed+json",
            "text/calendar",
        )


def test_an_item_page_says_everything_of_the_item(office: dict[str, bytes]) -> None:
    page = read(office, "items/item-k1/index.html")
    text = page.text
    for part in (
        "1 oktober 2026 08:45",
        "1 oktober 2026 12:45",
        "Signe Alm , Bo Ek",
        "energi, klimat",
        "PDF, 1,2 MB",
    ):
        assert part in text
    assert "Solkartan visar hur mycket el" in text
    assert page.find("link", rel="canonical", href=f"{BASE_URL}/items/item-k1/")
    assert page.find("meta", property="og:image", content=f"{BASE_URL}/media/0123/%C3%A4ng.jpg")
    assert page.find("img", src="../../media/0123/%C3%A4ng.jpg", width="1200", alt='En äng, "uppifrån"')
    assert page.find("a", href="../../items/item-k2/")
    assert page.find("img", src="../../media/0123/karta.png")
    assert page.find("a", href="https://files.example.net/tabell.csv?a=1&b=2")
    data = _data(office, "items/item-k1/index.html")
    assert (data["@type"], data["datePublished"], data["dateModified"]) == (
        "NewsArticle",
        "2026-10-01T08:45:00+02:00",
        "2026-10-01T12:45:00+02:00",
    )
    assert data["author"][1] == {"@type": "Person", "name": "Bo Ek", "url": "https://example.org/bo"}
    assert data["publisher"]["name"] == "Kommunförbundet Älvland"


def test_an_event_page_says_when_and_where(office: dict[str, bytes]) -> None:
    page = read(office, "events/event-e1/index.html")
    assert (
        "När måndag 5 oktober 2026 08:00\u2060–\u206018:00 Var Slussmagasinet Sjögatan 2, Älvsunda"
        in page.text
    )
    assert page.find("a", href="../../events/event-e1.ics")
    assert page.find("time", datetime="2026-10-05T08:00:00+02:00")
    data = _data(office, "events/event-e1/index.html")
    assert (data["startDate"], data["endDate"]) == ("2026-10-05T08:00:00+02:00", "2026-10-05T18:00:00+02:00")
    assert data["location"] == {"@type": "Place", "name": "Slussmagasinet", "address": "Sjögatan 2, Älvsunda"}
    assert data["eventStatus"] == "https://schema.org/EventScheduled"
    assert (_data(office, "events/event-e2/index.html")["startDate"]) == "2026-11-23"
    assert "endDate" not in _data(office, "events/event-e4/index.html")


def test_a_cancelled_event_says_so_and_is_offered_to_no_calendar(office: dict[str, bytes]) -> None:
    page = read(office, "events/event-e3/index.html")
    assert "Evenemanget är inställt." in page.text
    assert page.text.startswith("Inställt: Seminarium om avfall")
    assert not page.find("a", href="../../events/event-e3.ics")
    assert _data(office, "events/event-e3/index.html")["eventStatus"] == "https://schema.org/EventCancelled"
    assert "Inställt Seminarium om avfall" in read(office, "events/index.html").text


def test_an_event_that_is_over_says_so_and_is_offered_to_no_calendar(office: dict[str, bytes]) -> None:
    page = read(office, "events/event-e5/index.html")
    assert "Evenemanget har redan varit." in page.text
    assert not page.find("a", href="../../events/event-e5.ics")
    coming = read(office, "events/event-e1/index.html")
    assert "Evenemanget har redan varit." not in coming.text
    assert coming.find("a", href="../../events/event-e1.ics")


def test_a_table_can_be_moved_by_keys_and_nothing_that_looks_like_one_does_harm() -> None:
    body = '<table><tr><td>1</td></tr></table><p><img src="x" alt="<table onerror=alert(1) x"></p>'
    files = page_files(a_newsroom(items=(an_item(key="k1", body_html=body),)))
    page = read(files, "items/item-k1/index.html")
    assert page.find("table", tabindex="0")
    assert [set(found) for found in page.find("img")] == [{"src", "alt"}]


def test_a_withdrawn_item_leaves_a_notice_and_nothing_else(office: dict[str, bytes]) -> None:
    page = read(office, "items/item-k5/index.html")
    assert "Det här drogs tillbaka den 2 oktober 2026." in page.text
    assert "Uppgifterna stämde inte." in page.text
    assert page.find("meta", name="robots", content="noindex")
    assert not page.find("script")
    assert "Borta" in read(office, "events/event-e6/index.html").text


def test_text_in_another_language_is_marked_as_such(office: dict[str, bytes]) -> None:
    assert len(read(office, "items/item-k3/index.html").find("h1", lang="en", dir="ltr")) == 1
    assert len(read(office, "items/item-k1/index.html").find("h1", lang="en")) == 0
    front = read(office, "index.html")
    assert front.find("h3", lang="en", dir="ltr")
    assert "(engelska)" in front.text


def test_a_page_without_a_feed_reader_in_mind_explains_what_to_do(office: dict[str, bytes]) -> None:
    page = read(office, "feeds/news/index.html")
    addresses = [found["value"] for found in page.find("input", readonly="", type="text")]
    assert addresses == [f"{BASE_URL}/feeds/news/{name}" for name in ("atom.xml", "rss.xml", "feed.json")]
    assert "Nu lanseras solkartan" in page.text
    assert "Från 2025" in page.text
    assert "Bara en rubrik" not in page.text
    events = read(office, "feeds/events/index.html")
    assert events.find("a", href=f"webcal://{BASE_URL.removeprefix('https://')}/feeds/events/events.ics")
    everything = read(office, "feeds/index.html")
    assert everything.find("input", value=f"{BASE_URL}/feeds/feeds.opml")
    assert next(found["value"] for found in everything.find("input")) == f"{BASE_URL}/feeds/all/atom.xml"


def test_feeds_in_no_format_are_not_spoken_of() -> None:
    files = page_files(press_office(), settings=FeedsSettings(id_authority="example.org,2026", formats=()))
    assert "feeds/news/index.html" not in files
    assert "atom.xml" not in str(files)
    assert "opml" not in str(files)
    assert "events.ics" in files["feeds/index.html"].decode()
    only = page_files(
        press_office(), settings=FeedsSettings(id_authority="example.org,2026", formats=("rss",))
    )
    assert "atom.xml" not in str(only)


def test_a_summary_that_only_repeats_the_text_is_not_read_twice() -> None:
    own = an_item(key="own", text="Texten börjar så här.", summary="En egen ingress.")
    made = an_item(key="made", text="Texten\nbörjar så här. " * 9, summary="Texten börjar så här. Texten …")
    files = page_files(a_newsroom(items=(own, made)))
    assert read(files, "items/item-own/index.html").find("p", **{"class": "intro"})
    assert not read(files, "items/item-made/index.html").find("p", **{"class": "intro"})


def test_a_picture_that_the_text_shows_is_not_shown_twice() -> None:
    shown = an_item(
        image=PICTURE, body_html=f'<p><img src="{PICTURE.url}" alt=""></p>'.replace("ä", "%C3%A4")
    )
    page = read(page_files(a_newsroom(items=(shown,))), "items/item-k1/index.html")
    assert len(page.find("figure")) == 0


def test_a_base_address_with_a_path_works_for_pages_at_any_depth() -> None:
    base = "https://example.org/press"
    item = an_item(link=f"{base}/items/item-k1/", body_html=f'<p><a href="{base}/events/">e</a></p>')
    files = page_files(replace(a_newsroom(items=(item,)), base_url=base))
    assert read(files, "items/item-k1/index.html").find("a", href="../../events/")
    assert read(files, "404.html").find("a", href="/press/items/")
    assert read(files, "items/item-k1/index.html").find(
        "link", rel="canonical", href=f"{base}/items/item-k1/"
    )


HOSTILE = '"><script>alert(1)</script><b onclick=x {{ 7*7 }} {% raw %}</script><!--\u2028'
BAD_URL = "javascript:alert(1)"


def test_hostile_text_stays_text() -> None:
    media = Media(
        f'{BASE_URL}/media/0/"><script>.png', "image/png", title=HOSTILE, alt=HOSTILE, path="media/0/x"
    )
    item = an_item(
        title=HOSTILE,
        summary=HOSTILE,
        tags=(HOSTILE,),
        authors=(Author(HOSTILE, url=BAD_URL), Author(HOSTILE, email='"><script>@example.org')),
        image=media,
        attachments=(media,),
        body_html="<p>ok</p>",
    )
    elsewhere = an_item(key="k2", has_page=False, link=BAD_URL, title=HOSTILE)
    gone = an_item(key="k3", withdrawn=NOW, withdrawn_reason=HOSTILE, title=HOSTILE, body_html="")
    event = an_event(
        title=HOSTILE, place=HOSTILE, address=HOSTILE, summary=HOSTILE, tags=(HOSTILE,), image=media
    )
    organisation = an_organisation(
        name=HOSTILE,
        about=HOSTILE,
        address=(HOSTILE,),
        contacts=(Contact(HOSTILE, (HOSTILE,), '"<x@y.z', ("1",)),),
    )
    files = page_files(
        a_newsroom(organisation=organisation, items=(item, elsewhere, gone), events=(event,)),
        newsletters=[PublicNewsletter("weekly", HOSTILE, HOSTILE)],
    )
    for path, page in html_files(files).items():
        assert page.mistakes == [], path
        assert all(found.get("type") == "application/ld+json" for found in page.find("script")), path
        assert not [name for _, found in page.elements for name in found if name.startswith("on")], path
        assert not [found for _, found in page.elements if "javascript:" in found.get("href", "")], path
        assert "{{ 7*7 }}" in page.text, path
    assert _data(files, "items/item-k1/index.html")["headline"] == HOSTILE


def test_an_override_changes_the_page_and_a_mistake_in_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "web" / "parts").mkdir(parents=True)
    footer = tmp_path / "web" / "parts" / "footer.html"
    footer.write_text("{% include 'builtin/web/parts/footer.html' %}<p>Vårt: {{ organisation.name }}</p>")
    templates = Templates(BUILTIN, tmp_path, Catalogues())
    files = dict(pages(press_office(), SETTINGS, templates, today=TODAY))
    assert "Vårt: Kommunförbundet Älvland" in read(files, "items/item-k1/index.html").text
    footer.write_text("\n{{ organization.name }}")
    templates = Templates(BUILTIN, tmp_path, Catalogues())
    with pytest.raises(TemplateProblem, match=r"footer.html:2: 'organization' is undefined"):
        list(pages(press_office(), SETTINGS, templates, today=TODAY))


def test_pages_are_in_the_organisations_language() -> None:
    organisation = an_organisation(language="en")
    page = read(page_files(a_newsroom(organisation=organisation, items=(an_item(),))), "index.html")
    assert page.find("html", lang="en")
    assert "Coming events" in page.text
    assert "(Swedish)" in page.text
    right = read(page_files(a_newsroom(organisation=an_organisation(language="ar"))), "index.html")
    assert right.find("html", lang="ar", dir="rtl")


def an_archive(count: int) -> tuple[Item, ...]:
    newest = datetime(2026, 9, 30, 12, tzinfo=STOCKHOLM)
    made = (
        an_item(key=f"n{number}", published=newest - timedelta(hours=20 * number)) for number in range(count)
    )
    return tuple(made)


def test_a_year_with_many_items_is_divided_into_months() -> None:
    files = page_files(a_newsroom(items=an_archive(YEAR_ITEMS + 250)))
    assert "archive/2026/09/index.html" in files
    assert "archive/2025/index.html" in files
    assert "archive/2025/12/index.html" not in files
    year = read(files, "archive/2026/index.html")
    assert year.find("a", href="../../archive/2026/09/")
    assert not year.find("a", href="../../items/item-n0/")
    month = read(files, "archive/2026/09/index.html")
    assert month.find("a", href="../../../items/item-n0/")
    listed = "".join(files[path].decode() for path in files if path.startswith("archive/"))
    assert all(f'/items/item-n{number}/"' in listed for number in range(YEAR_ITEMS + 250))


YEARS = (datetime(1990, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone
MOMENTS = st.datetimes(*YEARS, timezones=st.just(STOCKHOLM))


@settings(max_examples=50, deadline=None)
@given(st.lists(MOMENTS, max_size=40))
def test_each_item_is_in_one_month_of_one_year_and_the_order_stays(moments: list[datetime]) -> None:
    ordered = sorted(moments, key=datetime.timestamp, reverse=True)
    found = [an_item(key=f"{number}", published=moment) for number, moment in enumerate(ordered)]
    divided = years(found, "Europe/Stockholm")
    assert [item for year in divided for month in year.months for item in month.items] == found
    paths = [month.path for year in divided for month in year.months] + [year.path for year in divided]
    assert len(paths) == len(set(paths))


def test_the_text_of_an_item_is_taken_as_it_was_sanitised() -> None:
    files = page_files(a_newsroom(items=(an_item(body_html=BODY),)))
    assert (
        b"<blockquote><p>Vi m\xc3\xa5ste t\xc3\xa4nka tillsammans.</p></blockquote>"
        in files["items/item-k1/index.html"]
    )


def _data(files: dict[str, bytes], path: str) -> dict[str, Any]:
    start = b'<script type="application/ld+json">'
    raw = files[path].partition(start)[2].partition(b"</script>")[0]
    found: dict[str, Any] = json.loads(raw)
    return found
