"""Inlining: premailer's traps, each of which would spoil the mail in silence."""

import logging
import threading

import pytest

from newsletter.errors import InliningError
from newsletter.inlining import inline
from newsletter.places import UNSUBSCRIBE

HEAD = '<!DOCTYPE html>\n<html lang="sv" xmlns:v="urn:schemas-microsoft-com:vml">'
KEPT = """
@media (prefers-color-scheme: dark) {
  .a   { color: rgb(1 2 3 / 50%) !important; }
    [data-ogsc] .a:not(.b) { color: #eee !important; }
}
"""


def page(styles: str = "", body: str = "<p class='a'>x</p>", kept: str = KEPT) -> str:
    return (
        f'{HEAD}<head><meta charset="utf-8"><style>{styles}</style>'
        f'<style data-premailer="ignore">{kept}</style></head>\n<body>{body}</body></html>'
    )


def test_rules_go_into_the_elements_and_leave_the_head() -> None:
    made = inline(page(".a { color: #123456; margin: 0 }"))
    assert '<p class="a" style="color:#123456; margin:0">x</p>' in made.html
    assert made.html.count("<style>") == 1
    assert made.lost == ()


def test_rules_of_the_body_stay_an_attribute_of_it() -> None:
    assert '<body style="margin:0">' in inline(page("body { margin: 0 }")).html


def test_rules_for_screens_are_kept_byte_for_byte() -> None:
    assert f"<style>{KEPT}</style>" in inline(page()).html


def test_importance_survives_in_both_places() -> None:
    made = inline(page(".a { color: #123456 !important }")).html
    assert "color:#123456 !important" in made
    assert "color: #eee !important" in made


def test_no_attribute_is_made_of_a_rule() -> None:
    """A width attribute on a paragraph is what Outlook's Word engine stumbles over."""
    made = inline(page("p { width: 10px; height: 2px; text-align: center; background-color: #123456 }")).html
    assert '<p class="a" style=' in made
    assert "width=" not in made.partition("<body")[2]


def test_placeholders_conditional_comments_and_namespaces_come_out_as_they_went_in() -> None:
    link = f'<a href="https://e.org/u/{UNSUBSCRIBE}">å &amp; ä</a>'
    body = f'<!--[if mso]><table width="640"><tr><td><![endif]-->{link}'
    made = inline(page(body=body)).html
    assert f"<body>{body}" in made
    assert made.startswith(HEAD)


@pytest.mark.parametrize(
    "declaration",
    ["color: rgb(0 0 0 / 50%)", "width: min(10px, 2em) 3", "color red", "background: url("],
)
def test_a_declaration_that_would_be_lost_is_reported_every_time(declaration: str) -> None:
    for _ in range(2):
        made = inline(page(f".a {{ {declaration}; margin: 0 }}"))
        assert made.lost or declaration.replace(": ", ":") in made.html


def test_nothing_is_written_to_the_terminal(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert inline(page(".a { color: rgb(0 0 0 / 50%) }")).lost
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("html", ["", "  \n ", "<!-- nothing -->"])
def test_what_is_no_page_is_an_error_of_ours(html: str) -> None:
    with pytest.raises(InliningError):
        inline(html)


def test_blank_lines_and_indents_are_not_mailed() -> None:
    made = inline(page(body="<p>a</p>\n\n    <p>b</p>\n   \n"))
    assert "<p>a</p>\n<p>b</p>" in made.html


def test_pages_are_inlined_side_by_side() -> None:
    """Neither cssutils nor premailer's cache is made for threads."""
    found: dict[int, str] = {}

    def work(number: int) -> None:
        found[number] = inline(page(f".a {{ color: #12345{number} }}")).html

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(f"color:#12345{number}" in html for number, html in found.items())
    assert len(found) == 8
