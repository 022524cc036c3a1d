"""All documents of a newsroom: their places, their bytes, their validity."""

import json
import locale
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from content.newsroom import Category
from feeds.documents import documents
from feeds.errors import FeedNameTaken
from feeds.settings import FeedsSettings
from tests.feeds.newsrooms import SETTINGS, full_items, full_newsroom
from tests.feeds.validity import atom_problems, json_problems, rss_problems
from tests.scenarios import BASE_URL, NOW, a_newsroom, an_item

CHECKS = {"atom.xml": atom_problems, "rss.xml": rss_problems, "feed.json": json_problems}


def problems(built: dict[str, bytes]) -> dict[str, list[str]]:
    """Tell of every feed what the validators would say."""
    checked = ((path, CHECKS.get(path.rpartition("/")[2])) for path in built)
    found = {path: check(built[path], f"{BASE_URL}/{path}") for path, check in checked if check}
    return {path: said for path, said in found.items() if said}


def test_every_document_has_its_place() -> None:
    built = dict(documents(full_newsroom(), SETTINGS))
    feeds = {f"feeds/{feed}" for feed in ("all", "news", "press", "blog", "events")}
    archives = {"feeds/all/archive/2026-08", "feeds/all/archive/2026-07", "feeds/news/archive/2026-07"}
    assert {path for path in built if path.endswith(".xml")} == {
        f"{folder}/{file}" for folder in feeds | archives for file in ("atom.xml", "rss.xml")
    }
    assert {path for path in built if path.endswith(".ics")} == {
        "feeds/events/events.ics", *(f"events/event-{key}.ics" for key in ("timed", "days", "off", "away"))
    }  # fmt: skip
    assert "feeds/feeds.opml" in built


def test_only_the_formats_of_the_settings_are_made() -> None:
    settings = FeedsSettings(id_authority="example.org,2017", formats=("json",))
    paths = [path for path, _ in documents(full_newsroom(), settings)]
    assert not [path for path in paths if path.endswith(".xml")]
    assert "feeds/all/feed.json" in paths


def test_the_validators_have_nothing_to_say() -> None:
    assert problems(dict(documents(full_newsroom(), SETTINGS))) == {}


def test_a_newsroom_without_anything_has_valid_feeds_of_a_fixed_date() -> None:
    built = dict(documents(a_newsroom(), SETTINGS))
    assert problems(built) == {}
    assert b"<updated>2017-01-01T00:00:00+00:00</updated>" in built["feeds/all/atom.xml"]
    assert json.loads(built["feeds/all/feed.json"])["items"] == []


@pytest.mark.parametrize(
    "name",
    [
        *(f"{folder}/{file}" for folder in ("all", "all/archive/2026-07", "events") for file in CHECKS),
        "events/events.ics",
        "feeds.opml",
    ],
)
def test_the_bytes_are_those_that_were_looked_at(name: str, golden: Callable[[str, bytes], None]) -> None:
    golden(f"feeds/{name}", dict(documents(full_newsroom(), SETTINGS))[f"feeds/{name}"])


def test_the_same_content_gives_the_same_bytes_whatever_the_machine(tmp_path: Path) -> None:
    """Another process, hash seed, zone, locale and time."""
    script = (
        "from hashlib import sha256; from feeds.documents import documents;"
        "from tests.feeds.newsrooms import SETTINGS, full_newsroom;"
        "print(sha256(repr(sorted(documents(full_newsroom(), SETTINGS))).encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    hashes = set()
    for seed, zone, language in (("1", "UTC", "C.UTF-8"), ("2", "Pacific/Auckland", "sv_SE.UTF-8")):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": language,
            "PYTHONPATH": str(root),
        }
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        hashes.add(done.stdout)
        time.sleep(1.1 if len(hashes) == 1 else 0)
    assert len(hashes) == 1


def test_the_locale_of_the_process_is_never_switched(monkeypatch: pytest.MonkeyPatch) -> None:
    """feedgen's formatRFC2822 does so three times a date, beside the threads that deliver mail."""

    def refuse(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert dict(documents(full_newsroom(), SETTINGS))


def test_an_item_has_one_id_in_every_feed_and_format() -> None:
    built = dict(documents(full_newsroom(), SETTINGS))
    wanted = b"tag:example.org,2017:item/everything"
    for feed in ("all", "news"):
        assert all(wanted in built[f"feeds/{feed}/{file}"] for file in CHECKS)


def test_ids_survive_slug_category_date_and_host() -> None:
    def ids(base_url: str, **over: object) -> list[str]:
        newsroom = a_newsroom(base_url=base_url, items=[an_item(**over)])
        feed = json.loads(dict(documents(newsroom, SETTINGS))["feeds/all/feed.json"])
        return [item["id"] for item in feed["items"]]

    moved = ids(
        "http://other.example.com",
        slug="new",
        category="press",
        published=NOW,
        link="http://other.example.com/x",
    )
    assert ids(BASE_URL) == moved


def test_every_feed_has_its_own_id_title_and_page() -> None:
    built = dict(documents(full_newsroom(), SETTINGS))
    feeds = [
        etree.fromstring(built[f"feeds/{feed}/atom.xml"])
        for feed in ("all", "news", "press", "blog", "events")
    ]
    for name in ("id", "title"):
        assert len({feed.findtext(f"{{*}}{name}") for feed in feeds}) == 5
    assert feeds[1].findtext("{*}title") == "Kommunförbundet & Co: Nyheter"
    assert feeds[3].findtext("{*}subtitle") == "Vad vi tycker."
    channel = etree.fromstring(built["feeds/press/rss.xml"]).find("channel")
    assert channel is not None
    assert channel.findtext("link") == f"{BASE_URL}/feeds/press/"


def test_a_category_cannot_take_another_feeds_address() -> None:
    newsroom = a_newsroom(categories=(Category("events", {"sv": "Händelser"}),))
    with pytest.raises(FeedNameTaken, match="events"):
        list(documents(newsroom, SETTINGS))


def test_huge_texts_leave_the_current_feed_below_two_megabytes() -> None:
    """The heaviest go first, and the others keep their full text."""
    huge = ["<p>" + "<em>åäö</em> " * 40_000 + "</p>", "<p>" + "x" * 900_000 + "</p>"]
    items = [an_item(key=f"h{index}", body_html=body) for index, body in enumerate(huge)]
    built = dict(documents(a_newsroom(items=[*full_items(), *items]), replace_items(20)))
    for file in CHECKS:
        assert len(built[f"feeds/all/{file}"]) < 2_000_000
    assert problems(built) == {}
    by_id = {
        item["id"].rpartition("/")[2]: item for item in json.loads(built["feeds/all/feed.json"])["items"]
    }
    assert "för lång för ett flöde" in by_id["h0"]["content_html"]
    assert f'href="{BASE_URL}/items/item-h0/"' in by_id["h0"]["content_html"]
    assert len(by_id["h1"]["content_html"]) > 900_000
    assert "Full <a" in by_id["everything"]["content_html"]


def test_the_largest_feed_of_the_longest_summaries_stays_below_two_megabytes() -> None:
    texts = {"summary": "Sammanfattning & mer. " * 500, "body_html": "<p>" + "y" * 5000 + "</p>"}
    items = [an_item(key=f"k{n}", published=NOW - timedelta(hours=n), **texts) for n in range(500)]
    built = dict(documents(a_newsroom(items=items), replace_items(500)))
    assert max(len(built[f"feeds/all/{file}"]) for file in CHECKS) < 2_000_000


def test_no_date_has_a_fraction_of_a_second_or_lies_before_its_publication() -> None:
    item = an_item(published=NOW.replace(microsecond=999_999), updated=NOW - timedelta(days=9))
    built = dict(documents(a_newsroom(items=[item]), SETTINGS))
    feed = json.loads(built["feeds/all/feed.json"])
    assert feed["items"][0]["date_published"] == feed["items"][0]["date_modified"] == "2026-10-02T05:00:00Z"


def test_a_feed_is_as_new_as_its_newest_entry() -> None:
    edited = replace(full_items()[3], updated=NOW + timedelta(minutes=1))
    built = dict(documents(a_newsroom(items=[*full_items()[:3], edited]), SETTINGS))
    assert b"<updated>2026-10-02T05:01:00+00:00</updated>" in built["feeds/all/atom.xml"]
    assert b"<lastBuildDate>Fri, 02 Oct 2026 05:01:00 +0000</lastBuildDate>" in built["feeds/all/rss.xml"]


def replace_items(number: int) -> FeedsSettings:
    return FeedsSettings(id_authority="example.org,2017", items=number)
