"""What the head of an item must and may say. Pure; called by `content.reading`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from content import moments
from content.fields import Fields
from content.settings import CategorySettings
from content.slugs import slug_of

_DRAFT_WORDS = frozenset({"draft", "hidden", "skip", "private"})
_STATUS_WORDS = _DRAFT_WORDS | {
    "published",
    "publish",
    "public",
    "cancelled",
    "canceled",
    "confirmed",
    "tentative",
    "scheduled",
}


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every piece; `categories` by all that people call them."""

    zone: ZoneInfo
    language: str
    categories: Mapping[str, str]
    names: tuple[str, ...]
    now: datetime


def house_of(zone: str, language: str, categories: Mapping[str, CategorySettings], now: datetime) -> House:
    known: dict[str, str] = {}
    for name, category in categories.items():
        for spelling in (*category.title.values(), name):
            known[spelling.strip().lower()] = name
    # A name is always itself, whatever another category's title is.
    known.update({name: name for name in categories})
    return House(ZoneInfo(zone), language, known, tuple(categories), now)


def title(fields: Fields) -> str:
    before = len(fields.problems)
    found = fields.plain("title")
    if not found and len(fields.problems) == before:
        missing = "title" not in fields
        fields.refuse("title", "is missing: write title: What it is called" if missing else "is empty")
    return found


def category(fields: Fields, house: House, default: str | None, *, needed: bool) -> str | None:
    """Find the first category that the newsroom has; other generators give several."""
    written = fields.texts("category")
    if not written:
        if default is None and len(house.names) == 1:
            default = house.names[0]
        if default is None and needed:
            fields.refuse("category", f"is missing: write one of {', '.join(house.names)}")
        return default
    for name in written:
        if name.lower() in house.categories:
            return house.categories[name.lower()]
    near = get_close_matches(written[0].lower(), house.categories, n=1, cutoff=0.6)
    meant = f"; did you mean {house.categories[near[0]]}?" if near else ""
    fields.refuse("category", f"'{written[0][:60]}' is no category here ({', '.join(house.names)}){meant}")
    return None


def is_draft(fields: Fields) -> bool:
    status = fields.line("status").lower()
    if status and status not in _STATUS_WORDS:
        fields.refuse("status", f"'{status[:60]}' means nothing here; write draft or published", fatal=False)
    hidden = fields.flag("draft") or fields.flag("private")
    return hidden or not fields.flag("is_published", default=True) or status in _DRAFT_WORDS


def withdrawal(fields: Fields, house: House) -> tuple[bool, datetime | None, str]:
    """Read whether the author took it back, since when, and why: true, a date, or the reason."""
    value = fields.value("withdrawn")
    reason = fields.plain("withdrawn_reason")
    if value is None or isinstance(value, bool):
        return bool(value), None, reason
    text = fields.line("withdrawn")
    if moments.looks_like_date(text):
        since = fields.moment("withdrawn", house.zone)
        return since is not None and since <= house.now, since, reason
    if text.lower() in ("no", "nej", "false", ""):
        return False, None, reason
    return True, None, reason or ("" if text.lower() in ("yes", "ja", "true") else fields.plain("withdrawn"))


def dates(fields: Fields, house: House) -> tuple[datetime | None, datetime | None]:
    """Read when it was published and when it was last changed; a change that is still to come is none."""
    published, updated = fields.moment("date", house.zone), fields.moment("updated", house.zone)
    if updated is not None and updated > house.now:
        fields.refuse("updated", "lies in the future, and is ignored", fatal=False)
        updated = None
    return published, updated


def slug(fields: Fields) -> str:
    """Read the name that the address ends in; Hugo and Jekyll may have it as the last part of `url`."""
    written = fields.line("slug")
    found = slug_of((written or fields.line("url").partition("?")[0]).rstrip("/").rpartition("/")[2])
    if written and not found:
        fields.refuse("slug", f"'{written[:60]}' has no letter or digit that an address can hold")
    return found
