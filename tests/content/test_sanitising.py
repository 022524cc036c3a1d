import re
import time

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from content.markdown import lost_elements, to_html
from content.plaintext import text_of
from content.sanitising import sanitise

PAGE = "https://news.example.org/items/x/"


class Site:
    """Every relative address is below the page; "gone" leads nowhere."""

    def link(self, url: str) -> str | None:
        if "gone" in url:
            return None
        return url if re.match(r"[a-z]+:", url) else PAGE + url

    def media(self, url: str) -> str | None:
        return self.link(url)

    def identifier(self, name: str) -> str:
        return f"item-x-{name}"


def shown(html: str) -> str:
    return sanitise(html, Site())


def parsed(html: str) -> etree._Element:
    return etree.fromstring(f"<div>{html}</div>".encode())


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p onclick=x style='color:red' class=big>a</p>", "<p>a</p>"),
        ("<script>alert(1)</script>a<style>b{}</style>", "a"),
        ("<a href='javascript:alert(1)'>a</a>", "a"),
        ("<a href=' JaVa&#9;Script:alert(1)'>a</a>", "a"),
        ("<a href='data:text/html,x'>a</a>", "a"),
        ("<img src='javascript:x' alt='A boat'>", "A boat"),
        ("<img src=x onerror=alert(1)>", f'<img src="{PAGE}x" alt=""/>'),
        ("<svg><a xlink:href='javascript:x'>b</a></svg>c", "c"),
        ("<math><mtext><script>x</script></mtext></math>c", "c"),
        ("<iframe src='https://x.se'>a</iframe><object data=x>b</object><embed src=x>c", "c"),
        ("<form action=x><input name=a>b<button>c</button></form>", "bc"),
        ("<!-- comment -->a", "a"),
        ("<p>a]]>b</p>", "<p>a]]&gt;b</p>"),
        ("<p title='x'>a<br>b<hr>", "<p>a<br/>b</p><hr/>"),
        ("a&nbsp;b &eacute; &#x202e;c&#7;d &#0;", "a\xa0b é cd"),
        ("<b><i>wrong</b></i>", "<b><i>wrong</i></b>"),
        ("<table><tr><td>1</table>", "<table><tbody><tr><td>1</td></tr></tbody></table>"),
        ('<td style="text-align: right; color: red">1</td>', "1"),
        (
            '<table><tr><td style="text-align:right;color:red">1',
            '<table><tbody><tr><td align="right">1</td></tr></tbody></table>',
        ),
        ("<h1>a</h1><h2 id=b>b</h2><h6>c</h6>", '<h2>a</h2><h3 id="item-x-b">b</h3><h6>c</h6>'),
        ("<h2>a</h2><h3>b</h3>", "<h2>a</h2><h3>b</h3>"),
        ("<h3>a</h3><h4>b</h4><h3>c</h3>", "<h2>a</h2><h3>b</h3><h2>c</h2>"),
        ("<a href=other>a</a>", f'<a href="{PAGE}other">a</a>'),
        ("<a href=gone>a <b>c</b></a>", "a <b>c</b>"),
        ("<a href=gone><img src=a.png alt=b></a>", f'<img src="{PAGE}a.png" alt="b"/>'),
        ("<img src=gone alt='A boat'>", "A boat"),
        ("<img src=gone>", ""),
        ("<img src=l.gif data-src=real.png alt=a>", f'<img src="{PAGE}real.png" alt="a"/>'),
        (
            "<img src='data:image/gif;base64,R0' data-original=real.png alt=a>",
            f'<img alt="a" src="{PAGE}real.png"/>',
        ),
        (
            "<img src=a.png alt=a srcset='a.png 1x, gone.png 2x,b.png 3x'>",
            f'<img src="{PAGE}a.png" alt="a" srcset="{PAGE}a.png 1x, {PAGE}b.png 3x"/>',
        ),
        (
            "<video poster=p.jpg src=gone controls></video>",
            f'<video poster="{PAGE}p.jpg" controls=""></video>',
        ),
        (
            "<audio controls><source src=a.mp3><source src=gone></audio>",
            f'<audio controls=""><source src="{PAGE}a.mp3"/></audio>',
        ),
        ("<blockquote cite=gone>a</blockquote>", "<blockquote>a</blockquote>"),
        (
            '<code class="language-python">a</code><code class="evil thing">b</code>',
            '<code class="language-python">a</code><code>b</code>',
        ),
        ('<p title="<img src=x onerror=y>">a</p>', "<p>a</p>"),
        (
            '<a href="https://x.se" title="<script>">a</a>',
            '<a href="https://x.se" title="&lt;script&gt;">a</a>',
        ),
        (
            "see https://x.se/a?b=1&amp;c=2.",
            'see <a href="https://x.se/a?b=1&amp;c=2">https://x.se/a?b=1&amp;c=2</a>.',
        ),
        ("(www.x.se/a_(b))", '(<a href="https://www.x.se/a_(b)">www.x.se/a_(b)</a>)'),
        (
            "<code>https://x.se</code> <a href='https://y.se'>https://z.se</a>",
            '<code>https://x.se</code> <a href="https://y.se">https://z.se</a>',
        ),
        ("<pre>https://x.se\n</pre>", "<pre>https://x.se\n</pre>"),
        ("a@www.x.se and http:// alone", "a@www.x.se and http:// alone"),
    ],
)
def test_html_becomes_harmless_and_whole(html: str, expected: str) -> None:
    assert shown(html) == expected


def test_markdown_with_everything() -> None:
    markdown = """# Head

| a | b |
|:--|--:|
| 1 | 2 |

- [x] done
- [ ] not

~~gone~~ text[^1] with <https://x.se>.

[^1]: A note.
"""
    html = shown(to_html(markdown))
    assert '<th align="left">a</th><th align="right">b</th>' in html
    assert "\u2611" in html
    assert "\u2610" in html
    assert "<del>gone</del>" in html
    assert f'<sup class="footnote-reference"><a href="{PAGE}#1">1</a></sup>' in html
    assert '<div class="footnote" id="item-x-1"><sup class="footnote-label">1</sup>' in html
    assert html.startswith("<h2>Head</h2>")


def test_elements_that_get_lost_are_told_with_their_lines() -> None:
    assert lost_elements("a\n<iframe src=x></iframe>\n\n<FORM>") == [("iframe", 1), ("form", 3)]
    assert lost_elements("no tag") == []


@pytest.mark.parametrize(
    "markdown",
    [
        ">" * 100_000,
        "<div>" * 100_000,
        "<b>" * 100_000,
        "<table><tr><td>" * 30_000,
        "&" * 2_000_000,
        "<" * 1_000_000,
    ],
    ids=range(6),
)
def test_what_would_take_minutes_is_refused_in_a_moment(markdown: str) -> None:
    before = time.process_time()
    with pytest.raises(ValueError, match="the text"):
        shown(to_html(markdown))
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    "markdown",
    ["[" * 50_000, "*a **a " * 20_000, "![a](b" * 20_000, "[^1]" * 5_000 + "\n\n[^1]: x", "- " * 5_000,
                 "`" * 50_000],
    ids=range(6),
)  # fmt: skip
def test_strange_markdown_is_only_slow_text(markdown: str) -> None:
    before = time.process_time()
    parsed(shown(to_html(markdown)))
    assert time.process_time() - before < 5


PARTS = """<p> </p> <b> </i> <script> </script> <img <a href= ' " src= onerror=alert(1) >
javascript: data-src= x <svg> <style> <!-- -->
]]> &lt; &#x3c; &amp; <![CDATA[ <table> <td> <h1> <h6> <br <input type=checkbox
https://x.se www.x.se gone # // <template> <noscript> </a> <pre> <code> <iframe> <math> <base href=x>
å * _ ` [ ]( ) ![ | --- [^1]""".split()  # noqa: SIM905 - as words, because quotes would hide them
fragments = st.lists(st.sampled_from([*PARTS, "\x07", "\u202e", "\x85", "\n"]), max_size=25)
FORBIDDEN = {"script", "style", "iframe", "svg", "math", "base", "template", "noscript", "h1", "input"}
ALLOWED_SCHEMES = re.compile(r"(https?|mailto|tel|sms|geo|webcal|ftp):")


@settings(max_examples=400, deadline=None)
@given(fragments, st.sampled_from(["", " "]))
def test_whatever_is_written_is_a_well_formed_fragment_without_a_script(parts: list[str], joint: str) -> None:
    html = shown(to_html(joint.join(parts)))
    for element in parsed(html).iter():
        assert element.tag not in FORBIDDEN
        for name, value in element.attrib.items():
            assert not str(name).startswith(("on", "style", "data-"))
            if name in ("href", "src", "poster", "cite"):
                assert ALLOWED_SCHEMES.match(str(value))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", html)
    text_of(html)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a<marquee><p>b</p></marquee></p>", "<p>a</p><p>b</p><p></p>"),
        ("<p>a<button><p>b</p></button></p>", "<p>a</p><p>b</p><p></p>"),
        ("<a href=a>a<object></object><marquee><a href=b>b</a></marquee></a>", None),
        ("<BUTTON><h2>a</BUTTON><h3>b</h3></h2>", None),
    ],
)
def test_what_an_unknown_element_held_stands_where_it_may(html: str, expected: str | None) -> None:
    """The W3C feed validator reads a feed's HTML strictly, and warns of a <p> in a <p>."""
    once = shown(html)
    assert nh3.clean(once, tags=nh3.ALLOWED_TAGS, link_rel=None) == once
    assert expected in (None, once)


@pytest.mark.parametrize("tag", ["bdo dir=rtl", "rtc"])
def test_what_the_feed_validator_warns_of_is_taken_out_and_its_text_stays(tag: str) -> None:
    assert shown(f"<p>a <{tag}>b</{tag.split(maxsplit=1)[0]}></p>") == "<p>a b</p>"


def test_an_empty_id_is_none() -> None:
    assert shown("<p id=''>a</p><p id>b</p>") == "<p>a</p><p>b</p>"


@settings(max_examples=200, deadline=None)
@given(fragments)
def test_what_was_sanitised_stays_as_it_is(parts: list[str]) -> None:
    class Same(Site):
        def identifier(self, name: str) -> str:
            return name

    once = sanitise(to_html(" ".join(parts)), Same())
    again = sanitise(once, Same())
    assert parsed(again) is not None
    assert text_of(again) == text_of(once)
