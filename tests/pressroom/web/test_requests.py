"""Who asks: nobody can lend themselves another address, but by a proxy of ours."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from pressroom.web.requests import client_address

PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/24"), ip_network("::1/128"))


def request(peer: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("127.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.9, 10.0.0.7"], "198.51.100.9"),
        ("127.0.0.1", ["203.0.113.5", "198.51.100.9"], "198.51.100.9"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("127.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["::ffff:198.51.100.9"], "198.51.100.9"),
        ("somewhere", [], ""),
    ],
)
def test_only_our_proxies_are_believed(peer: str, forwarded: list[str], client: str) -> None:
    assert client_address(request(peer, *forwarded), PROXIES) == client


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_whatever_is_forwarded_gives_an_address(forwarded: str) -> None:
    assert client_address(request("127.0.0.1", forwarded), PROXIES)
