"""Builders with defaults: a test names only what it is about.

`NOW` is a Friday, 07:00 in Stockholm. What varies is given by keyword: `an_item(title="...")`.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from content.newsroom import Category, Contact, Event, Item, Known, Newsroom, Organisation
from newsletter.issue import Issue
from newsletter.settings import NewsletterSettings

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 10, 2, 5, 0, tzinfo=UTC)
BASE_URL = "https://news.example.org"

NEWS = Category("news", {"sv": "Nyheter", "en": "News"})
PRESS = Category("press", {"sv": "Pressmeddelanden", "en": "Press releases"})
BLOG = Category("blog", {"sv": "Blogginlägg", "en": "Blog"})


def an_item(**over: Any) -> Item:
    key = over.get("key", "k1")
    values: dict[str, Any] = {
        "key": key,
        "source": f"items/{key}.md",
        "title": f"Item {key}",
        "category": "news",
        "published": NOW - timedelta(days=2),
        "updated": over.get("published", NOW - timedelta(days=2)),
        "language": "sv",
        "slug": f"item-{key}",
        "link": f"{BASE_URL}/items/item-{key}/",
        "has_page": True,
        "body_html": f"<p>The text of {key}.</p>",
        "text": f"The text of {key}.",
        "summary": f"The text of {key}.",
    }
    return Item(**values | over)


def an_event(**over: Any) -> Event:
    key = over.get("key", "e1")
    starts = over.get("starts", datetime(2026, 10, 15, 8, 0, tzinfo=STOCKHOLM))
    first_day = over.get("first_day", starts.astimezone(STOCKHOLM).date() if starts else date(2026, 10, 15))
    values: dict[str, Any] = {
        "key": key,
        "source": f"events/{key}.md",
        "title": f"Event {key}",
        "first_day": first_day,
        "last_day": first_day,
        "zone": "Europe/Stockholm",
        "published": NOW - timedelta(days=3),
        "updated": NOW - timedelta(days=3),
        "language": "sv",
        "slug": f"event-{key}",
        "link": f"{BASE_URL}/events/event-{key}/",
        "has_page": True,
        "starts": starts,
        "place": "Stora salen",
        "address": "Storgatan 1",
        "text": f"The text of {key}.",
        "summary": f"The text of {key}.",
    }
    return Event(**values | over)


def an_organisation(**over: Any) -> Organisation:
    values: dict[str, Any] = {
        "name": "Kommunförbundet",
        "url": "https://example.org",
        "language": "sv",
        "timezone": "Europe/Stockholm",
        "about": "Vi växer ihop.",
        "address": ("Kommunförbundet", "Box 1", "100 64 Stockholm"),
        "contacts": (Contact("Anna Ek", ("Presskontakt",), "anna.ek@example.org", ("08-123 45 67",)),),
    }
    return Organisation(**values | over)


def a_newsroom(**over: Any) -> Newsroom:
    """Items are put newest first and events by start, as the loader does."""
    values: dict[str, Any] = {
        "organisation": an_organisation(),
        "base_url": BASE_URL,
        "categories": (NEWS, PRESS, BLOG),
    } | over
    values["items"] = tuple(
        sorted(values.get("items", ()), key=lambda item: (item.published, item.key), reverse=True)
    )
    values["events"] = tuple(sorted(values.get("events", ()), key=lambda event: (event.first_day, event.key)))
    return Newsroom(**values)


def newsletter_settings(**over: Any) -> NewsletterSettings:
    values = {"title": "Veckobrevet", "schedule": "fri 07:00", "from": "Kommunförbundet <news@example.org>"}
    return NewsletterSettings.model_validate(values | over)


def an_issue(**over: Any) -> Issue:
    values: dict[str, Any] = {
        "newsletter": "weekly",
        "title": "Veckobrevet",
        "number": 1,
        "slot": "2026-10-02T07:00",
        "zone": "Europe/Stockholm",
        "language": "sv",
        "composed": NOW,
        "base_url": BASE_URL,
        "organisation": an_organisation(),
        "choices": (NEWS, PRESS, BLOG),
        "sender": "Kommunförbundet <news@example.org>",
        "items": (an_item(),),
        "events": (an_event(),),
        "new_events": ("e1",),
    }
    return Issue(**values | over)


def a_known(**over: Any) -> Known:
    key = over.get("key", "k1")
    values: dict[str, Any] = {
        "key": key,
        "kind": "item",
        "source": f"items/{key}.md",
        "slug": f"item-{key}",
        "content_hash": "c" * 64,
        "body_hash": "b" * 64,
        "head_hash": "d" * 64,
        "published": NOW,
        "updated": NOW,
        "first_seen": NOW,
    }
    return Known(**values | over)
