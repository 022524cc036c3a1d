"""Tokens: only ours are read, one spelling each, one purpose each."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens
from newsletter.errors import TokenError

KEY = bytes(range(32))
TOKEN = tokens.make(KEY, 4711, "weekly")


def test_a_token_names_its_subscriber_and_newsletter() -> None:
    assert tokens.read(KEY, TOKEN) == (4711, tokens.newsletter_hash("weekly"))


@given(st.integers(0, 2**48 - 1), st.text(max_size=40))
def test_every_token_has_the_same_length_and_the_letters_of_an_address(
    subscriber: int, newsletter: str
) -> None:
    token = tokens.make(KEY, subscriber, newsletter)
    assert len(token) == tokens.LENGTH
    assert token.replace("-", "").replace("_", "").isalnum()
    assert tokens.read(KEY, token) == (subscriber, tokens.newsletter_hash(newsletter))


def test_a_token_says_the_same_for_ever() -> None:
    """Links in mails of years ago must still work: this value may never change."""
    assert TOKEN == "eAAAAAASZyAG19cYI9gMIGoZMbpf1bj1DUGTnA"


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenError):
        tokens.read(b"another key", TOKEN)


def test_a_token_with_any_octet_changed_is_refused() -> None:
    octets = base64.urlsafe_b64decode(f"{TOKEN}==")
    for index in range(len(octets)):
        changed = octets[:index] + bytes([octets[index] ^ 1]) + octets[index + 1 :]
        with pytest.raises(TokenError):
            tokens.read(KEY, base64.urlsafe_b64encode(changed).decode().rstrip("="))


def test_no_second_spelling_means_the_same_token() -> None:
    """The last character of base64 carries unused bits; a decoder that ignores them has sixteen spellings."""
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if last != TOKEN[-1]:
            with pytest.raises(TokenError):
                tokens.read(KEY, TOKEN[:-1] + last)


@given(st.one_of(st.text(max_size=60), st.text("ABCabc-_+/= \n", min_size=38, max_size=38)))
def test_anything_else_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(TokenError) as caught:
        tokens.read(KEY, text)
    assert not text or len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize("subscriber", [-1, 2**48])
def test_a_number_that_does_not_fit_is_not_cut(subscriber: int) -> None:
    with pytest.raises(ValueError, match="subscriber"):
        tokens.make(KEY, subscriber, "weekly")


UNTIL = datetime(2026, 10, 5, 5, 0, tzinfo=UTC)
TICKET = tokens.make_ticket(KEY, "confirm", 4711, "weekly", UNTIL)


@given(st.integers(0, 2**48 - 1), st.text(max_size=60), st.integers(0, 200_000_000_000))
def test_a_ticket_says_what_it_was_made_of(number: int, subject: str, second: int) -> None:
    until = datetime.fromtimestamp(second, UTC)
    token = tokens.make_ticket(KEY, "change", number, subject, until)
    assert len(token) == tokens.TICKET_LENGTH
    found = tokens.read_ticket(KEY, "change", token)
    assert (found.number, found.subject, found.expires) == (number, tokens.subject_hash(subject), until)


def test_a_ticket_s_time_cannot_be_lengthened() -> None:
    octets = base64.urlsafe_b64decode(TICKET)
    for index in range(len(octets)):
        changed = octets[:index] + bytes([octets[index] ^ 1]) + octets[index + 1 :]
        with pytest.raises(TokenError):
            tokens.read_ticket(KEY, "confirm", base64.urlsafe_b64encode(changed).decode())


def test_no_token_of_one_purpose_fits_another() -> None:
    for purpose in ("change", "preferences"):
        with pytest.raises(TokenError):
            tokens.read_ticket(KEY, purpose, TICKET)  # type: ignore[arg-type]
    with pytest.raises(TokenError):
        tokens.read_ticket(b"another key", "confirm", TICKET)
    for text in (TICKET, TICKET[: tokens.LENGTH]):
        with pytest.raises(TokenError):
            tokens.read(KEY, text)
    with pytest.raises(TokenError):
        tokens.read_ticket(KEY, "confirm", TOKEN)


@given(st.one_of(st.text(max_size=60), st.text("ABCabc-_+/= \n", min_size=44, max_size=44)))
def test_anything_else_is_no_ticket(text: str) -> None:
    with pytest.raises(TokenError):
        tokens.read_ticket(KEY, "confirm", text)


@pytest.mark.parametrize("number", [-1, 2**48])
def test_a_ticket_does_not_cut_a_number_that_does_not_fit(number: int) -> None:
    with pytest.raises(ValueError, match="ticket"):
        tokens.make_ticket(KEY, "confirm", number, "weekly", UNTIL)
