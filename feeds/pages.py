"""The pages for people: a static tree that any web server can serve, readable without scripts.

Pure and deterministic: no clock but `today`, which only decides which events are still to come. Every item
is reachable: from the front page, its category, and the lists of its year and month. Texts and looks
are in templates/web; this module decides which pages there are and what each of them is given.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from content import addresses
from content.dates import month_year
from content.languages import direction
from content.newsroom import Category, Event, Item, Newsroom
from content.notation import machine_time
from content.templates import Templates
from content.uris import uri
from feeds import selection, structured
from feeds.periods import Month, Year, years
from feeds.settings import FeedsSettings
from feeds.site import NOT_FOUND, Page, PublicNewsletter, Site, layout, page, prepared

FRONT_ITEMS = 10
FRONT_EVENTS = 6
FEED_PIECES = 10
# How much of the text is looked at to see whether the summary only repeats its beginning.
BEGINNING = 800
REPEATED = 60


def pages(
    newsroom: Newsroom,
    settings: FeedsSettings,
    templates: Templates,
    *,
    today: date,
    newsletters: Iterable[PublicNewsletter] = (),
) -> Iterator[Page]:
    """Give each page's path below the public root and its bytes, and the style sheet's.

    `today` is a day in the organisation's zone: events whose last day lies before it are over.
    `newsletters` are those whose archive is published in the same tree.
    """
    site, style = prepared(newsroom, settings, templates, today, newsletters)
    yield style
    yield _front(site)
    yield from _lists(site, settings.items)
    yield from _item_pages(site)
    yield from _event_pages(site)
    yield from _feed_pages(site, with_list=bool(settings.formats))
    yield page(site, NOT_FOUND, "web/404.html")


def _front(site: Site) -> Page:
    shown = [item for item in site.newsroom.items if not item.withdrawn]
    about = _paragraphs(site.newsroom.organisation.about)
    return page(
        site,
        "index.html",
        "web/front.html",
        "front",
        items=sorted(shown, key=lambda item: not item.pinned)[:FRONT_ITEMS],
        events=[event for event in _coming(site) if not event.withdrawn][:FRONT_EVENTS],
        feeds=site.feeds,
        about=about,
        description=about[0] if about else "",
    )


def _lists(site: Site, newest: int) -> Iterator[Page]:
    """Give the lists: the newest items, each category's newest, and every year and month."""
    _ = site.templates.translations(site.language).gettext
    items = site.newsroom.items
    found = years(items, site.newsroom.organisation.timezone)
    links = [_link(year.path, year.title, year.count) for year in found]
    yield _list(site, addresses.items_page(), _("News"), _cards(items[:newest]), links)
    for category in site.newsroom.categories:
        own = [item for item in items if item.category == category.name]
        path, title = addresses.category_page(category.name), category.title(site.language)
        yield _list(site, path, title, _cards(own[:newest]), links, category)
    for year in found:
        yield from _year_lists(site, year, links)


def _year_lists(site: Site, year: Year, links: Sequence[Mapping[str, object]]) -> Iterator[Page]:
    if not year.divided:
        yield _list(site, year.path, year.title, [_lines(site, month) for month in year.months], links)
        return
    months = [_link(month.path, _title(site, month), month.count) for month in year.months]
    yield _list(site, year.path, year.title, (), months)
    for month in year.months:
        group = {"title": "", "items": month.items, "cards": False}
        yield _list(site, month.path, _title(site, month), [group], months)


def _list(
    site: Site,
    path: str,
    heading: str,
    groups: Sequence[Mapping[str, object]],
    periods: Sequence[Mapping[str, object]],
    category: Category | None = None,
) -> Page:
    name = category.name if category else None
    return page(
        site,
        f"{path}index.html",
        "web/items.html",
        "items",
        first=name,
        heading=heading,
        groups=groups,
        periods=periods,
        category=category,
        feed=next((feed.name for feed in site.feeds if feed.name == (name or selection.ALL)), None),
    )


def _cards(items: Sequence[Item]) -> list[Mapping[str, object]]:
    return [{"title": "", "items": items, "cards": True}] if items else []


def _lines(site: Site, month: Month) -> Mapping[str, object]:
    return {"title": _title(site, month), "items": month.items, "cards": False}


def _link(path: str, title: str, count: int) -> Mapping[str, object]:
    return {"path": path, "title": title, "count": count}


def _title(site: Site, month: Month) -> str:
    """Give the month as a heading, which begins with a capital in languages that write months without."""
    title = month_year(month.first_day, site.language)
    return title[:1].upper() + title[1:]


def _item_pages(site: Site) -> Iterator[Page]:
    zone = site.newsroom.organisation.timezone
    for item in site.newsroom.items:
        if item.has_page and item.withdrawn:
            yield _notice(site, item, addresses.item_page(item.slug))
        elif item.has_page:
            yield _piece_page(
                site,
                item,
                addresses.item_page(item.slug),
                "item",
                item.category,
                published=machine_time(item.published, zone),
                updated=machine_time(item.updated, zone),
            )


def _event_pages(site: Site) -> Iterator[Page]:
    past = [event for event in reversed(site.newsroom.events) if event.last_day < site.today]
    path, first = addresses.events_page(), selection.EVENTS
    yield page(
        site, f"{path}index.html", "web/events.html", "events", first=first, coming=_coming(site), past=past
    )
    for event in site.newsroom.events:
        if event.has_page and event.withdrawn:
            yield _notice(site, event, addresses.event_page(event.slug))
        elif event.has_page:
            over = event.last_day < site.today
            yield _piece_page(site, event, addresses.event_page(event.slug), "event", first, over=over)


def _piece_page(site: Site, piece: Item | Event, path: str, kind: str, first: str, **values: Any) -> Page:
    """Give the page of an item or event; `kind` is both its template and its name in it."""
    canonical = addresses.absolute(site.newsroom.base_url, path)
    file, section = f"{path}index.html", f"{kind}s"
    if isinstance(piece, Item):
        values["structured"] = structured.article(piece, site.newsroom, canonical)
    else:
        values["structured"] = structured.occasion(piece, site.newsroom, canonical)
    return page(
        site,
        file,
        f"web/{kind}.html",
        section,
        first=first,
        **{kind: piece},
        body=layout(site, file, section, first).body(piece.body_html),
        lead=_has_lead(piece),
        picture=_has_picture(piece),
        foreign=_foreign(site, piece),
        **values,
    )


def _notice(site: Site, piece: Item | Event, path: str) -> Page:
    return page(site, f"{path}index.html", "web/withdrawn.html", piece=piece, foreign=_foreign(site, piece))


def _feed_pages(site: Site, *, with_list: bool) -> Iterator[Page]:
    opml = addresses.absolute(site.newsroom.base_url, addresses.opml()) if with_list else ""
    path = f"{addresses.feeds_page()}index.html"
    yield page(site, path, "web/feeds.html", "feeds", feeds=site.feeds, opml=opml)
    for feed in site.feeds:
        events = feed.name == selection.EVENTS
        found = _coming(site) if events else selection.pieces(site.newsroom, feed.name)
        pieces = [piece for piece in found if not piece.withdrawn][:FEED_PIECES]
        path = f"{addresses.feed_page(feed.name)}index.html"
        yield page(site, path, "web/feed.html", "feeds", first=feed.name, feed=feed, pieces=pieces)


def _coming(site: Site) -> list[Event]:
    return [event for event in site.newsroom.events if event.last_day >= site.today]


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _has_lead(piece: Item | Event) -> bool:
    """Tell whether the summary says something of its own: one made from the text would be read twice."""
    beginning = " ".join(piece.text[:BEGINNING].split())
    return bool(piece.summary) and not beginning.startswith(piece.summary[:REPEATED].rstrip(" .…"))


def _has_picture(piece: Item | Event) -> bool:
    """Tell whether the picture goes above the text: not when the text shows it itself."""
    image = piece.image
    return image is not None and not any(
        escape(url) in piece.body_html for url in (image.url, uri(image.url))
    )


def _foreign(site: Site, piece: Item | Event) -> Markup:
    """Give the attributes of text in another language than the page's, for voices and hyphens."""
    if piece.language == site.language:
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(piece.language, direction(piece.language))
