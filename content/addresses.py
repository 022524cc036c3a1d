"""The public addresses, as paths below the public root; the one place where they are spelled.

Paths are relative ("feeds/all/atom.xml"); a page's path ends in a slash. `absolute` makes an address.
"""

FEED_FILES = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}


def absolute(base_url: str, path: str) -> str:
    return f"{base_url}/{path}"


def items_page() -> str:
    return "items/"


def category_page(category: str) -> str:
    return f"categories/{category}/"


def archive_page(period: str) -> str:
    """The items of a year ("2026") or of a month ("2026/10")."""
    return f"archive/{period}/"


def item_page(slug: str) -> str:
    return f"items/{slug}/"


def event_page(slug: str) -> str:
    return f"events/{slug}/"


def event_calendar(slug: str) -> str:
    return f"events/{slug}.ics"


def media(digest: str, name: str) -> str:
    """Media are named by their content, so that an address never changes its bytes."""
    return f"media/{digest[:16]}/{name}"


def feed_page(feed: str) -> str:
    """The page for people of one feed; `feed` is "all", "events" or a category's name."""
    return f"feeds/{feed}/"


def feed(feed: str, format_: str) -> str:
    return f"feeds/{feed}/{FEED_FILES[format_]}"


def feed_archive(feed: str, period: str, format_: str) -> str:
    return f"feeds/{feed}/archive/{period}/{FEED_FILES[format_]}"


def feeds_page() -> str:
    return "feeds/"


def opml() -> str:
    return "feeds/feeds.opml"


def events_page() -> str:
    return "events/"


def events_calendar() -> str:
    return "feeds/events/events.ics"


def newsletters_page() -> str:
    return "newsletters/"


def newsletter_page(newsletter: str) -> str:
    return f"newsletters/{newsletter}/"


def issue_page(newsletter: str, number: int) -> str:
    return f"newsletters/{newsletter}/{number}/"


def newsletter_feed(newsletter: str) -> str:
    """The feed of a newsletter's issues."""
    return f"newsletters/{newsletter}/{FEED_FILES['atom']}"


def subscribe() -> str:
    """The sign-up form, and where every sign-up form sends to."""
    return "subscribe"


def confirm(token: str) -> str:
    return f"confirm/{token}"


def unsubscribe(token: str) -> str:
    return f"unsubscribe/{token}"


def preferences(token: str) -> str:
    return f"preferences/{token}"
