"""The site that the pages belong to: what all of them share, and the making of one page.

Called by `feeds.pages` only. Layouts are rendered at their first use and kept, because ten thousand pages
have but a few of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from urllib.parse import urlsplit

from markupsafe import Markup

from content import addresses
from content.newsroom import Newsroom
from content.templates import Templates
from feeds import selection
from feeds.layout import Layout
from feeds.settings import FeedsSettings

TYPES = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
    "ics": "text/calendar",
}
LABELS = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed", "ics": "iCalendar"}
NOT_FOUND = "404.html"

Page = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Document:
    """One format of a feed, for templates: where it lies, and what it is called."""

    format: str
    path: str
    url: str
    title: str

    @property
    def type(self) -> str:
        return TYPES[self.format]

    @property
    def label(self) -> str:
        return LABELS[self.format]


@dataclass(frozen=True, slots=True)
class PublicFeed:
    """A feed as people meet it; `label` is its name among the others."""

    name: str
    label: str
    subtitle: str
    documents: tuple[Document, ...]

    @property
    def main(self) -> Document:
        """The address to give first."""
        return self.documents[0]


@dataclass(frozen=True, slots=True)
class PublicNewsletter:
    """A newsletter as people meet it; `open` when anybody may sign up to it by themselves.

    `language` is that of its words; empty for the organisation's own.
    """

    name: str
    title: str
    intro: str = ""
    open: bool = True
    language: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """`style` is the path of the style sheet; `today` a day in the organisation's zone."""

    newsroom: Newsroom
    templates: Templates
    today: date
    style: str
    feeds: tuple[PublicFeed, ...]
    newsletters: tuple[PublicNewsletter, ...] = ()
    layouts: dict[tuple[str, str, str | None], Layout] = field(default_factory=dict)
    renderings: dict[str, Callable[..., str]] = field(default_factory=dict)

    @property
    def language(self) -> str:
        return self.newsroom.organisation.language


def prepared(
    newsroom: Newsroom,
    settings: FeedsSettings,
    templates: Templates,
    today: date,
    newsletters: Iterable[PublicNewsletter] = (),
) -> tuple[Site, Page]:
    """Give the site, and its style sheet, named by its content so that caches may keep it for ever."""
    style = templates.render("web/style.css", newsroom.organisation.language).encode()
    path = addresses.media(sha256(style).hexdigest(), "style.css")
    feeds = tuple(_public_feeds(newsroom, settings, templates))
    return Site(newsroom, templates, today, path, feeds, tuple(newsletters)), (path, style)


def page(
    site: Site, path: str, template: str, section: str = "", *, first: str | None = None, **values: object
) -> Page:
    """Give one page. `section` is marked in the menu; the feed `first` is offered before the others."""
    rendering = site.renderings.get(template)
    if rendering is None:
        rendering = site.renderings[template] = site.templates.template(template, site.language)
    address = path.removesuffix("index.html")
    text = rendering(
        layout=layout(site, path, section, first),
        organisation=site.newsroom.organisation,
        newsroom=site.newsroom,
        newsletters=site.newsletters,
        addresses=addresses,
        path=address,
        canonical=addresses.absolute(site.newsroom.base_url, address),
        **values,
    )
    return path, text.encode()


def layout(site: Site, path: str, section: str, first: str | None) -> Layout:
    """Give the layout of all pages of this depth, section and first feed."""
    root = _root(path, site.newsroom.base_url)
    identity = (root, section, first)
    if identity not in site.layouts:
        site.layouts[identity] = _rendered(site, Layout(site.newsroom, root), section, first)
    return site.layouts[identity]


def _root(path: str, base_url: str) -> str:
    """Lead to the front page; by the full path from the page for missing ones, served at any depth."""
    if path == NOT_FOUND:
        return f"{urlsplit(base_url).path}/"
    return "../" * path.count("/") or "./"


def _rendered(site: Site, bare: Layout, section: str, first: str | None) -> Layout:
    values = {
        "organisation": site.newsroom.organisation,
        "newsroom": site.newsroom,
        "newsletters": site.newsletters,
        "addresses": addresses,
        "style": site.style,
        "section": section,
        "autodiscovery": _autodiscovery(site.feeds, first),
    }

    def part(name: str) -> Markup:
        text = site.templates.render(f"web/parts/{name}.html", site.language, layout=bare, **values)
        return Markup(text.strip())  # noqa: S704 - it comes from a template that escapes

    return replace(
        bare, head=part("head"), header=part("header"), footer=part("footer"), contacts=part("contacts")
    )


def _autodiscovery(feeds: tuple[PublicFeed, ...], first: str | None) -> list[Document]:
    """Offer the page's own feed first, in all its formats, the others in one (events also as a calendar)."""
    offered: list[Document] = []
    for feed in sorted(feeds, key=lambda feed: feed.name != first):
        few = feed.documents[:2] if feed.name == selection.EVENTS else feed.documents[:1]
        offered += feed.documents if first in (None, feed.name) else few
    return offered


def _public_feeds(newsroom: Newsroom, settings: FeedsSettings, templates: Templates) -> Iterator[PublicFeed]:
    """Give the feeds that are published in any format."""
    language = newsroom.organisation.language
    _ = templates.translations(language).gettext
    labels = {category.name: category.title(language) for category in newsroom.categories}
    labels |= {selection.ALL: _("Everything we publish"), selection.EVENTS: _("Events")}
    for feed in selection.feeds(newsroom, settings.id_authority, templates.translations):
        documents = tuple(_documents(newsroom, settings, feed))
        if documents:
            subtitle = "" if feed.subtitle == feed.title else feed.subtitle
            yield PublicFeed(feed.name, labels[feed.name], subtitle, documents)


def _documents(newsroom: Newsroom, settings: FeedsSettings, feed: selection.Feed) -> Iterator[Document]:
    paths: dict[str, str] = {format_: addresses.feed(feed.name, format_) for format_ in settings.formats}
    if feed.name == selection.EVENTS:
        paths = {"ics": addresses.events_calendar()} | paths
    for format_, path in paths.items():
        title = f"{feed.title} ({LABELS[format_]})"
        yield Document(format_, path, addresses.absolute(newsroom.base_url, path), title)
