"""What surrounds the pages that do something: the same head, menu and foot as those of the public tree.

Made from the configuration alone, in any language, because these pages answer before the newsroom is
loaded for the first time. The organisation's files are looked at again when they change. Called by
`pressroom.web.answers`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from content.contacts import organisation
from content.mediafiles import MediaFiles
from content.newsroom import Category, Newsroom, Problem
from feeds.site import Site, page, prepared
from pressroom.archive import public_newsletters
from pressroom.bootstrap import Pressroom

Seen = tuple[tuple[int, int] | None, ...]
DEEPER = "-/"
"""Stands for "confirm/<token>" where only the depth of the address matters, so that no page knows a token."""


class Frames:
    """Renders pages; keeps the frame of each language until a file of the organisation changes."""

    def __init__(self, room: Pressroom) -> None:
        self._room = room
        self._seen: Seen | None = None
        self._newsroom: Newsroom | None = None
        self._sites: dict[str, Site] = {}

    def page(self, template: str, language: str, values: Mapping[str, Any], *, below: bool) -> bytes:
        """Give a page, which lies `below` a folder of the site or directly in it."""
        _, content = page(self.site(language), DEEPER if below else "", template, **values)
        return content

    def site(self, language: str) -> Site:
        seen = self._look()
        if seen != self._seen or self._newsroom is None:
            self._newsroom, self._sites, self._seen = self._bare_newsroom(), {}, seen
        found = self._sites.get(language)
        if found is None:
            found = self._sites[language] = self._prepared(self._newsroom, language)
        return found

    def _prepared(self, newsroom: Newsroom, language: str) -> Site:
        config = self._room.config
        own = replace(newsroom, organisation=replace(newsroom.organisation, language=language))
        today = self._room.clock().date()
        site, _ = prepared(own, config.feeds, self._room.templates, today, public_newsletters(config))
        return site

    def _bare_newsroom(self) -> Newsroom:
        """Give the organisation and its categories, without anything that it has published."""
        config = self._room.config
        problems: list[Problem] = []  # the loading of the newsroom reports them
        files = MediaFiles(config.web.url)
        return Newsroom(
            organisation(config.organisation, config.limits.file_size, files, problems),
            config.web.url,
            tuple(_category(name, of.title, of.description) for name, of in config.categories.items()),
        )

    def _look(self) -> Seen:
        own = self._room.config.organisation
        return tuple(_stamp(file) for file in (own.logo, own.contacts) if file is not None)


def _category(name: str, titles: Mapping[str, str], description: str) -> Category:
    return Category(name, dict(titles), description)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
