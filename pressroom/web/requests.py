"""Who is asking: the client's address, through the proxies that we believe.

X-Forwarded-For is read from the right, as far as the addresses are those of our own proxies; the first other
one is the client. Anybody can write what stands to the left of it. Used for limits and for the evidence of
consent, never for a log.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LONGEST = 2048
MOST_HOPS = 32


def client_address(request: HTTPConnection, proxies: Sequence[Network]) -> str:
    """Give the client's address; empty when it is not known."""
    peer = _address(request.client.host) if request.client else None
    if peer is None:
        return ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))[-LONGEST:]
    for hop in reversed(forwarded.split(",")[-MOST_HOPS:]):
        if not among(peer, proxies):
            break
        named = _address(hop)
        if named is None:
            break
        peer = named
    return str(peer)


def among(address: str | Address, networks: Sequence[Network]) -> bool:
    found = _address(address) if isinstance(address, str) else address
    return found is not None and any(found.version == each.version and found in each for each in networks)


def _address(text: str) -> Address | None:
    """Read an address as headers have it: with brackets, a port or a zone, or an IPv4 one within IPv6."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
