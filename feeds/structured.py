"""What a page says of itself to search engines: schema.org as JSON-LD, safe inside a script element.

Pure; called by `feeds.pages`.
"""

import json
from typing import Any

from markupsafe import Markup

from content.newsroom import Event, Item, Newsroom
from content.notation import event_end, event_start, is_web_address, machine_time
from content.uris import uri

# In a script element only these could end it or begin a comment; JSON may write any character so.
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def article(item: Item, newsroom: Newsroom, page: str) -> Markup:
    zone = newsroom.organisation.timezone
    return _script(
        {
            "@type": "NewsArticle",
            "headline": item.title,
            "description": item.summary,
            "url": page,
            "mainEntityOfPage": page,
            "inLanguage": item.language,
            "datePublished": machine_time(item.published, zone),
            "dateModified": machine_time(max(item.updated, item.published), zone),
            "image": uri(item.image.url) if item.image else "",
            "keywords": list(item.tags),
            "author": [_author(author.name, author.url) for author in item.authors] or _publisher(newsroom),
            "publisher": _publisher(newsroom),
        }
    )


def occasion(event: Event, newsroom: Newsroom, page: str) -> Markup:
    status = "EventCancelled" if event.cancelled else "EventScheduled"
    place = {"@type": "Place", "name": event.place or event.address, "address": event.address}
    return _script(
        {
            "@type": "Event",
            "name": event.title,
            "description": event.summary,
            "url": page,
            "inLanguage": event.language,
            "startDate": event_start(event),
            "endDate": event_end(event) if event.ends or event.whole_day else "",
            "eventStatus": f"https://schema.org/{status}",
            "location": _filled(place) if event.place or event.address else "",
            "image": uri(event.image.url) if event.image else "",
            "organizer": _publisher(newsroom),
        }
    )


def _publisher(newsroom: Newsroom) -> dict[str, Any]:
    organisation = newsroom.organisation
    logo = uri(organisation.logo.url) if organisation.logo else ""
    return _filled(
        {"@type": "Organization", "name": organisation.name, "url": organisation.url, "logo": logo}
    )


def _author(name: str, url: str | None) -> dict[str, Any]:
    return _filled({"@type": "Person", "name": name, "url": url if is_web_address(url) else ""})


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _script(values: dict[str, Any]) -> Markup:
    text = json.dumps({"@context": "https://schema.org"} | _filled(values), ensure_ascii=False)
    for character, escaped in ESCAPES.items():
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704 - escaped for a script element, where HTML's escapes do not count
