"""Builders with defaults: a test names only what it is about.

`NOW` is a Friday, 07:00 in Stockholm. What varies is given by keyword: `an_item(title="...")`.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from content.newsroom import Category, Contact, Event, Item, Known, Media, Newsroom, Organisation
from newsletter.issue import Issue
from newsletter.settings import NewsletterSettings
from storage import subscribers
from storage.engine import writing

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


def a_picture(name: str, alt: str, **over: Any) -> Media:
    """A picture of the demo's shape: 1200 x 675, as JPEG."""
    values: dict[str, Any] = {
        "url": f"{BASE_URL}/media/0123456789abcdef/{name}",
        "type": "image/jpeg",
        "length": 56_000,
        "alt": alt,
        "width": 1200,
        "height": 675,
    }
    return Media(**values | over)


def a_full_organisation(**over: Any) -> Organisation:
    """An association as in the demo: logo, four contacts, two paragraphs about itself."""
    return an_organisation(
        **{
            "name": "Kommunförbundet Älvland",
            "url": "https://www.example.org",
            "about": (
                "Kommunförbundet Älvland är en förening av och för de fjorton kommunerna i Älvland. Här "
                "förhandlar kommunerna tillsammans och delar kunskap.\n\n"
                "Förbundet driver bland annat gymnasieantagningen och länets energirådgivning."
            ),
            "address": ("Kommunförbundet Älvland", "Box 114", "999 95 Älvsunda", "Sverige"),
            "logo": a_picture(
                "logotyp.png", "Kommunförbundet Älvland", type="image/png", width=380, height=104
            ),
            "contacts": (
                Contact(
                    "Torvald Ekemyr",
                    ("Förbundsdirektör", "Talesperson"),
                    "torvald@example.org",
                    ("08-465 004 01", "070-174 06 11"),
                ),
                Contact("Milan Sjöbris", ("Presschef",), "milan@example.org", ("08-465 004 04",)),
                Contact(
                    "Signe Almkvist",
                    ("Kommunikatör", "Press och nyheter"),
                    "signe@example.org",
                    ("070-174 06 27",),
                ),
                Contact(
                    "Ebba Norrfalk",
                    ("Verksamhetschef, Gymnasieantagningen",),
                    "ebba@example.org",
                    ("08-465 004 51",),
                ),
            ),
        }
        | over
    )


def a_full_issue(**over: Any) -> Issue:
    """A week of a press office: three categories, pictures, one item pinned, one in English, four events."""
    items = (
        an_item(
            key="sol",
            category="press",
            pinned=True,
            title="Nya Solkartan visar vad ditt tak kan ge",
            summary="Från i dag kan alla som bor i Älvland se hur mycket el solceller på det egna taket "
            "skulle ge, månad för månad. Kartan är gratis och kräver ingen inloggning.",
            image=a_picture(
                "solkartan.jpg", "Illustration av hustak sedda uppifrån, färgade efter hur mycket sol de får"
            ),
        ),
        an_item(
            key="butik",
            category="press",
            title="Pressinbjudan: så mycket kan butiker spara på att minska sin energianvändning",
            summary="Nio butiker har mätt sin el i ett år. Den 8 oktober visar de vad det gav, "
            "och vad som var enklast.",
            image=a_picture("butiken.jpg", "Illustration av en upplyst butik i skymningen"),
        ),
        an_item(
            key="bana",
            category="news",
            title="Åtta tusen bostäder längs banan",
            published=NOW - timedelta(days=1),
            summary="Kommunerna längs Älvbanan har enats om var det ska byggas först. Förslaget går nu "
            "ut på samråd i alla fjorton kommunerna & hos trafikbolaget.",
            image=a_picture("alvbanan.jpg", "Illustration av ett tåg på en bro över älven"),
        ),
        an_item(
            key="halsa",
            category="news",
            title="Varannan flicka och var tredje pojke känner sig stressad varje vecka",
            summary="Kommunerna och regionen satsar tillsammans på tidigt stöd. "
            "Två projektledare börjar i höst.",
        ),
        an_item(
            key="homes",
            category="news",
            language="en",
            title="Homes along the railway: what was decided, and why",
            summary="A short version in English of this week's decision, with a map and the timetable.",
            image=a_picture("map.svg", "A map", type="image/svg+xml"),
        ),
        an_item(
            key="tre",
            category="blog",
            title="Tre direktörer, tre perspektiv",
            summary="Förbundet fyller tjugosex år. Vi har frågat dem som har lett det vad de minns, "
            "vad de är stolta över och vad de tror om framtiden.",
            image=a_picture("tre-direktorer.jpg", "Illustration av tre stolar runt ett bord"),
        ),
    )
    events = (
        an_event(
            key="mote",
            title="Mötesplats Älvland",
            starts=datetime(2026, 10, 5, 8, 0, tzinfo=STOCKHOLM),
            ends=datetime(2026, 10, 5, 18, 0, tzinfo=STOCKHOLM),
            place="Slussmagasinet, Stora salen",
            address="Slussgatan 2, Älvsunda",
        ),
        an_event(
            key="registrator",
            title="Nätverksträff för registratorer",
            starts=datetime(2026, 10, 20, 13, 0, tzinfo=STOCKHOLM),
            place="Förbundets kansli",
            address="Slussgatan 12, Älvsunda",
            cancelled=True,
        ),
        an_event(
            key="massan",
            title="Gymnasiemässan 2026",
            starts=None,
            first_day=date(2026, 10, 22),
            last_day=date(2026, 10, 24),
            place="Älvsundamässan",
            address="",
            category="news",
        ),
        an_event(
            key="visit",
            language="en",
            title="Study visit: how fourteen towns share one archive",
            starts=datetime(2026, 10, 28, 10, 0, tzinfo=STOCKHOLM),
            ends=datetime(2026, 10, 28, 15, 0, tzinfo=STOCKHOLM),
            place="Regional Archive, Kvarnbro",
            address="Bruksgatan 9, Kvarnbro",
        ),
    )
    return an_issue(
        **{
            "title": "Veckan i Älvland",
            "number": 12,
            "organisation": a_full_organisation(),
            "sender": "Kommunförbundet Älvland <nyhetsbrev@example.org>",
            "reply_to": "press@example.org",
            "intro": "Det viktigaste från veckan som gått, och vad som händer härnäst.",
            "choices": (PRESS, NEWS, BLOG),
            "items": items,
            "events": events,
            "new_events": ("mote", "visit"),
            "more_events": 3,
            "waiting": 2,
        }
        | over
    )


def subscribe(
    engine: Engine,
    address: str = "anna@example.org",
    newsletter: str = "weekly",
    *,
    categories: tuple[str, ...] | None = None,
    language: str | None = None,
) -> int:
    """Add a person who actively subscribes; give the id."""
    with writing(engine) as conn:
        new = subscribers.NewSubscriber(address, address, language, NOW)
        (person,) = subscribers.add(conn, [new]).values()
        row = subscribers.Subscription(person, newsletter, "active", NOW, categories=categories)
        subscribers.subscribe(conn, [row])
    return person
