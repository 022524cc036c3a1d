"""Headers: hostile text cannot leave its field, and what is written is read back."""

import re
from email import policy
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import headers
from newsletter.errors import HeaderError
from newsletter.headers import Mailbox
from tests.mails import HOSTILE

TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)), max_size=8).map("".join)


def parsed(field: bytes) -> tuple[list[str], str]:
    found = BytesHeaderParser(policy=policy.SMTP).parsebytes(field + b"X-Next: 1\r\n\r\n")
    return found.keys(), str(found[found.keys()[0]])


def check_lines(field: bytes) -> None:
    assert field.isascii()
    assert field.endswith(b"\r\n")
    lines = field.removesuffix(b"\r\n").split(b"\r\n")
    assert not re.search(rb"[\r\n]", b"".join(lines))
    assert all(line.startswith(b" ") for line in lines[1:])
    assert all(line.strip() and len(line) <= 78 for line in lines)
    for line in lines:
        assert b"=?" not in line or len(line) <= 76
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", field))


@given(TEXTS)
def test_any_text_stays_in_its_field_and_is_read_back(text: str) -> None:
    field = headers.text_field("Subject", f"News: {text}")
    check_lines(field)
    names, value = parsed(field)
    assert names == ["Subject", "X-Next"]
    assert value == headers.clean(f"News: {text}")


@given(TEXTS)
def test_any_name_stays_a_name(text: str) -> None:
    mailbox = Mailbox(headers.clean(text)[:300], "news@example.org")
    field = headers.mailbox_field("From", mailbox)
    check_lines(field)
    found = BytesHeaderParser(policy=policy.SMTP).parsebytes(field + b"\r\n")["From"]
    assert [address.addr_spec for address in found.addresses] == ["news@example.org"]
    # That parser leaves spaces between a name's encoded words, against RFC 2047, 6.2; the older does not.
    written, _, _ = field.removeprefix(b"From: ").decode().rpartition("<")
    assert "=?" not in written or str(make_header(decode_header(written.strip()))) == mailbox.name
    assert found.addresses[0].display_name.replace(" ", "") == mailbox.name.replace(" ", "")


@given(TEXTS)
def test_cleaning_leaves_nothing_to_clean(text: str) -> None:
    once = headers.clean(text)
    assert headers.clean(once) == once
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|=\?[^?\s]*\?[bq]\?[^?]*\?=", once
    )


def test_emoji_that_are_spelled_with_joiners_stay_whole() -> None:
    assert headers.clean("👩‍👩‍👧‍👦") == "👩‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Plain", b"Subject: Plain\r\n"),
        ("Nyheter på fredag", b"Subject: =?utf-8?q?Nyheter_p=C3=A5_fredag?=\r\n"),
        ("日本語のお知らせ", b"Subject: =?utf-8?b?5pel5pys6Kqe44Gu44GK55+l44KJ44Gb?=\r\n"),
        ("a =?b", b"Subject: =?utf-8?q?a_=3D=3Fb?=\r\n"),
        ("word " * 16, b"Subject: " + b"word " * 13 + b"word\r\n word word\r\n"),
    ],
)
def test_examples_of_subjects(text: str, field: bytes) -> None:
    assert headers.text_field("Subject", text) == field


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("news@example.org", "", "news@example.org"),
        ("Kommunförbundet <news@example.org>", "Kommunförbundet", "news@example.org"),
        ('"Ek, Anna \\"A\\"" <anna@example.org>', 'Ek, Anna "A"', "anna@example.org"),
        ("  News  <news@Exämple.org> ", "News", "news@xn--exmple-cua.org"),
    ],
)
def test_senders_are_read(text: str, name: str, address: str) -> None:
    assert headers.parse_mailbox(text) == Mailbox(name, address)


@pytest.mark.parametrize(
    "text",
    ["", "News", "News <news>", "a@b.org, c@d.org", "News <a@b.org> <c@d.org>", "<å@example.org>", "x@y z@w"],
)
def test_what_is_no_sender_is_refused_with_its_words(text: str) -> None:
    with pytest.raises(HeaderError, match="is no sender"):
        headers.parse_mailbox(text)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("Reader@example.org", "Reader@example.org"),
        ("reader@straße.de", "reader@xn--strae-oqa.de"),
        ("läsare@exämple.org", "läsare@xn--exmple-cua.org"),
        ("o'brien+x@example.org", "o'brien+x@example.org"),
    ],
)
def test_a_recipient_is_written_as_the_wire_wants_it(address: str, written: str) -> None:
    assert headers.wire_address(address) == written.encode()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "a b@c.org",
        "a@b.org\r\nBcc: c@d.org",
        "a@b.org, c@d.org",
        "<a@b.org>",
        "a@b\u2028.org",
        "a\u2028@b.org",
    ],
)
def test_a_recipient_that_would_break_the_header_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(HeaderError) as caught:
        headers.wire_address(address)
    assert not address.strip() or len(address) < 2 or address not in str(caught.value)


@given(st.text(max_size=300), st.integers(10, 100))
def test_a_text_is_cut_to_its_length(text: str, length: int) -> None:
    assert len(headers.shorten(text, length)) <= length


def test_a_text_is_cut_at_a_word() -> None:
    assert headers.shorten("one two three, four", 15) == "one two three…"
