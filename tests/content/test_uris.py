"""Addresses that every reader can follow, whatever a person wrote."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.uris import uri
from tests.feeds.validity import URI


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("https://example.org/å b.pdf", "https://example.org/%C3%A5%20b.pdf"),
        ("https://example.org/%C3%A5", "https://example.org/%C3%A5"),
        ("https://www.åäö.se/x", "https://www.xn--4cab6c.se/x"),
        (
            "https://straße.de:8080/ö?ä=[1]#å b",
            "https://xn--strae-oqa.de:8080/%C3%B6?%C3%A4=%5B1%5D#%C3%A5%20b",
        ),
        ("https://☃.example/", "https://xn--n3h.example/"),
        ("//å.se/x", "//xn--5ca.se/x"),
        ("https://[::1]:80/å", "https://[::1]:80/%C3%A5"),
        ("https://example.org/?q[]=1|2", "https://example.org/?q%5B%5D=1%7C2"),
        ("mailto:press@example.org", "mailto:press@example.org"),
    ],
)
def test_addresses_are_encoded_once(url: str, expected: str) -> None:
    assert uri(url) == expected
    assert uri(expected) == expected


def test_a_host_that_markdown_has_percent_encoded_is_a_host_again() -> None:
    assert uri("https://ex%C3%A4mple.org/%C3%A4") == "https://xn--exmple-cua.org/%C3%A4"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_path_gives_an_address_that_every_reader_takes(path: str) -> None:
    assert URI.fullmatch(uri(f"https://example.org/{path}"))


@given(st.text(st.characters(exclude_categories=["Cc"])))
@example("[x")
@example("exam\u2100ple.org")
@example("-bad-.å")
@example("å" * 99)
def test_no_host_is_an_accident_or_becomes_another(host: str) -> None:
    written = uri(f"https://{host}x/")
    assert written.isascii()
    assert written.count("/") <= 3 + host.count("/")
