"""Tokens: only ours are read, one spelling each, one purpose each."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens
from newsletter.errors import TokenError

KEY = bytes(range(32))
TOKEN = tokens.make(KEY, "unsubscribe", 4711, "weekly")


def test_a_token_names_its_subscriber_and_newsletter() -> None:
    assert tokens.read(KEY, "unsubscribe", TOKEN) == (4711, tokens.newsletter_hash("weekly"))


@given(st.integers(0, 2**48 - 1), st.text(max_size=40))
def test_every_token_has_the_same_length_and_the_letters_of_an_address(
    subscriber: int, newsletter: str
) -> None:
    token = tokens.make(KEY, "preferences", subscriber, newsletter)
    assert len(token) == tokens.LENGTH
    assert token.replace("-", "").replace("_", "").isalnum()
    assert tokens.read(KEY, "preferences", token) == (subscriber, tokens.newsletter_hash(newsletter))


def test_a_token_says_the_same_for_ever() -> None:
    """Links in mails of years ago must still work: this value may never change."""
    assert TOKEN == "eAAAAAASZyAG19cYI9gMIGoZMbpf1bj1DUGTnA"


def test_a_token_for_one_page_is_worthless_at_another() -> None:
    with pytest.raises(TokenError):
        tokens.read(KEY, "preferences", TOKEN)


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenError):
        tokens.read(b"another key", "unsubscribe", TOKEN)


def test_a_token_with_any_octet_changed_is_refused() -> None:
    octets = base64.urlsafe_b64decode(f"{TOKEN}==")
    for index in range(len(octets)):
        changed = octets[:index] + bytes([octets[index] ^ 1]) + octets[index + 1 :]
        with pytest.raises(TokenError):
            tokens.read(KEY, "unsubscribe", base64.urlsafe_b64encode(changed).decode().rstrip("="))


def test_no_second_spelling_means_the_same_token() -> None:
    """The last character of base64 carries unused bits; a decoder that ignores them has sixteen spellings."""
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if last != TOKEN[-1]:
            with pytest.raises(TokenError):
                tokens.read(KEY, "unsubscribe", TOKEN[:-1] + last)


@given(st.one_of(st.text(max_size=60), st.text("ABCabc-_+/= \n", min_size=38, max_size=38)))
def test_anything_else_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(TokenError) as caught:
        tokens.read(KEY, "unsubscribe", text)
    assert not text or len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize("subscriber", [-1, 2**48])
def test_a_number_that_does_not_fit_is_not_cut(subscriber: int) -> None:
    with pytest.raises(ValueError, match="subscriber"):
        tokens.make(KEY, "unsubscribe", subscriber, "weekly")
