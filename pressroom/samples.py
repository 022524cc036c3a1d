"""A newsroom that has everything once, to try templates on: what an operator's own content may lack.

`check` renders every template with it, so that a mistake in a template shows before the first issue.
"""

from datetime import UTC, date, datetime, timedelta

from content.newsroom import Author, Category, Contact, Event, Item, Media, Newsroom, Organisation
from newsletter.issue import Issue

ADDRESS = "https://sample.example.org"
MOMENT = datetime(2026, 10, 2, 7, 0, tzinfo=UTC)
PICTURE = Media(
    f"{ADDRESS}/picture.jpg", "image/jpeg", 1000, alt="A sample", width=1200, height=800, path="picture.jpg"
)
PAPER = Media(f"{ADDRESS}/paper.pdf", "application/pdf", 1000, title="A paper", path="paper.pdf")


def newsroom(language: str) -> Newsroom:
    """Give a newsroom with items and events that have everything, and others that have the least."""
    organisation = Organisation(
        name="Sample organisation",
        url="https://www.example.org",
        language=language,
        timezone="Europe/Stockholm",
        about="A sample.\n\nAnd another paragraph.",
        address=("Street 1", "123 45 Town"),
        logo=PICTURE,
        contacts=(
            Contact("Sample Contact", ("Press officer",), "press@example.org", ("+46 8 000 00 00",), PICTURE),
            Contact("Another Contact"),
        ),
    )
    categories = (Category("news", {language: "News"}, "What is new"), Category("press", {language: "Press"}))
    return Newsroom(organisation, ADDRESS, categories, tuple(_items(language)), tuple(_events(language)))


def issue(language: str, title: str, subject: str | None = None) -> Issue:
    """Give an issue of all of it."""
    room = newsroom(language)
    return Issue(
        newsletter="sample",
        title=title,
        number=1,
        slot="2026-10-02T07:00",
        zone="Europe/Stockholm",
        language=language,
        composed=MOMENT,
        base_url=ADDRESS,
        organisation=room.organisation,
        choices=room.categories,
        sender="Sample <sample@example.org>",
        reply_to="press@example.org",
        subject=subject,
        intro="An introduction.",
        items=tuple(item for item in room.items if item.withdrawn is None),
        events=room.events,
        new_events=tuple(event.key for event in room.events[:1]),
        more_events=3,
        waiting=2,
    )


def _items(language: str) -> list[Item]:
    full = Item(
        key="sample-1",
        source="sample.md",
        title="A sample with everything",
        category="news",
        published=MOMENT,
        updated=MOMENT + timedelta(hours=1),
        language=language,
        slug="everything",
        link=f"{ADDRESS}/items/everything/",
        has_page=True,
        body_html="<p>A body with a <a href='https://www.example.org/'>link</a>.</p>",
        text="A body with a link.",
        summary="A summary.",
        authors=(Author("A. Author", "author@example.org", "https://www.example.org/author"),),
        tags=("sample",),
        image=PICTURE,
        attachments=(PAPER,),
        media=(PICTURE, PAPER),
        pinned=True,
    )
    least = Item(
        key="sample-2",
        source="least.md",
        title="The least",
        category="press",
        published=MOMENT - timedelta(days=1),
        updated=MOMENT - timedelta(days=1),
        language=language,
        slug="least",
        link="https://www.example.org/elsewhere",
        has_page=False,
    )
    gone = Item(
        key="sample-3",
        source="gone.md",
        title="Withdrawn",
        category="news",
        published=MOMENT - timedelta(days=2),
        updated=MOMENT,
        language=language,
        slug="gone",
        link=f"{ADDRESS}/items/gone/",
        has_page=True,
        withdrawn=MOMENT,
        withdrawn_reason="A mistake.",
    )
    return [full, least, gone]


def _events(language: str) -> list[Event]:
    return [
        Event(
            key="sample-event-1",
            source="event.md",
            title="A timed event",
            first_day=date(2026, 10, 6),
            last_day=date(2026, 10, 6),
            zone="Europe/Stockholm",
            published=MOMENT,
            updated=MOMENT,
            language=language,
            slug="timed",
            link=f"{ADDRESS}/events/timed/",
            has_page=True,
            starts=datetime(2026, 10, 6, 6, 0, tzinfo=UTC),
            ends=datetime(2026, 10, 6, 16, 0, tzinfo=UTC),
            place="The hall",
            address="Street 1, Town",
            category="news",
            body_html="<p>A body.</p>",
            text="A body.",
            summary="A summary.",
            image=PICTURE,
            media=(PICTURE,),
        ),
        Event(
            key="sample-event-2",
            source="events.yaml",
            title="Three whole days",
            first_day=date(2026, 10, 8),
            last_day=date(2026, 10, 10),
            zone="Europe/Stockholm",
            published=MOMENT,
            updated=MOMENT,
            language=language,
            slug="days",
            link="https://www.example.org/days",
            has_page=False,
            cancelled=True,
            sequence=1,
        ),
    ]
