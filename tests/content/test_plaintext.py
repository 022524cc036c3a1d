import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.plaintext import excerpt, shortened, text_of, without_markup


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Plain & simple", "Plain & simple"),
        ("**Bold**, *slanted*, __bold__, _slanted_ and `code`", "Bold, slanted, bold, slanted and code"),
        ("A [link](https://example.org) and ![a picture](x.png)", "A link and a picture"),
        ("<b>HTML</b> &amp; <a href='x'>more</a><!-- no -->", "HTML & more"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("snake_case_name and 5 * 3 * 2", "snake_case_name and 5 * 3 * 2"),
        ("Price* and terms*", "Price* and terms*"),
        ("Temperatures < 3 and > 1, I <3 you", "Temperatures < 3 and > 1, I <3 you"),
        (r"1\. not a list, \*stars\*", "1. not a list, *stars*"),
        ("Two\r\nBcc: lines", "Two Bcc: lines"),
        ("&#8238;gnirts &lt;b&gt;", "gnirts <b>"),
        ("[brackets] stay", "[brackets] stay"),
    ],
)
def test_titles_are_freed_from_markup(written: str, plain: str) -> None:
    assert without_markup(written) == plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One\ntwo</p>\n<p>Three</p>", "One two\n\nThree"),
        ("<p>a &lt;b&gt; &amp; &quot;c&quot;</p>", 'a <b> & "c"'),
        (
            '<p>See <a href="https://x.se/?a=1&amp;b=2">the page</a>.</p>',
            "See the page (https://x.se/?a=1&b=2).",
        ),
        ('<p><a href="https://x.se">https://x.se</a></p>', "https://x.se"),
        (
            '<p><a href="mailto:a@b.se">a@b.se</a>, <a href="mailto:a@b.se">Anna</a></p>',
            "a@b.se, Anna (a@b.se)",
        ),
        ('<p><a href="https://x.se"><strong>bold</strong></a></p>', "bold (https://x.se)"),
        ('<p><a href="https://x.se"></a></p>', "https://x.se"),
        (
            '<p><a href="https://x.se"><img src="https://x.se/a.png" alt="A boat"/></a></p>',
            "[A boat] (https://x.se)",
        ),
        ('<p>a<img src="https://x.se/a.png" alt=""/>b</p>', "ab"),
        ("<p>one<br/>\ntwo</p>", "one\ntwo"),
        ("<h2>Head</h2>\n<p>Text</p>", "Head\n\nText"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>c</p>", "- a\n- b\n\nc"),
        ('<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>', "3. a\n4. b"),
        ("<ul>\n<li>a\n<ol>\n<li>b</li>\n</ol>\n</li>\n<li>c</li>\n</ul>", "- a\n  1. b\n- c"),
        ("<ul>\n<li>\n<p>a</p>\n<p>b</p>\n</li>\n</ul>", "- a\n\n  b"),
        ("<blockquote>\n<p>a<br/>b</p>\n</blockquote>", "> a\n> b"),
        ("<pre><code>x = 1\n  y &lt; 2\n</code></pre>", "    x = 1\n      y < 2"),
        ("<p>a</p>\n<hr/>\n<p>b</p>", "a\n\n* * *\n\nb"),
        (
            "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody>\n<tr><td>1</td><td><p>2</p></td></tr>\n</tbody></table><p>c</p>",
            "A | B\n1 | 2\n\nc",
        ),
        (
            '<p>a<sup class="footnote-reference"><a href="https://x.se/#f-1">1</a></sup></p>\n'
            '<div class="footnote" id="f-1"><sup class="footnote-label">1</sup>\n<p>Note.</p>\n</div>',
            "a[1]\n\n[1] Note.",
        ),
        ("<dl>\n<dt>Term</dt>\n<dd>Meaning</dd>\n</dl>\n<p>x</p>", "Term\nMeaning\n\nx"),
        ("no block at all", "no block at all"),
        ("", ""),
    ],
)
def test_the_plain_text_tells_what_the_html_shows(html: str, text: str) -> None:
    assert text_of(html) == text


def test_an_excerpt_is_the_running_text_alone() -> None:
    html = (
        "<h2>Head</h2><p>First.</p><ul><li>point</li></ul><table><tr><td>cell</td></tr></table>"
        '<p>Second<sup class="footnote-reference"><a href="x">1</a></sup> with a <a href="https://x.se">link</a>.</p>'
        '<div class="footnote" id="x"><p>The note</p></div>'
    )
    assert excerpt(html) == "First. Second with a link."


def test_without_a_paragraph_the_excerpt_is_what_there_is() -> None:
    assert excerpt("<ul><li>one</li>\n<li>two &amp; three</li></ul>") == "one two & three"


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("Short.", 20, "Short."),
        ("One sentence here. Another one follows.", 30, "One sentence here."),
        ('He said "no." Then he went away.', 20, 'He said "no."'),
        ("Ja. A long sentence that does not fit in here", 30, "Ja. A long sentence that does…"),
        ("Verylongwordwithoutanyspaceatall", 10, "Verylongw…"),
        ("Ends with a comma, and goes on", 19, "Ends with a comma…"),
    ],
)
def test_an_excerpt_ends_with_a_sentence_or_a_word(text: str, length: int, expected: str) -> None:
    assert shortened(text, length) == expected


@settings(max_examples=200, deadline=None)
@given(st.text("abc .!?,åäö", max_size=200), st.integers(10, 80))
def test_an_excerpt_is_never_longer_than_asked_and_begins_the_text(text: str, length: int) -> None:
    cut = shortened(text, length)
    assert len(cut) <= length
    assert text.startswith(cut.removesuffix("…"))


@settings(max_examples=200, deadline=None)
@given(st.text("<>/ab=\"' &;[](*_`\\!", max_size=60))
def test_any_markup_becomes_some_line(text: str) -> None:
    assert "\n" not in without_markup(text)
    text_of(text)
    excerpt(text)
