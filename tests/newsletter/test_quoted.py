"""Quoted-printable: every text comes back, and no relay has a reason to touch the lines."""

import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import quoted
from newsletter.places import BODY_PLACES, UNSUBSCRIBE

PIECES = st.one_of(
    st.text(max_size=120), st.sampled_from(["\n", "\r", "\t", " ", ".", "=", "å", "From ", "x" * 74])
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    normalised = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    assert quopri.decodestring(quoted.encode(text)) == normalised.encode()


@given(TEXTS, st.lists(st.integers(0, 400), max_size=4))
def test_lines_are_fit_for_every_relay(text: str, where: list[int]) -> None:
    for index in where:
        text = text[:index] + UNSUBSCRIBE + text[index:]
    encoded = quoted.encode(text, BODY_PLACES)
    assert encoded.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[ \t]\r\n|[ \t]$", encoded)
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not re.search(rb"=(?![0-9A-F]{2}|$)", line)
    assert encoded.count(UNSUBSCRIBE.encode()) == text.count(UNSUBSCRIBE)


@pytest.mark.parametrize("length", range(60, 90))
def test_a_place_stays_whole_wherever_it_stands(length: int) -> None:
    encoded = quoted.encode("x" * length + UNSUBSCRIBE + "y" * 80, BODY_PLACES)
    assert any(UNSUBSCRIBE.encode() in line for line in encoded.split(b"\r\n"))


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("a\nb\r\nc\rd", b"a\r\nb\r\nc\r\nd"),
        ("1 = 1", b"1 =3D 1"),
        ("hej då ", b"hej d=C3=A5=20"),
        ("tab\t", b"tab=09"),
        (".hidden", b"=2Ehidden"),
        ("From here\n From", b"=46rom here\r\n From"),
        ("x" * 76, b"x" * 76),
        ("x" * 77, b"x" * 75 + b"=\r\nxx"),
        ("x" * 75 + ".y" * 40, b"x" * 75 + b"=\r\n=2Ey" + b".y" * 35 + b".=\r\ny" + b".y" * 3),
    ],
)
def test_examples(text: str, encoded: bytes) -> None:
    assert quoted.encode(text) == encoded
