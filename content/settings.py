"""Settings of the content package, and the value types that the other packages' settings share.

Frozen models; only `pressroom.config` makes them from YAML and the environment.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from content.uris import uri

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Settings(BaseModel):
    """The shape of every settings model: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def parse_duration(value: Any) -> timedelta:
    """Read "90s", "5m", "6h", "7d" or "2w"; raise ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d{1,6})\s*([smhdw])", str(value).strip().lower())
    if not match:
        message = f"'{value}' is not a length of time; write a number and a unit, as 90s, 5m, 6h, 7d or 2w"
        raise ValueError(message)
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"'{name}' is no time zone of the IANA database; write one as Europe/Stockholm"
        raise ValueError(message) from error
    return name


def _known_language(code: str) -> str:
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        message = f"'{code}' is no language; write a code as sv, en or pt-BR"
        raise ValueError(message) from error
    return code


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        message = f"'{value}' is not an address as https://news.example.org"
        raise ValueError(message)
    return uri(value).rstrip("/")


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Language = Annotated[str, AfterValidator(_known_language)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class OrganisationSettings(Settings):
    """Who publishes. `contacts` is a YAML file; `about` and `address` are text, possibly of several lines."""

    name: Annotated[str, Field(min_length=1)]
    url: WebAddress
    language: Language = "en"
    timezone: Zone
    description: str = ""
    address: str = ""
    logo: Path | None = None
    contacts: Path | None = None


class SourceSettings(Settings):
    """One place to load from. A folder holds Markdown files and YAML lists of events, at any depth.

    `kind` is what a file without a word about it becomes: items, events, or (auto) whichever its
    head fits: a `start` makes it an event. `category` is for items that name none.
    """

    folder: Path
    kind: Annotated[str, Field(pattern="^(auto|items|events)$")] = "auto"
    category: str | None = None


class CategorySettings(Settings):
    title: Mapping[str, str]
    description: str = ""


class LimitSettings(Settings):
    """Bounds that keep one mistake from becoming everybody's: see docs/reference/config.md."""

    file_size: Annotated[int, Field(gt=0)] = 2_000_000
    withdrawals: Annotated[float, Field(gt=0, le=1)] = 0.25
