"""The list of all feeds, as a reader takes it in."""

import listparser

from feeds.documents import documents
from feeds.settings import FeedsSettings
from tests.feeds.newsrooms import SETTINGS, full_newsroom
from tests.scenarios import BASE_URL


def test_a_reader_can_subscribe_to_every_feed_at_once() -> None:
    built = dict(documents(full_newsroom(), SETTINGS))
    found = listparser.parse(built["feeds/feeds.opml"])
    assert not found.bozo
    assert found.meta.title == "Kommunförbundet & Co"
    assert [(feed.title, feed.url) for feed in found.feeds][:2] == [
        ("Kommunförbundet & Co", f"{BASE_URL}/feeds/all/atom.xml"),
        ("Kommunförbundet & Co: Nyheter", f"{BASE_URL}/feeds/news/atom.xml"),
    ]
    assert all(feed.url.removeprefix(f"{BASE_URL}/") in built for feed in found.feeds)


def test_a_feed_is_listed_in_a_format_that_is_published() -> None:
    settings = FeedsSettings(id_authority="example.org,2017", formats=("json", "rss"))
    built = dict(documents(full_newsroom(), settings))
    addresses = {feed.url for feed in listparser.parse(built["feeds/feeds.opml"]).feeds}
    assert f"{BASE_URL}/feeds/all/rss.xml" in addresses
