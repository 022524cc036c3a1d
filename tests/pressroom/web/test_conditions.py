"""What conditions come to, whatever way a client puts them."""

import pytest

from pressroom.web.conditions import failed, has_already
from pressroom.web.negotiation import http_date

OWN = (b'"a"', b'"a-gz"')
MODIFIED = 1_790_000_000
NOW = MODIFIED + 1000
THEN, BEFORE, LATER, FUTURE = (http_date(MODIFIED + seconds) for seconds in (0, -1, 1, 1001))
MATCH, NONE = b"if-match", b"if-none-match"
SINCE, UNMODIFIED = b"if-modified-since", b"if-unmodified-since"


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({}, False),
        ({NONE: b'"a"'}, True),
        ({NONE: b'W/"a-gz"'}, True),
        ({NONE: b"*"}, True),
        ({NONE: b'"*"'}, False),
        ({NONE: b"a"}, False),
        ({NONE: b'"b"', SINCE: THEN}, False),
        ({NONE: b"", SINCE: THEN}, True),
        ({SINCE: THEN}, True),
        ({SINCE: LATER}, True),
        ({SINCE: BEFORE}, False),
        ({SINCE: FUTURE}, False),
        ({SINCE: b"yesterday"}, False),
    ],
)
def test_the_client_has_the_file_or_has_it_not(given: dict[bytes, bytes], same: bool) -> None:  # noqa: FBT001
    assert has_already(given, OWN, MODIFIED, NOW) is same


def test_a_date_that_we_gave_ourselves_is_good_though_our_clock_went_back() -> None:
    assert has_already({SINCE: THEN}, OWN, MODIFIED, MODIFIED - 60)


@pytest.mark.parametrize(
    ("given", "fails"),
    [
        ({}, False),
        ({MATCH: b'"b", "a"'}, False),
        ({MATCH: b"*"}, False),
        ({MATCH: b'"b"'}, True),
        ({MATCH: b'W/"a"'}, True),
        ({MATCH: b'"a"', UNMODIFIED: BEFORE}, False),
        ({UNMODIFIED: THEN}, False),
        ({UNMODIFIED: BEFORE}, True),
        ({UNMODIFIED: b"yesterday"}, False),
    ],
)
def test_the_client_wants_this_version_or_another(given: dict[bytes, bytes], fails: bool) -> None:  # noqa: FBT001
    assert failed(given, OWN, MODIFIED) is fails
