import pytest

from content.heads import SPELLINGS, Unreadable, divide, fields_of


def refusal(text: str) -> tuple[int | None, str]:
    with pytest.raises(Unreadable) as caught:
        divide(text, "f.md")
    (problem,) = caught.value.problems
    return problem.line, problem.message


def test_a_yaml_head_ends_at_its_line_and_the_body_knows_where_it_begins() -> None:
    page = divide("---\ntitle: A\ndate: 2026-10-02\n---\nText\n---\nmore", "f.md")
    assert page.head.value == {"title": "A", "date": "2026-10-02"}
    assert page.head.place(("date",)) == (3, 1)
    assert page.body == "Text\n---\nmore"
    assert page.body_line == 5


@pytest.mark.parametrize(
    "text", ["---\ntitle: A\n...\nText", "\n\n---  \ntitle: A\n---\t\nText", "---\ntitle: A\n---\nText"]
)
def test_small_liberties_of_yaml_heads_are_allowed(text: str) -> None:
    page = divide(text, "f.md")
    assert (page.head.value, page.body) == ({"title": "A"}, "Text")


def test_a_head_may_stand_alone() -> None:
    assert divide("---\ntitle: A\n---", "f.md").body == ""


def test_hugos_toml_is_read_with_its_places() -> None:
    text = (
        "+++\ntitle = 'A'\ndate = 2026-10-02T08:45:00Z\nday = 2026-10-03\ndraft = false\nweight = 3\n"
        "tags = ['x', 'y']\n\n[cover]\nimage = 'a.jpg'\n+++\nText"
    )
    page = divide(text, "f.md")
    assert page.head.value == {
        "title": "A",
        "date": "2026-10-02 08:45:00+00:00",
        "day": "2026-10-03",
        "draft": False,
        "weight": "3",
        "tags": ["x", "y"],
        "cover": {"image": "a.jpg"},
    }
    assert page.head.place(("tags",)) == (7, 1)
    assert page.head.place(("cover", "image")) == (9, 1)
    assert (page.body, page.body_line) == ("Text", 12)


def test_pelicans_lines_are_read_with_their_places() -> None:
    text = (
        "Title: A: with a colon\nDate: 2026-10-02 08:45\nTags: one, two\nAuthors: Anna Ek; Bo Al\n"
        "Summary: Long\n    and longer\n\nText\n"
    )
    page = divide(text, "f.md")
    assert page.head.value == {
        "title": "A: with a colon",
        "date": "2026-10-02 08:45",
        "tags": ["one", "two"],
        "authors": ["Anna Ek", "Bo Al"],
        "summary": "Long and longer",
    }
    assert page.head.place(("authors",)) == (4, 1)
    assert (page.body, page.body_line) == ("Text\n", 8)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("\n \n", 1, "empty"),
        ("# A heading\n\ntext", 1, "there is no head"),
        ("\n\nJust text", 3, "there is no head"),
        ("---\ntitle: A\n\ntext", 1, "not closed: write ---"),
        ("+++\ntitle = 'A'\n", 1, "not closed: write +++"),
        ("---\n---\ntext", 1, "head is empty"),
        ("---\n- a\n- b\n---\n", 2, "not a list"),
        ("---\njust words\n---\n", 2, "not a list"),
        ("---\ntitle: [\n---\n", 2, "not valid YAML"),
        ("+++\ntitle = A\n+++\n", 2, "not valid TOML"),
        ("Title: A\nDate 2026\n\ntext", 2, "has no key"),
    ],
)
def test_what_is_wrong_with_a_head_is_told_with_its_line(text: str, line: int, words: str) -> None:
    told, message = refusal(text)
    assert words in message
    assert told in (line, None)


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("Title", "title"), ("pubDate", "date"), ("publish_date", "date"), ("publishDate", "date"),
        ("published", "date"), ("lastmod", "updated"), ("last_modified_at", "updated"),
        ("Modified", "updated"),
        ("categories", "category"), ("keywords", "tags"), ("authors", "author"), ("description", "summary"),
        ("lead", "summary"), ("cover", "image"), ("featured-image", "image"), ("thumbnail", "image"),
        ("canonicalURL", "link"), ("external_url", "link"), ("lang", "language"), ("guid", "id"),
        ("sticky", "pinned"),
        ("files", "attachments"), ("location", "place"), ("venue", "place"), ("dtstart", "start"),
        ("canceled", "cancelled"),
    ],
)  # fmt: skip
def test_the_spellings_of_other_generators_are_known(key: str, field: str) -> None:
    head = divide(f"---\n{key}: x\n---\n", "f.md").head
    keys, problems = fields_of(head.value, head)
    assert (keys, problems) == ({field: key}, [])


def test_no_spelling_means_two_things() -> None:
    spellings = [spelling for words in SPELLINGS.values() for spelling in words.split()]
    assert len(spellings) == len(set(spellings))


def test_of_two_spellings_the_more_telling_one_counts() -> None:
    head = divide(
        "---\ndate: 2026-01-01\npublishDate: 2026-10-02\ndescription: d\nsummary: s\n"
        "cover:\nthumbnail: t\n---\n",
        "f",
    ).head
    keys, _ = fields_of(head.value, head)
    assert keys == {"date": "publishDate", "summary": "summary", "image": "thumbnail"}


def test_keys_of_generators_are_passed_over_and_unknown_ones_told_with_a_guess() -> None:
    head = divide(
        "---\nlayout: post\npermalink: /x\nShowToc: true\n_private: x\ntitel: A\nzzz: 1\n---\n", "f"
    ).head
    _, problems = fields_of(head.value, head)
    assert [(problem.line, problem.key, problem.fatal) for problem in problems] == [
        (6, "titel", False),
        (7, "zzz", False),
    ]
    assert "did you mean title?" in problems[0].message
    assert "did you mean" not in problems[1].message
