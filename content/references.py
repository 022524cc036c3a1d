"""Where the addresses in one text lead: to another piece, to a file beside the text, or out on the web.

An `Addresses` for `content.sanitising`, made for one piece. What leads nowhere is told as a problem that
does not stop the piece, and the address is taken out.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urljoin

from content.mediafiles import MediaFiles, UnpublishableError
from content.newsroom import Media
from content.uris import quoted, uri

LEADS_NOWHERE = None
"""The target, in a map of links, of a piece that exists and is not public."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ALLOWED = frozenset({"http", "https", "mailto", "tel", "sms", "geo", "webcal", "ftp"})
_WEB = frozenset({"http", "https"})
_UNFIT = re.compile(r"[\s\x00-\x20\"<>\\^`{|}\x7f-\xa0]")
_MARKDOWN = (".md", ".markdown")
_PELICAN = re.compile(r"[{|](filename|static|attach)[}|](/?)")


@dataclass(frozen=True, slots=True)
class Target:
    """A piece to link to; `prefix` is what its ids begin with, "" where the text is not on a page of ours."""

    address: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Links:
    """All pieces by their files: None where a piece exists and is not public."""

    by_file: Mapping[str, Target | None]
    base_url: str


@dataclass(slots=True)
class References:
    """The addresses in one piece's text; gathers the files that it uses."""

    file: Path
    root: Path
    page: str
    prefix: str
    links: Links
    files: MediaFiles
    report: Callable[[str, str], None]
    used: dict[str, Media] = field(default_factory=dict)

    def identifier(self, name: str) -> str:
        """Make an id of the text unique among all texts that a page may show together."""
        return _identifier(self.prefix, name)

    def link(self, url: str) -> str | None:
        """Give the absolute address of a link; None when it leads nowhere."""
        url = url.strip()
        outside = _outside(url, _ALLOWED)
        if outside is not None:
            return outside or None
        if url.startswith("#"):
            return self.page + _fragment(self.prefix, url)
        return self._local(url)

    def media(self, url: str) -> str | None:
        """Give the absolute address of a picture, sound or film; None when there is none."""
        url = url.strip()
        outside = _outside(url, _WEB)
        if outside is not None:
            return outside or None
        if not url or url.startswith("#"):
            return None
        found = self.published(url, lambda message: self.report(message, url))
        return found.url if found else None

    def published(self, url: str, report: Callable[[str], None]) -> Media | None:
        """Publish the file of ours that an address names; None, and a report, when that cannot be."""
        path, _, _ = _parts(url)
        target = self._target(path)
        if target is None or not os.path.isfile(target):  # noqa: PTH113 - half the time of Path's
            report(f"there is no file {url[:200]}")
            return None
        return self._publish(target, report)

    def _publish(self, target: str, report: Callable[[str], None]) -> Media | None:
        name, real = target.rpartition(os.sep)[2], os.path.realpath(target)
        if f"{os.sep}." in target.removeprefix(str(self.root)):
            report(f"{name} is hidden, and is not published")
            return None
        if not real.startswith(os.path.realpath(self.root) + os.sep):
            report(f"{name} is a link out of the source's folder, and is not published")
            return None
        try:
            media = self.files.publish(Path(target))
        except UnpublishableError as error:
            report(f"{name}: {error}")
            return None
        self.used.setdefault(media.url, media)
        return media

    def _target(self, path: str) -> str | None:
        """The file that a path names, below the source's folder; None when it is outside or nothing."""
        pelican = _PELICAN.match(path)
        if pelican:
            path = ("/" if pelican[2] else "") + path[pelican.end() :]
        if not path or "\0" in path:
            return None
        start = self.root if path.startswith("/") else self.file.parent
        target = os.path.normpath(os.path.join(start, path.lstrip("/")))  # noqa: PTH118
        return target if target.startswith(str(self.root) + os.sep) else None

    def _local(self, url: str) -> str | None:
        path, query, fragment = _parts(url)
        target = self._target(path)
        if target is not None:
            for candidate in (target, os.path.join(target, "index.md")):  # noqa: PTH118
                if candidate in self.links.by_file:
                    return self._piece(candidate, url, fragment)
            if os.path.isfile(target):  # noqa: PTH113
                found = self._publish(target, lambda message: self.report(message, url))
                return found.url + fragment if found else None
        suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
        if suffix in _MARKDOWN or _PELICAN.match(path):
            self.report(f"there is no {url[:200]} to link to", url)
            return None
        if suffix and not path.startswith("/"):
            self.report(f"there is no file {url[:200]}", url)
            return None
        base = self.links.base_url + "/" if path.startswith("/") else self.page
        # The path may hold a colon, escaped until now: it must not become a scheme.
        relative = f"./{path.lstrip('/')}" if path else ""
        return urljoin(base, quoted(relative.replace("%", "%25")) + query + fragment)

    def _piece(self, candidate: str, url: str, fragment: str) -> str | None:
        target = self.links.by_file[candidate]
        if target is LEADS_NOWHERE:
            self.report(f"{url[:200]} is not public, so the link to it is left out", url)
            return None
        return target.address + (_fragment(target.prefix, fragment) if target.prefix else fragment)


def _identifier(prefix: str, name: str) -> str:
    return f"{prefix}-{_UNFIT.sub('-', name)}"


def _fragment(prefix: str, fragment: str) -> str:
    """Give "#part" as it is on the page of a text whose ids begin with this."""
    name = unquote(fragment[1:])
    return f"#{quoted(_identifier(prefix, name))}" if name else ""


def _parts(url: str) -> tuple[str, str, str]:
    """Take an address of ours apart: the path as the file system knows it, query and fragment as written."""
    rest, sign, fragment = url.partition("#")
    path, mark, query = rest.partition("?")
    return unquote(path), mark + quoted(query), sign + quoted(fragment)


def _outside(url: str, schemes: frozenset[str]) -> str | None:
    """Give an address that names its scheme or host, "" when it must not be used, None for one of ours."""
    if url.startswith("//"):
        return uri(f"https:{url}")
    match = _SCHEME.match(url)
    if match is None:
        return None
    return uri(url) if match[1].lower() in schemes else ""
