"""Where links and pictures of a text lead, and what becomes of the files beside it."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.content.newsrooms import Room, told
from tests.scenarios import BASE_URL


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def png(colour: str = "red") -> bytes:
    stream = BytesIO()
    Image.new("RGB", (30, 20), colour).save(stream, "PNG")
    return stream.getvalue()


def link_of(room: Room, markdown: str, name: str = "sub/a.md") -> str:
    room.item(name, "A", markdown)
    item = next(
        item for item in room.load(days=1, allow_withdrawals=True).newsroom.items if item.title == "A"
    )
    return item.body_html.removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("b.md", "/items/b/"),
        ("./b.md", "/items/b/"),
        ("../top.md", "/items/top/"),
        ("/top.md", "/items/top/"),
        ("b.md#part", "/items/b/#item-b-part"),
        ("b.md#en%20del", "/items/b/#item-b-en-del"),
        ("../event.md#å", "/events/event/#event-event-%C3%A5"),
        ("{filename}b.md", "/items/b/"),
        ("{filename}/top.md", "/items/top/"),
        ("|filename|../top.md", "/items/top/"),
        ("../bundle/", "/items/bundle/"),
        ("../bundle/index.md", "/items/bundle/"),
        ("../event.md", "/events/event/"),
        ("med%20mellanslag.md", "/items/med-mellanslag/"),
        ("<med mellanslag.md>", "/items/med-mellanslag/"),
        ("/events/fair/", "/events/fair/"),
        ("/about us", None),
        ("#part", "/items/a/#item-a-part"),
        ("other/page", "/items/a/other/page"),
        ("#å", "/items/a/#item-a-%C3%A5"),
        ("?page=2&ö", "/items/a/?page=2&amp;%C3%B6"),
        ("javascript%3Aalert(1)", "/items/a/javascript:alert(1)"),
        ("100%25", "/items/a/100%25"),
    ],
)
def test_links_between_pieces_are_whole_addresses(room: Room, written: str, address: str | None) -> None:
    for name in ("sub/b.md", "top.md", "bundle/index.md", "sub/med mellanslag.md"):
        room.item(name, name)
    room.event("event.md", "E")
    if address is not None:
        assert link_of(room, f"[x]({written})") == f'<a href="{BASE_URL}{address}">x</a>'
        assert told(room.load()) == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://x.se/a?b=1&c=2", "https://x.se/a?b=1&amp;c=2"),
        ("//x.se/a", "https://x.se/a"),
        ("mailto:a@b.se", "mailto:a@b.se"),
        ("tel:+468123", "tel:+468123"),
        ("<https://x.se/a b>", "https://x.se/a%20b"),
        ("https://x.se/å", "https://x.se/%C3%A5"),
        ("https://exämple.org/?ä#ö", "https://xn--exmple-cua.org/?%C3%A4#%C3%B6"),
        ("https://例え.jp", "https://xn--r8jz45g.jp"),
    ],
)
def test_links_to_elsewhere_are_addresses_that_every_reader_takes(
    room: Room, written: str, address: str
) -> None:
    assert link_of(room, f"[x]({written})") == f'<a href="{address}">x</a>'


def test_an_address_in_running_text_is_shown_as_it_was_written(room: Room) -> None:
    html = link_of(room, "https://exämple.org/bar-å")
    assert html == '<a href="https://xn--exmple-cua.org/bar-%C3%A5">https://exämple.org/bar-å</a>'


def test_a_link_of_an_item_is_an_address_that_every_reader_takes(room: Room) -> None:
    author = "{name: Åsa, url: https://exämple.org/å}"
    room.item("a.md", "A", link="https://exämple.org/å", author=author)
    (item,) = room.load().newsroom.items
    assert item.link == item.authors[0].url == "https://xn--exmple-cua.org/%C3%A5"


@pytest.mark.parametrize(
    ("markdown", "html", "words"),
    [
        ("[x](gone.md)", "x", "there is no gone.md to link to"),
        ("[x](gone.pdf)", "x", "there is no file gone.pdf"),
        ("![A boat](gone.png)", "A boat", "there is no file gone.png"),
        ("![A boat](/gone.png)", "A boat", "there is no file /gone.png"),
        ("[x](../../secret.txt)", "x", "there is no file"),
        ("![y](../../../etc/passwd)", "y", "there is no file"),
        ("[x](later.md)", "x", "not public"),
        ("[x](draft.md)", "x", "not public"),
        ("[x](page.html)", "x", "would run as a page of ours"),
        ("![x](evil.svg)", "x", "holds a script"),
        ("[x](/.git/config)", "x", "config is hidden"),
        ("[x](.env)", "x", ".env is hidden"),
        ("[x](linked.pdf)", "x", "is a link out of the source's folder"),
    ],
)
def test_what_leads_nowhere_is_told_with_its_line_and_taken_out(
    room: Room, tmp_path: Path, markdown: str, html: str, words: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    room.write(".git/config", "secret")
    room.write("sub/.env", "secret")
    room.item("sub/later.md", "Later", date="2027-01-01")
    room.item("sub/draft.md", "Draft", draft="true")
    room.write("sub/page.html", "<script>alert(1)</script>")
    room.write("sub/evil.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>")
    (room.folder / "sub" / "linked.pdf").symlink_to(tmp_path / "secret.txt")
    assert link_of(room, f"First line.\n\n{markdown}").split("<p>")[1] == html
    (problem,) = told(room.load())
    assert problem.startswith("a.md:8: ")
    assert words in problem


def test_a_picture_beside_the_text_is_published_with_its_true_measures(room: Room) -> None:
    file = room.write("sub/Bild på ön.PNG", png())
    html = link_of(room, "![A boat](<Bild på ön.PNG>)")
    item = room.load().newsroom.items[0]
    (media,) = item.media
    assert html == f'<img src="{media.url}" alt="A boat"/>'
    assert (media.type, media.length, media.width, media.height) == ("image/png", len(png()), 30, 20)
    assert media.path is not None
    assert media.path.startswith("media/")
    assert media.path.endswith("/bild-pa-on.png")
    assert (media.file, media.url) == (file, f"{BASE_URL}/{media.path}")


def test_the_address_of_a_file_hangs_on_its_content_alone(room: Room) -> None:
    room.write("one/a.png", png())
    room.write("two/a.png", png())
    room.item("one/x.md", "X", "![a](a.png)")
    room.item("two/y.md", "Y", "![a](a.png)")
    first, second = room.load().newsroom.items
    assert first.media[0].path == second.media[0].path
    room.write("two/a.png", png("blue"))
    changed = {item.title: item for item in room.load(days=1).newsroom.items}
    assert changed["X"].media[0].path != changed["Y"].media[0].path


def test_a_picture_is_what_its_bytes_say(room: Room) -> None:
    room.write("sub/a.jpg", png())
    link_of(room, "![x](a.jpg)")
    assert room.load().newsroom.items[0].media[0].type == "image/png"


def test_the_picture_in_the_head_may_lie_beside_the_text_or_at_the_root(room: Room) -> None:
    room.write("bilder/a.png", png())
    room.item("sub/a.md", "A", image="{src: ../bilder/a.png, alt: x}")
    room.item("sub/b.md", "B", image="{src: /bilder/a.png, alt: y}")
    first, second = room.load().newsroom.items
    assert first.image is not None
    assert second.image is not None
    assert first.image.url == second.image.url
    assert {first.image.alt, second.image.alt} == {"x", "y"}
    assert [media.path for media in first.media] == [first.image.path]


def test_a_picture_in_the_head_that_is_none_is_told_at_its_key(room: Room) -> None:
    room.write("a.pdf", b"%PDF")
    room.item("a.md", "A", image="{src: a.pdf, alt: x}")
    room.item("b.md", "B", image="{src: gone.png, alt: x}")
    assert told(room.load(), fatal=False) == [
        "a.md:5: image: a.pdf is no picture but of type application/pdf",
        "b.md:5: image: there is no file gone.png",
    ]


def test_footnotes_of_two_items_do_not_meet(room: Room) -> None:
    for name in ("a", "b"):
        room.item(f"{name}.md", name, "Text[^1].\n\n[^1]: Note.")
    for item in room.load().newsroom.items:
        assert f'href="{item.link}#item-{item.slug}-1"' in item.body_html
        assert f'id="item-{item.slug}-1"' in item.body_html
        assert item.text == "Text[1].\n\n[1] Note."
