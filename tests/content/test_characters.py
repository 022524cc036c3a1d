import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.characters import clean, one_line

XML_CHAR = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("  two  spaces ", "two spaces"),
        ("A title\r\nBcc: everybody@example.org", "A title Bcc: everybody@example.org"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\tg", "a b c d e f g"),
        ("nbsp\xa0here", "nbsp here"),
        ("bell\x07 nul\x00 del\x7f c1\x9b", "bell nul del c1"),
        ("over\u202eride \u2066isolate\u2069 \ufeffbom", "override isolate bom"),
        ("half \ud800 pair, non\ufffecharacter", "half pair, noncharacter"),
        ("family 👩\u200d👧 stays, \u05d0\u200f too", "family 👩\u200d👧 stays, \u05d0\u200f too"),
        ("=?utf-8?q?=42cc?= and =?x", "= ?utf-8?q?=42cc?= and =?x"),
        ("e = mc? yes =? no", "e = mc? yes =? no"),
    ],
)
def test_one_line_is_harmless_everywhere(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_lines_stay_lines_in_running_text() -> None:
    assert clean("a\r\nb\rc\x0bd\u2028e\x07\n\xa0f") == "a\nb\nc\nd\ne\n\xa0f"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_nothing_that_xml_forbids_survives(text: str) -> None:
    line, lines = one_line(text), clean(text)
    assert XML_CHAR.fullmatch(line)
    assert XML_CHAR.fullmatch(lines)
    assert line.splitlines() in ([line], [])
    assert one_line(line) == line
    assert clean(lines) == lines
