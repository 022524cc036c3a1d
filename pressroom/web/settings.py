"""The settings of the web service: where it listens, whom it believes, what it tells."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from content.settings import Settings, WebAddress

LOOPBACK = ("127.0.0.0/8", "::1")


def listening(value: str) -> tuple[str, int]:
    """Take "127.0.0.1:8000" or "[::1]:8000" apart; raise ValueError for anything else."""
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z.-]+):(\d{1,5})", value)
    if not match or not 0 < int(match[2]) < 65_536:  # noqa: PLR2004
        message = f"'{value}' is no place to listen at; write an address and a port, as 127.0.0.1:8000"
        raise ValueError(message)
    return match[1], int(match[2])


def _place(value: str) -> str:
    listening(value)
    return value


def _network(value: object) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(str(value), strict=False)
    except ValueError as error:
        message = f"'{value}' is no address or network; write it as 10.0.0.5 or 10.0.0.0/8"
        raise ValueError(message) from error


Place = Annotated[str, AfterValidator(_place)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class WebSettings(Settings):
    """`url` is where all of it is served to the world: every link in feeds and mails starts with it.

    `proxies` are believed when they say in X-Forwarded-For for whom they ask; `metrics` may read /metrics.
    """

    url: WebAddress
    listen: Place = "127.0.0.1:8000"
    proxies: tuple[Network, ...] = tuple(map(ip_network, LOOPBACK))
    metrics: tuple[Network, ...] = ()
    request_log: bool = False
