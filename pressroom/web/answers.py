"""Answers for people: pages in their language that nobody keeps, lists or passes on.

The language is the one that the link's owner has chosen, else the one asked for, else what the browser
prefers. Called by the routes; knows nothing of what they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from content.languages import locale_of
from pressroom.bootstrap import Pressroom
from pressroom.web.frames import Frames
from pressroom.web.preferring import preferred

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language to choose from; `name` is in the language itself."""

    code: str
    name: str
    chosen: bool = False
    href: str = ""


class Answers:
    """Makes pages and other answers, all with the headers of what is a reader's own."""

    def __init__(self, room: Pressroom) -> None:
        self._frames = Frames(room)
        self._own = room.config.organisation.language
        whole = [one for one in room.catalogues.languages() if room.catalogues.complete(one)]
        self.languages = tuple(dict.fromkeys((self._own, *whole)))

    def language(self, request: Request, *wanted: str | None) -> str:
        """Give the first of those wanted that there is, else what the browser prefers."""
        for code in wanted:
            if code in self.languages:
                return code
        return preferred(request.headers.get("accept-language", ""), self.languages, self._own)

    def page(
        self, request: Request, template: str, language: str, *, status: int = 200, **values: object
    ) -> Response:
        content = self._frames.page(template, language, values, below="token" in request.path_params)
        headers = HEADERS | {"Content-Language": language}
        return HTMLResponse(content, status, headers)

    def gone_to(self, request: Request, place: str) -> Response:
        """Send the reader on after a form, so that loading the page again repeats nothing."""
        return RedirectResponse(place, 303, HEADERS)

    def file(self, content: bytes, name: str, type_: str) -> Response:
        """Give something to keep on the reader's own disk."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, 200, HEADERS | headers, type_)

    def language_choices(self, chosen: str) -> list[LanguageChoice]:
        return [LanguageChoice(code, named(code), code == chosen) for code in self.languages]

    def other_languages(self, current: str, **query: Sequence[str]) -> list[LanguageChoice]:
        """Give the same page's addresses in the other languages, from the page itself."""
        found = []
        for code in self.languages:
            if code != current:
                asked = urlencode({**query, "language": code}, doseq=True)
                found.append(LanguageChoice(code, named(code), href=f"?{asked}"))
        return found


def named(code: str) -> str:
    """Give a language's name in the language itself: svenska, English."""
    name = str(locale_of(code).get_language_name(code) or code)
    return name[:1].upper() + name[1:]
