"""How the newsletters are composed, scheduled and sent."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from content.settings import Duration, Language, Name, Settings, Zone, parse_duration

CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def _one_line(value: str) -> str:
    if CONTROLS.search(value):
        message = "must be one line without control characters"
        raise ValueError(message)
    return value


Line = Annotated[str, AfterValidator(_one_line)]
Count = Annotated[int, Field(ge=1)]
Answering = Annotated[Duration, Field(ge=timedelta(hours=1), le=timedelta(days=30))]


class EventsSettings(Settings):
    """Events that start within `horizon` of the slot are listed, the `max` soonest."""

    horizon: Duration = parse_duration("30d")
    max: Annotated[int, Field(ge=0, le=200)] = 10


class NewsletterSettings(Settings):
    """One recurring digest; see docs/reference/config.md for every key.

    `categories` empty means all. `languages` are the ones in which editions are made; items of other
    languages are sent all the same, only the frame around them is translated. A newsletter that is
    closed for `signup` gets its readers from the operator alone; they may leave and choose like others.
    """

    title: Line
    schedule: Line
    sender: Annotated[Line, Field(alias="from")]
    reply_to: Line | None = None
    subject: Line | None = None
    intro: str = ""
    timezone: Zone | None = None
    language: Language | None = None
    categories: tuple[Name, ...] = ()
    lookback: Duration = parse_duration("7d")
    max_items: Annotated[int, Field(ge=1, le=500)] = 20
    events: EventsSettings = EventsSettings()
    misfire_grace: Duration = parse_duration("6h")
    approval: Literal["none", "required"] = "none"
    signup: Literal["open", "closed"] = "open"


class SignupSettings(Settings):
    """How many sign-ups are let through in an hour, and how long a confirmation may take.

    Counted by where they come from (the client's network, and the wider one around it) and where they aim
    (the domain of the address). An address gets one letter a day, whatever stands here.
    """

    per_network: Count = 20
    per_neighbourhood: Count = 100
    per_domain: Count = 300
    confirm_within: Answering = parse_duration("72h")


class SmtpSettings(Settings):
    """`url`: smtp://host:25 (no TLS), smtp+starttls://user@host:587 or smtps://user@host:465.

    `retries` are the waits after the first, second, ... passing failure; the last one repeats until
    `give_up` has passed since the delivery was queued. `uncertain`: what becomes of a delivery
    whose outcome a crash or a broken connection hid: sent again (three tries in all), or held for a look.
    """

    url: str = "smtp://127.0.0.1:25"
    password: Annotated[str | None, Field(repr=False)] = None
    password_file: Path | None = None
    ca_file: Path | None = None
    local_hostname: str | None = None
    connections: Annotated[int, Field(ge=1, le=200)] = 10
    timeout: Duration = parse_duration("60s")
    retries: tuple[Duration, ...] = tuple(map(parse_duration, ("5m", "15m", "30m", "1h", "2h", "4h")))
    give_up: Duration = parse_duration("2d")
    uncertain: Literal["resend", "hold"] = "resend"
