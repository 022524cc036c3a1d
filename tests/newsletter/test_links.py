"""Links of a mail: safe kinds only, and spelled so that no serialiser changes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inlining import inline
from newsletter.links import safe
from newsletter.places import UNSUBSCRIBE
from tests.mails import HOSTILE, links_of_html


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&d=e#f"),
        ("http://example.org", "http://example.org"),
        ("https://exämple.org/å ä?ö=1", "https://xn--exmple-cua.org/%C3%A5%20%C3%A4?%C3%B6=1"),
        ("https://example.org/100%25/%C3%A5", "https://example.org/100%25/%C3%A5"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("mailto:press@example.org", "mailto:press@example.org"),
        ("mailto:press@exämple.org", "mailto:press@xn--exmple-cua.org"),
    ],
)
def test_what_may_stand_in_a_mail(address: str, link: str) -> None:
    assert safe(address) == link


@pytest.mark.parametrize(
    "address",
    [
        *(
            None,
            "",
            "/items/x/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.org/",
            "tel:+4681234",
        ),
        *(
            "https://",
            "https://user:password@example.org/",
            "https://example.org:port/",
            "mailto:a@b.org?bcc=c@d.org",
        ),
        *(
            "mailto:läsare@example.org",
            "https://[::1",
            f"https://example.org/{UNSUBSCRIBE}",
            "https://e.org/" + "å" * 200,
        ),
    ],
)
def test_what_may_not(address: str | None) -> None:
    assert safe(address) is None


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=10)), max_size=5).map("".join))
def test_a_link_comes_out_of_the_html_as_it_went_in(text: str) -> None:
    link = safe(f"https://example.org/{text}")
    if link is not None:
        assert link.isascii()
        assert link.isprintable()
        escaped = link.replace("&", "&amp;").replace('"', "&quot;")
        page = f'<html><head></head><body><a href="{escaped}">x</a></body></html>'
        assert links_of_html(inline(page).html) == {link}
