"""How the feeds are published."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from content.settings import Duration, Settings, parse_duration

Format = Literal["atom", "rss", "json"]


class FeedsSettings(Settings):
    """`id_authority` is "host,year" of RFC 4151 and must never change once something is published.

    `items` is the number in the current feed; older ones are in archives, one per month (what came late
    and notices of withdrawn ones are in both).
    `withdrawn_for` is how long a withdrawn item is shown as a notice.
    """

    output: Path = Path("public")
    id_authority: Annotated[str, Field(pattern=r"^[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?$")]
    items: Annotated[int, Field(ge=1, le=500)] = 30
    formats: tuple[Format, ...] = ("atom", "rss", "json")
    withdrawn_for: Duration = parse_duration("30d")
