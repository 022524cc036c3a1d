"""Headers taken apart: encodings by weight, tags, dates and ranges, and whatever people send instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressroom.web.negotiation import ANY, acceptable, byte_range, http_date, seconds_of, strong_tags, tags


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        (b"", "identity"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip, deflate", "gzip"),
        (b"GZIP", "gzip"),
        (b"x-gzip", "gzip"),
        (b"br;q=0.2, gzip;q=0.8", "gzip"),
        (b"br;q=0, gzip", "gzip"),
        (b"gzip;q=0", "identity"),
        (b"gzip;q=nonsense", "identity"),
        (b"*", "br"),
        (b"*;q=0", "identity"),
        (b"identity;q=0, br;q=0, *", "gzip"),
        (b"deflate, compress", "identity"),
        (b",,;q=1,;;", "identity"),
    ],
)
def test_the_best_encoding_that_is_allowed_is_chosen(accept: bytes, best: str) -> None:
    assert acceptable(accept)[0] == best


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b'"a"', {b'"a"'}),
        (b'W/"a"', {b'"a"'}),
        (b'"a", W/"b-gz",  "c,d"', {b'"a"', b'"b-gz"', b'"c,d"'}),
        (b" * ", {ANY}),
        (b'"*"', {b'"*"'}),
        (b"a", set()),
        (b"", set()),
    ],
)
def test_tags_are_read_from_lists_and_compared_weakly(header: bytes, found: set[bytes]) -> None:
    assert tags(header) == found


def test_weak_tags_count_for_nothing_where_strong_ones_are_wanted() -> None:
    assert strong_tags(b'"a", W/"b"') == {b'"a"'}
    assert strong_tags(b"*") == {ANY}


def test_dates_are_read_in_all_three_forms_of_http() -> None:
    moment = 784111777
    assert http_date(moment) == b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert seconds_of(http_date(moment)) == moment
    assert seconds_of(b"Sunday, 06-Nov-94 08:49:37 GMT") == moment
    assert seconds_of(b"Sun Nov  6 08:49:37 1994") == moment
    assert seconds_of(b"yesterday") is None
    assert seconds_of(http_date(moment) + b"," + http_date(moment)) is None, (
        "one of two that nobody can choose"
    )


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (b"bytes=0-0", (0, 1)),
        (b"bytes=90-", (90, 100)),
        (b"bytes=-10", (90, 100)),
        (b"bytes=-1000", (0, 100)),
        (b"bytes=0-1000", (0, 100)),
        (b"bytes=9-3", None),
        (b"bytes=0-1,5-6", None),
        (b"lines=0-1", None),
        (b"bytes=-", None),
        (b"bytes=a-b", None),
    ],
)
def test_a_range_gives_a_span_or_the_whole(header: bytes, span: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == span


@pytest.mark.parametrize("header", [b"bytes=100-", b"bytes=100-200", b"bytes=-0"])
def test_a_range_outside_is_an_error(header: bytes) -> None:
    with pytest.raises(ValueError, match="outside"):
        byte_range(header, 100)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_understood_or_left_alone(header: bytes) -> None:
    assert acceptable(header)
    tags(header)
    seconds_of(header)
    span = None
    try:
        span = byte_range(b"bytes=" + header, 100)
    except ValueError:
        return
    assert span is None or 0 <= span[0] < span[1] <= 100
