"""The language that a browser asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressroom.web.preferring import preferred

OFFERED = ("sv", "en", "pt-BR")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"),
        ("en", "en"),
        ("en-GB,en;q=0.9,sv;q=0.8", "en"),
        ("de, en;q=0.3, sv;q=0.7", "sv"),
        ("SV-fi", "sv"),
        ("pt", "pt-BR"),
        ("pt-br", "pt-BR"),
        ("fi,*;q=0.5,en;q=0.4", "sv"),
        ("en;q=0, fi", "sv"),
        ("en;q=2", "sv"),
        ("en ; q=0.5", "en"),
        (",,;;q=,en", "en"),
    ],
)
def test_the_best_of_those_on_offer_is_given(header: str, language: str) -> None:
    assert preferred(header, OFFERED, "sv") == language


@given(header=st.text(max_size=600))
def test_whatever_the_header_says_there_is_a_language(header: str) -> None:
    assert preferred(header, OFFERED, "sv") in OFFERED
