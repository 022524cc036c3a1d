"""What one file may say, and what is told about a file that says it wrong: through the whole loading."""

from pathlib import Path

import pytest

from content.newsroom import Author
from content.settings import LimitSettings
from tests.content.newsrooms import Room, told


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


HEAD = "---\ntitle: A\ndate: 2026-09-01 08:00\ncategory: news\n"


def test_an_item_with_everything(room: Room) -> None:
    room.write("plan.pdf", b"%PDF-1.7 plan")
    room.write(
        "a.md",
        """---
title: "**A** title"
date: 2026-09-01 08:45
updated: 2026-09-02
category: Pressmeddelanden
tags: [one, Two, one]
author: {name: Anna Ek, email: anna@example.org, url: https://example.org/anna}
summary: A *short*
  summary.
image: {src: https://example.org/a.png, alt: A boat, caption: By the sea}
link: https://example.org/a
language: en_GB
id: tag:example.org,2017:a
pinned: yes
slug: Årets nyhet
attachments:
  - plan.pdf
  - {file: https://example.org/b.pdf, title: The other plan}
---
The *text*.
""",
    )
    loaded = room.load()
    assert told(loaded) == []
    (item,) = loaded.newsroom.items
    assert (item.title, item.summary, item.text) == ("A title", "A short summary.", "The text.")
    assert (item.key, item.slug, item.link, item.has_page) == (
        "tag:example.org,2017:a",
        "arets-nyhet",
        "https://example.org/a",
        False,
    )
    assert (item.category, item.tags, item.language, item.pinned) == ("press", ("one", "Two"), "en-GB", True)
    assert item.published.isoformat() == "2026-09-01T08:45:00+02:00"
    assert item.updated.isoformat() == "2026-09-02T00:00:00+02:00"
    assert item.authors == (Author("Anna Ek", "anna@example.org", "https://example.org/anna"),)
    assert item.image is not None
    assert (item.image.url, item.image.type, item.image.alt, item.image.title) == (
        "https://example.org/a.png",
        "image/png",
        "A boat",
        "By the sea",
    )
    plan, other = item.attachments
    assert (plan.type, plan.length, plan.title) == ("application/pdf", 13, "plan.pdf")
    assert (other.url, other.length, other.title) == ("https://example.org/b.pdf", None, "The other plan")
    assert item.media == (plan,) or [media.url for media in item.media] == [plan.url]


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("Anna Ek", [Author("Anna Ek")]),
        ("Anna Ek <anna@example.org>", [Author("Anna Ek", "anna@example.org")]),
        ("[Anna Ek, Bo Al <bo@example.org>]", [Author("Anna Ek"), Author("Bo Al", "bo@example.org")]),
        ("{name: Anna, url: https://example.org/}", [Author("Anna", None, "https://example.org/")]),
        (
            "[{name: Anna}, {email: bo@example.org}]",
            [Author("Anna"), Author("bo@example.org", "bo@example.org")],
        ),
    ],
)
def test_authors_as_people_write_them(room: Room, written: str, authors: list[Author]) -> None:
    room.item("a.md", author=written)
    assert room.one_item().authors == tuple(authors)


@pytest.mark.parametrize(
    "head",
    [
        "title: A\npubDate: 2026-09-01\ncategories: [Okänd, Nyheter]",
        "title: A\npublished: 2026-09-01\ncategory: NEWS",
        "title: A\ndate: 2026-09-01\ncategories: news\nlayout: post\n"
        "permalink: /x/\naliases: [/y/]\npublished: true",
    ],
)
def test_heads_of_other_generators_load_without_a_word(room: Room, head: str) -> None:
    room.write("a.md", f"---\n{head}\n---\nText")
    loaded = room.load()
    assert told(loaded) == []
    assert loaded.newsroom.items[0].category == "news"


def test_pelican_and_toml_load_like_yaml(room: Room) -> None:
    room.write(
        "p.md", "Title: P\nDate: 2026-09-01 08:00\nCategory: News\nTags: a, b\nSlug: pp\nLang: en\n\nText"
    )
    room.write(
        "t.md",
        "+++\ntitle = 'T'\ndate = 2026-09-02T08:00:00+02:00\n"
        "categories = ['news']\nlastmod = 2026-09-03\n+++\nText",
    )
    loaded = room.load()
    assert told(loaded) == []
    toml, pelican = loaded.newsroom.items
    assert (pelican.slug, pelican.tags, pelican.language) == ("pp", ("a", "b"), "en")
    assert toml.updated.isoformat() == "2026-09-03T00:00:00+02:00"


def test_jekylls_file_names_give_day_and_slug(room: Room) -> None:
    room.write("_posts/2026-09-01-en-nyhet.md", "---\ntitle: A\ncategory: news\n---\nText")
    item = room.one_item()
    assert (item.slug, item.published.isoformat()) == ("en-nyhet", "2026-09-01T00:00:00+02:00")


def test_hugos_bundles_are_named_by_their_folder(room: Room) -> None:
    room.item("posts/my-news/index.md")
    assert room.one_item().slug == "my-news"


@pytest.mark.parametrize(
    "head", ["draft: true", "published: false", "status: draft", "private: true", "draft: yes"]
)
def test_drafts_are_nowhere_and_may_be_unfinished(room: Room, head: str) -> None:
    room.write("a.md", f"---\n{head}\n---\n")
    loaded = room.load()
    assert (loaded.newsroom.items, loaded.problems, loaded.remember) == ((), (), ())
    assert loaded.counts["drafts"] == 1


@pytest.mark.parametrize(
    ("head", "key", "words"),
    [
        ("date: 2026-09-01\ncategory: news", "title", "missing"),
        ("title: ''\ndate: 2026-09-01\ncategory: news", "title", "is empty"),
        ("title: '<b></b>'\ndate: 2026-09-01\ncategory: news", "title", "is empty"),
        ("title: [a]\ndate: 2026-09-01\ncategory: news", "title", "one text, not a list"),
        ("title: A\ncategory: news", "date", "is missing"),
        ("title: A\ndate: yesterday\ncategory: news", "date", "write a date as"),
        ("title: A\ndate: {a: b}\ncategory: news", "date", "not keys and values"),
        ("title: A\ndate: 2026-09-01", "category", "is missing: write one of news, press, blog"),
        ("title: A\ndate: 2026-09-01\ncategory: pres", "category", "did you mean press?"),
        ("title: A\ndate: 2026-09-01\ncategory: news\npinned: perhaps", "pinned", "true or false"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nlink: /x", "link", "write it whole"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nlink: 'javascript:alert(1)'", "link", "write it whole"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nlanguage: klingonska", "language", "is no language"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nid: a b", "id", "is no id"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nid: " + "x" * 129, "id", "is no id"),
        (
            "title: A\ndate: 2026-09-01\ncategory: news\nauthor: {name: A, email: nobody}",
            "author",
            "no mail address",
        ),
        ("title: A\ndate: 2026-09-01\ncategory: news\nauthor: [[a]]", "author[1]", "not a list"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nimage: {alt: x}", "image", "names no file"),
        ("title: A\ndate: 2026-09-01\ncategory: news\nslug: '!!!'", "slug", "no letter or digit"),
        (
            "title: A\ndate: 2026-09-01\ncategory: news\nstart: 2026-10-05\ntimezone: Mars",
            "timezone",
            "is no time zone",
        ),
    ],
)
def test_a_mistake_sets_the_file_aside_with_its_line_and_key(
    room: Room, head: str, key: str, words: str
) -> None:
    room.item("good.md", "Good")
    room.write("bad.md", f"---\n{head}\n---\nText")
    loaded = room.load()
    assert [item.title for item in loaded.newsroom.items] == ["Good"]
    assert loaded.set_aside == ("items/bad.md",)
    (problem,) = (problem for problem in loaded.problems if problem.fatal)
    assert (problem.key, problem.file) == (key, str(room.folder / "bad.md"))
    assert words in problem.message
    rows = f"---\n{head}".split("\n")
    field = key.partition("[")[0]
    expected = next((number for number, row in enumerate(rows, 1) if row.startswith(f"{field}:")), 2)
    assert problem.line == expected


def test_all_problems_of_a_file_are_told_at_once(room: Room) -> None:
    room.write("a.md", "---\ntitle: ''\ndate: never\ncategory: nyhet\npinned: hm\ntitel: x\n---\n")
    assert [line.split(" ")[0] for line in told(room.load())] == [
        "a.md:2:",
        "a.md:3:",
        "a.md:4:",
        "a.md:5:",
        "a.md:6:",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"no head at all", "there is no head"),
        (b"---\ntitle: A\n", "not closed"),
        (b"---\ntitle: A\ntitle: B\n---\n", "a.md:3: title: this key is here twice"),
        (b"---\n- a\n---\n", "not a list of keys"),
        (HEAD.encode() + b"---\n\x00\x01", "a.md:6: is a binary file"),
        (HEAD.encode() + "---\nåäö".encode("latin-1"), "a.md:6: is not UTF-8: byte 0xe5"),
        (HEAD.encode("utf-16"), "encoded as UTF-16"),
        (b"---\na: &a [x,x]\nb: &b [*a,*a]\n---\n", "a.md:2: a"),
        (HEAD.encode() + b"---\n" + b">" * 90_000, "nested more than"),
    ],
)
def test_files_that_are_no_content_are_set_aside(room: Room, data: bytes, words: str) -> None:
    room.item("good.md", "Good")
    room.write("a.md", data)
    loaded = room.load()
    assert [item.title for item in loaded.newsroom.items] == ["Good"]
    assert loaded.set_aside == ("items/a.md",)
    assert any(words in problem for problem in told(loaded))


def test_a_file_of_50_megabytes_is_not_read(room: Room) -> None:
    file = room.write("big.md", HEAD + "---\n")
    with file.open("r+b") as stream:
        stream.truncate(50_000_000)
    (problem,) = room.load().problems
    assert "50,000,000 bytes, more than limits.file_size allows" in problem.message


def test_the_limit_is_the_operators(room: Room) -> None:
    room.limits = LimitSettings(file_size=50)
    room.item("a.md")
    assert "limits.file_size" in told(room.load())[0]


def test_a_file_that_may_not_be_read_is_set_aside(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is played."""
    room.item("a.md")
    file = room.item("b.md", "Good")

    def refuse(path: object, *arguments: object, **named: object) -> object:
        if str(path).endswith("a.md"):
            raise PermissionError(13, "Permission denied", str(path))
        return file.open("rb")

    monkeypatch.setattr("content.folder.open", refuse, raising=False)
    loaded = room.load()
    assert told(loaded) == ["a.md: cannot be read (Permission denied)"]
    assert [item.title for item in loaded.newsroom.items] == ["Good"]


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(room: Room) -> None:
    text = (HEAD + "---\nOne  \ntwo\n").replace("\n", "\r\n")
    room.write("a.md", b"\xef\xbb\xbf" + text.encode())
    assert room.one_item().body_html == "<p>One<br/>\ntwo</p>"


def test_a_title_with_a_line_break_ends_as_harmless_text(room: Room) -> None:
    room.write(
        "a.md",
        '---\ntitle: "Hello\\r\\nBcc: all@example.org\\u202e"\ndate: 2026-09-01\ncategory: news\n---\n',
    )
    assert room.one_item().title == "Hello Bcc: all@example.org"


def test_a_picture_without_alt_is_told_and_published(room: Room) -> None:
    room.item("a.md", image="https://example.org/a.png")
    loaded = room.load()
    assert "has no alt" in told(loaded, fatal=False)[0]
    assert loaded.newsroom.items[0].image is not None


def test_an_embedded_frame_is_told_and_left_out(room: Room) -> None:
    room.item("a.md", body="Look:\n\n<iframe src='https://example.org'></iframe>")
    loaded = room.load()
    assert told(loaded, fatal=False) == [
        "a.md:8: <iframe> is not published (readers and mail programs refuse it); put a link in its place"
    ]
    assert loaded.newsroom.items[0].body_html == "<p>Look:</p>"


def test_an_update_that_is_still_to_come_is_told_and_ignored(room: Room) -> None:
    room.item("a.md", updated="2027-01-01")
    loaded = room.load()
    assert "lies in the future" in told(loaded, fatal=False)[0]
    assert loaded.newsroom.items[0].updated == loaded.newsroom.items[0].published


def test_what_a_title_or_head_says_about_the_summary(room: Room) -> None:
    room.item("a.md", body="# Big\n\nFirst sentence. Second sentence.\n")
    item = room.one_item()
    assert item.summary == "First sentence. Second sentence."
    assert item.body_html.startswith("<h2>Big</h2>")
