"""Whatever a newsroom holds, its feeds are valid and say the same."""

import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from content.newsroom import Author, Item, Media, Newsroom
from feeds.documents import documents
from feeds.markup import MEDIA as MEDIA_NAMESPACE
from tests.feeds.newsrooms import SETTINGS
from tests.feeds.readers import EVERYTHING, agree, plain_atom, plain_json, plain_rss
from tests.feeds.test_documents import problems
from tests.scenarios import NOW, a_newsroom, an_event, an_item

# Everything but lone surrogates, which no Python text that came from a file can hold; with what breaks
# feeds drawn more often than chance would.
LETTERS = st.characters(exclude_categories=["Cs"])
TAGS_AND_ENTITIES = (
    "]]>",
    "<![CDATA[",
    "&amp;",
    "&",
    "<script>",
    "</content>",
    "</feed>",
    "<?x ?>",
    "&#0;",
    "--",
)
CONTROLS = (
    "\x00",
    "\x0b",
    "\x1b",
    "\x85",
    "\ufffe",
    "\u2028",
    "\r\n",
    "😀",
    f'xmlns:media="{MEDIA_NAMESPACE}"',
)
NASTY = st.sampled_from(TAGS_AND_ENTITIES + CONTROLS)
TEXT = st.lists(st.one_of(NASTY, st.text(LETTERS, max_size=8)), max_size=8).map("".join)
TAGS = st.lists(TEXT, max_size=3).map(tuple)
MOMENTS = st.integers(0, 10**8).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
MEDIA = st.builds(
    Media,
    url=TEXT.map(lambda text: f"https://example.org/{text}"),
    type=st.one_of(st.just("image/png"), TEXT),
    length=st.none() | st.integers(0, 10**12),
    title=TEXT,
    alt=TEXT,
    width=st.none() | st.integers(0, 9),
)
AUTHORS = st.builds(
    Author, TEXT, st.none() | TEXT, st.none() | TEXT.map(lambda text: f"https://example.org/{text}")
)


@st.composite
def hostile_items(draw: st.DrawFn, number: int) -> Item:
    return an_item(
        key=f"{number}{draw(TEXT)}",
        title=draw(TEXT),
        summary=draw(TEXT),
        text=draw(TEXT),
        body_html=draw(TEXT.map(lambda text: f"<p>{text}</p>") | TEXT),
        published=draw(MOMENTS),
        updated=draw(MOMENTS),
        tags=draw(TAGS),
        authors=draw(st.lists(AUTHORS, max_size=2).map(tuple)),
        image=draw(st.none() | MEDIA),
        attachments=draw(st.lists(MEDIA, max_size=2).map(tuple)),
        withdrawn=draw(st.none() | MOMENTS),
        withdrawn_reason=draw(TEXT),
        link=f"https://example.org/{number}/{draw(TEXT)}",
        language=draw(st.sampled_from(["sv", "en", "ar", "pt-BR"])),
    )


@st.composite
def hostile_newsrooms(draw: st.DrawFn) -> Newsroom:
    items = [draw(hostile_items(number)) for number in range(draw(st.integers(1, 4)))]
    event = an_event(title=draw(TEXT), place=draw(TEXT), address=draw(TEXT), text=draw(TEXT), tags=draw(TAGS))
    return a_newsroom(items=items, events=[event])


@given(hostile_newsrooms())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_any_newsroom_gives_feeds_that_say_the_same_in_every_format(newsroom: Newsroom) -> None:
    built = dict(documents(newsroom, SETTINGS))
    for feed in ("all", "news", "events"):
        atom = plain_atom(built[f"feeds/{feed}/atom.xml"])
        rss = plain_rss(built[f"feeds/{feed}/rss.xml"])
        said = plain_json(built[f"feeds/{feed}/feed.json"])
        assert len(atom) == (1 if feed == "events" else len(newsroom.items))
        agree(atom, rss, *EVERYTHING)
        agree(atom, said, *EVERYTHING)
        for file in ("atom.xml", "rss.xml"):
            parsed = feedparser.parse(built[f"feeds/{feed}/{file}"])
            assert not parsed.bozo
            assert [entry.id for entry in parsed.entries] == [seen.id for seen in atom]


@given(hostile_newsrooms())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_the_validators_find_no_fault_but_in_the_html(newsroom: Newsroom) -> None:
    """The HTML is the loader's to sanitise; here it is whatever it is."""
    said = problems(dict(documents(newsroom, SETTINGS)))
    others = {
        path: [one for one in found if not one.startswith(("SecurityRisk", "ContainsRelRef"))]
        for path, found in said.items()
    }
    assert not any(others.values()), others


def test_text_arrives_letter_by_letter() -> None:
    title = "]]> & <b>fet</b> &amp; 'citat' \"dubbla\" <![CDATA[x]]> åäö 😀"
    body = "<p>]]&gt; &amp;amp; <b>x</b> ]]> \n\t 'y' \u200e</p>"
    built = dict(documents(a_newsroom(items=[an_item(title=title, body_html=body)]), SETTINGS))
    for see, file in ((plain_atom, "atom.xml"), (plain_rss, "rss.xml"), (plain_json, "feed.json")):
        seen = see(built[f"feeds/all/{file}"])[0]
        assert (seen.title, seen.content) == (title, body)


@pytest.mark.parametrize("letter", ["\x00", "\x08", "\x1b", "\x7f", "\x93", "\ufffe", "\uffff", "\ud800"])
def test_what_xml_cannot_hold_is_left_out_and_the_rest_stays(letter: str) -> None:
    item = an_item(title=f"Före{letter} efter", body_html=f"<p>Före{letter} efter</p>", summary=f"a{letter}b")
    built = dict(documents(a_newsroom(items=[item]), SETTINGS))
    assert etree.fromstring(built["feeds/all/atom.xml"]).findtext("{*}entry/{*}title") == "Före efter"
    assert json.loads(built["feeds/all/feed.json"])["items"][0]["content_html"] == "<p>Före efter</p>"


def test_an_entry_cannot_end_its_document() -> None:
    body = "</content></entry></feed> </channel></rss> ]}\n"
    built = dict(documents(a_newsroom(items=[an_item(key=key, body_html=body) for key in "ab"]), SETTINGS))
    assert len(plain_atom(built["feeds/all/atom.xml"])) == 2
    assert len(plain_rss(built["feeds/all/rss.xml"])) == 2
    assert len(plain_json(built["feeds/all/feed.json"])) == 2


def test_a_newsroom_of_years_ago_is_published_as_well() -> None:
    items = [
        an_item(key=f"{year}", published=datetime(year, 1, 1, tzinfo=UTC)) for year in (1995, 2005, 2025)
    ]
    built = dict(documents(a_newsroom(items=items), SETTINGS))
    assert [seen.published.year for seen in plain_rss(built["feeds/all/rss.xml"]) if seen.published] == [
        2025,
        2005,
        1995,
    ]
    assert NOW.year == 2026


@pytest.mark.parametrize("url", ["https://[x/å", "https://exam\u2100ple.org/", "https://exämple.org/å?ö#ä"])
def test_no_address_stops_a_build_and_each_becomes_one_of_ascii(url: str) -> None:
    item = an_item(link=url, has_page=False, image=Media(url, "image/png"), authors=(Author("A", url=url),))
    built = dict(documents(a_newsroom(items=[item], events=[an_event(link=url)]), SETTINGS))
    assert not any(problems(built).values())
    assert plain_atom(built["feeds/all/atom.xml"])[0].link.isascii()
