"""Independent readers see the same in every format."""

import pytest

from feeds.documents import documents
from tests.feeds.newsrooms import SETTINGS, full_newsroom
from tests.feeds.readers import EVERYTHING, READERS, agree, plain_atom, plain_json, plain_rss

FEEDS = ("all", "news", "press", "blog", "events")
FILES = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}
WITHOUT_CONTENT = tuple(name for name in EVERYTHING if name != "content")  # feedparser writes HTML anew


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    return dict(documents(full_newsroom(), SETTINGS))


@pytest.mark.parametrize("feed", FEEDS)
def test_the_three_formats_say_the_same_letter_by_letter(built: dict[str, bytes], feed: str) -> None:
    atom = plain_atom(built[f"feeds/{feed}/atom.xml"])
    rss = plain_rss(built[f"feeds/{feed}/rss.xml"])
    json = plain_json(built[f"feeds/{feed}/feed.json"])
    agree(atom, json, *EVERYTHING)
    agree(atom, rss, *EVERYTHING)


@pytest.mark.parametrize("format_", READERS)
@pytest.mark.parametrize("feed", FEEDS)
def test_every_reader_sees_what_is_written(built: dict[str, bytes], feed: str, format_: str) -> None:
    document = built[f"feeds/{feed}/{FILES[format_]}"]
    plain, *others = (read(document) for read in READERS[format_])
    assert plain or feed == "blog"
    for other in others:
        agree(plain, other, *WITHOUT_CONTENT)


def test_readers_of_rss_are_given_the_first_attachment_with_its_length(built: dict[str, bytes]) -> None:
    for read in READERS["rss"][1:]:
        enclosures = read(built["feeds/all/rss.xml"])[0].enclosures
        assert enclosures in (
            None,
            (("https://news.example.org/media/2c3d/rapport.pdf", "application/pdf", 120_034),),
        )


def test_readers_see_the_newest_first(built: dict[str, bytes]) -> None:
    for format_, readers in READERS.items():
        for read in readers:
            times = [seen.published for seen in read(built[f"feeds/all/{FILES[format_]}"])]
            assert times == sorted(times, reverse=True)


def test_nobody_opens_an_attachment_in_place_of_the_article(built: dict[str, bytes]) -> None:
    """feedgen #135: without relations, the last link of an Atom entry becomes its address."""
    for read in READERS["atom"]:
        assert read(built["feeds/all/atom.xml"])[0].link == "https://news.example.org/items/item-everything/"
