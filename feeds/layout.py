"""What surrounds every page, and the ways from one page to another.

A `Layout` is made once for all pages of the same depth and section: head, header, footer and contacts
are rendered strings, so that a page's own template has little left to do. Addresses on pages are
relative ("../../"), so that the tree works on any host, below any path and from a disk; only
what is meant for other machines (canonical, feeds, pictures in previews) is absolute.
"""

from dataclasses import dataclass

from markupsafe import Markup

from content import addresses
from content.newsroom import Category, Event, Item, Media, Newsroom
from content.notation import is_web_address
from content.uris import uri

NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class Layout:
    """Given to every template as `layout`; `root` leads from the page to the front page."""

    newsroom: Newsroom
    root: str
    head: Markup = NOTHING
    header: Markup = NOTHING
    footer: Markup = NOTHING
    contacts: Markup = NOTHING

    @property
    def zone(self) -> str:
        return self.newsroom.organisation.timezone

    def href(self, piece: Item | Event) -> str:
        """Give where a reader is sent for a piece: its page, else its own link."""
        if not piece.has_page:
            return uri(piece.link) if is_web_address(piece.link) else self.root
        page = addresses.item_page if isinstance(piece, Item) else addresses.event_page
        return self.root + page(piece.slug)

    def source(self, media: Media) -> str:
        """Give where the page finds a file: ours beside it, others where they lie."""
        url = uri(media.url)
        own = f"{self.newsroom.base_url}/"
        return self.root + url.removeprefix(own) if media.path and url.startswith(own) else url

    def absolute(self, media: Media) -> str:
        """Give where other machines find a file, for what they show of the page."""
        return uri(media.url)

    def size(self, media: Media) -> Markup:
        """Give the attributes by which the page keeps its shape while pictures load."""
        if not media.width or not media.height:
            return Markup()
        return Markup(f'width="{media.width:d}" height="{media.height:d}"')  # noqa: S704 - two numbers

    def body(self, html: str) -> Markup:
        """Give sanitised HTML with the addresses of our own tree made relative, and tables for keys to move.

        What is put in has neither quotes nor brackets: in the value of an attribute it would do no harm.
        """
        own = f'="{self.newsroom.base_url}/'
        for name in ("src", "href"):
            html = html.replace(f" {name}{own}", f' {name}="{self.root}')
        html = html.replace("<table", "<table tabindex=0")
        return Markup(html)  # noqa: S704 - the loader has sanitised it

    def calendar(self, event: Event) -> str:
        return addresses.event_calendar(event.slug)

    def category_title(self, piece: Item | Event) -> str:
        category = self._category(piece)
        return category.title(self.newsroom.organisation.language) if category else piece.category or ""

    def category_page(self, piece: Item | Event) -> str:
        category = self._category(piece)
        return addresses.category_page(category.name) if category else addresses.items_page()

    def _category(self, piece: Item | Event) -> Category | None:
        return next((one for one in self.newsroom.categories if one.name == piece.category), None)
