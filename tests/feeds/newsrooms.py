"""A newsroom in which everything occurs that a feed can say."""

from datetime import date, datetime, timedelta

from content.newsroom import Author, Category, Event, Item, Media, Newsroom
from feeds.settings import FeedsSettings
from tests.scenarios import (
    BASE_URL,
    NEWS,
    NOW,
    PRESS,
    STOCKHOLM,
    a_newsroom,
    an_event,
    an_item,
    an_organisation,
)

SETTINGS = FeedsSettings(id_authority="example.org,2017", items=5)
LOGO = Media(f"{BASE_URL}/media/0123/logo.png", "image/png", 900, width=400, height=120)
PICTURE = Media(
    f"{BASE_URL}/media/0a1b/äng.jpg",
    "image/jpeg",
    48_213,
    alt='En äng, sedd "uppifrån"',
    width=1200,
    height=800,
)
REPORT = Media(f"{BASE_URL}/media/2c3d/rapport.pdf", "application/pdf", 120_034, title="Rapporten & bilagan")
SOUND = Media(f"{BASE_URL}/media/4e5f/intervju.mp3", "audio/mpeg", 2_000_001)
ELSEWHERE = Media("https://files.example.net/data.csv?year=2026&all=1", "text/csv")


def full_items() -> tuple[Item, ...]:
    return (
        an_item(
            key="everything",
            title="Å & <b>Ö</b>: 3 < 4 &amp; mer",
            published=NOW - timedelta(hours=1),
            updated=NOW - timedelta(minutes=5),
            body_html='<p>Full <a href="https://example.org/a?b=1&amp;c=2">text</a> &amp; more.</p>\n',
            summary="Kort & gott: 1 < 2.",
            authors=(
                Author("Åsa Öberg", "asa.oberg@example.org"),
                Author("Bo Ek", url="https://example.org/bo"),
            ),
            tags=("klimat", "Nyheter", "klimat"),
            image=PICTURE,
            attachments=(REPORT, SOUND, ELSEWHERE, REPORT),
        ),
        an_item(key="english", language="en", title="In English", published=NOW - timedelta(days=1)),
        an_item(
            key="https://old.example.org/?p=17",
            category="press",
            title="Flyttad från den gamla platsen",
            published=NOW - timedelta(days=2, microseconds=123),
            link="https://elsewhere.example.org/artikel",
            has_page=False,
        ),
        an_item(
            key="shown",
            title="Bilden står i texten",
            published=NOW - timedelta(days=3),
            image=PICTURE,
            body_html=f'<p><img src="{PICTURE.url}" alt="x"></p><p>Text.</p>'.replace("ä", "%C3%A4"),
        ),
        an_item(
            key="bare",
            title="Bara en rubrik",
            published=NOW - timedelta(days=4),
            body_html="",
            text="",
            summary="",
        ),
        an_item(key="older", title="Äldre", published=NOW - timedelta(days=40)),
        an_item(key="oldest", title="Äldst", category="press", published=NOW - timedelta(days=75)),
        an_item(
            key="gone",
            title="Tillbakadragen",
            published=NOW - timedelta(days=80),
            body_html="",
            text="",
            summary="",
            withdrawn=NOW - timedelta(days=1),
            withdrawn_reason="Uppgifterna stämde inte.",
        ),
    )


def full_events() -> tuple[Event, ...]:
    return (
        an_event(
            key="timed",
            title="Frukostmöte; kaffe, te",
            starts=datetime(2026, 10, 25, 2, 30, tzinfo=STOCKHOLM),
            ends=datetime(2026, 10, 25, 3, 30, tzinfo=STOCKHOLM),
            text="Rad ett\nRad två med ett långt stycke: " + "åäö " * 40,
            body_html="<p>Rad ett</p>",
            tags=("möte", "frukost"),
            sequence=2,
        ),
        an_event(
            key="days",
            title="Kongress",
            starts=None,
            first_day=date(2026, 10, 5),
            last_day=date(2026, 10, 7),
            address="",
        ),
        an_event(key="off", title="Inställt", cancelled=True, sequence=1, category="news"),
        an_event(key="away", title="Borta", withdrawn=NOW, text="", summary=""),
    )


def full_newsroom() -> Newsroom:
    return a_newsroom(
        organisation=an_organisation(name="Kommunförbundet & Co", logo=LOGO, about="Vi växer\nihop.\n\nMer."),
        categories=(NEWS, PRESS, Category("blog", {"sv": "Blogg"}, description="Vad vi tycker.")),
        items=full_items(),
        events=full_events(),
    )
