"""The whole configuration as one frozen value, made by `pressroom.config` and passed to everything else.

`ConfigFile` is the shape of config.yaml; `Config` is the same with paths made absolute, secrets read
from their files, and the place it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from content.settings import (
    CategorySettings,
    LimitSettings,
    Name,
    OrganisationSettings,
    Settings,
    SourceSettings,
)
from feeds.settings import FeedsSettings
from newsletter.settings import NewsletterSettings, SignupSettings, SmtpSettings
from pressroom.web.settings import WebSettings
from storage.settings import StorageSettings


class ConfigFile(Settings):
    """The keys of config.yaml. What has no default must be there."""

    organisation: OrganisationSettings
    sources: Annotated[tuple[SourceSettings, ...], Field(min_length=1)]
    categories: Annotated[Mapping[Name, CategorySettings], Field(min_length=1)]
    limits: LimitSettings = LimitSettings()
    feeds: FeedsSettings
    newsletters: Mapping[Name, NewsletterSettings] = Field(default_factory=dict)
    signups: SignupSettings = SignupSettings()
    smtp: SmtpSettings = SmtpSettings()
    storage: StorageSettings = StorageSettings()
    web: WebSettings
    templates: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What a process runs with. `file` is the configuration file, `folder` where it lies."""

    organisation: OrganisationSettings
    sources: tuple[SourceSettings, ...]
    categories: Mapping[str, CategorySettings]
    limits: LimitSettings
    feeds: FeedsSettings
    newsletters: Mapping[str, NewsletterSettings]
    signups: SignupSettings
    smtp: SmtpSettings
    storage: StorageSettings
    web: WebSettings
    templates: Path | None
    folder: Path
    file: Path

    def zone(self, newsletter: str) -> ZoneInfo:
        """Give the zone that a newsletter's schedule is in."""
        return ZoneInfo(self.newsletters[newsletter].timezone or self.organisation.timezone)

    def language(self, newsletter: str) -> str:
        """Give the language of readers who have chosen none."""
        return self.newsletters[newsletter].language or self.organisation.language
