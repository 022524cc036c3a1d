"""Archives by RFC 5005: the chain that a reader walks to get everything."""

import json
from collections.abc import Iterable
from datetime import timedelta

from lxml import etree

from content.newsroom import Item
from feeds.documents import documents
from feeds.settings import FeedsSettings
from tests.feeds.readers import plain_atom
from tests.scenarios import BASE_URL, NOW, a_newsroom, an_item

SETTINGS = FeedsSettings(id_authority="example.org,2017", items=3)
HISTORY = "{http://purl.org/syndication/history/1.0}"
LINK = "{http://www.w3.org/2005/Atom}link"


def built(items: Iterable[Item]) -> dict[str, bytes]:
    return dict(documents(a_newsroom(items=items), SETTINGS))


def spread(*days: int) -> list[Item]:
    return [an_item(key=f"k{day}", published=NOW - timedelta(days=day)) for day in days]


def links(document: bytes) -> dict[str, str]:
    root = etree.fromstring(document)
    found = root.iterfind(LINK) if root.tag != "rss" else root.iterfind(f"channel/{LINK}")
    return {str(link.get("rel")): str(link.get("href")).removeprefix(f"{BASE_URL}/") for link in found}


def walked(tree: dict[str, bytes], file: str) -> list[str]:
    """Follow prev-archive from the current document to the end."""
    path = f"feeds/all/{file}"
    chain = [path]
    while path := links(tree[path]).get("prev-archive", ""):
        chain.append(path)
    return chain


def test_the_chain_leads_from_the_current_document_to_every_item() -> None:
    items = spread(*range(1, 200, 7))
    tree = built(items)
    for file in ("atom.xml", "rss.xml"):
        chain = walked(tree, file)
        assert len(chain) == 1 + len({path for path in tree if path.startswith("feeds/all/archive/")}) // 3
    seen = {seen.id for path in walked(tree, "atom.xml") for seen in plain_atom(tree[path])}
    assert len(seen) == len(items)


def test_the_links_lead_both_ways_and_back_to_the_current_document() -> None:
    tree = built(spread(1, 2, 3, 40, 70))
    july, august = (f"feeds/all/archive/2026-{month}/atom.xml" for month in ("07", "08"))
    assert links(tree["feeds/all/atom.xml"]) == {
        "self": "feeds/all/atom.xml", "prev-archive": august, "alternate": "feeds/all/"
    }  # fmt: skip
    assert links(tree[august]) == {
        "self": august, "prev-archive": july, "current": "feeds/all/atom.xml", "alternate": "feeds/all/"
    }  # fmt: skip
    assert links(tree[july])["next-archive"] == august
    assert "prev-archive" not in links(tree[july])


def test_archives_are_marked_and_keep_the_feeds_id() -> None:
    tree = built(spread(1, 2, 3, 40))
    current, archive = (
        etree.fromstring(tree[f"feeds/all/{path}atom.xml"]) for path in ("", "archive/2026-08/")
    )
    assert archive.find(f"{HISTORY}archive") is not None
    assert current.find(f"{HISTORY}archive") is None
    assert current.findtext("{*}id") == archive.findtext("{*}id")
    assert (
        etree.fromstring(tree["feeds/all/archive/2026-08/rss.xml"]).find(f"channel/{HISTORY}archive")
        is not None
    )


def test_json_leads_on_by_next_url_and_is_one_feed() -> None:
    tree = built(spread(1, 2, 3, 40, 70))
    path, ids = "feeds/all/feed.json", []
    while path:
        feed = json.loads(tree[path])
        assert feed["feed_url"] == f"{BASE_URL}/feeds/all/feed.json"
        ids += [item["id"] for item in feed["items"]]
        path = feed.get("next_url", "").removeprefix(f"{BASE_URL}/")
    assert len(set(ids)) == 5


def test_a_finished_archive_keeps_its_bytes_while_the_feed_goes_on() -> None:
    """But for the one time when the next month's archive comes, and it is linked."""
    steps = [
        built(spread(*days))
        for days in ((30, 35, 40, 70, 75), (3, 30, 35, 40, 70, 75), (1, 3, 30, 35, 40, 70, 75))
    ]
    july = [tree["feeds/all/archive/2026-07/atom.xml"] for tree in steps]
    assert july[1] == july[2]
    august = [tree.get("feeds/all/archive/2026-08/atom.xml") for tree in steps]
    assert august[1] == august[2]


def test_an_edited_item_changes_its_own_months_archive_and_no_other() -> None:
    items = spread(1, 2, 3, 40, 70, 100)
    before = built(items)
    items[4] = an_item(key="k70", published=NOW - timedelta(days=70), title="Rättad", updated=NOW)
    after = built(items)
    changed = {path for path in after if after[path] != before[path] and path.startswith("feeds/all/")}
    assert changed == {f"feeds/all/archive/2026-07/{file}" for file in ("atom.xml", "rss.xml", "feed.json")}
