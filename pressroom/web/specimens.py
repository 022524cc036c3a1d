"""A specimen of every page for followers, so that `check` can render the operator's templates.

Each page comes with and without what may be missing in it, because some mistakes only show then.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from feeds.site import Site, page
from pressroom.web.answers import LanguageChoice
from pressroom.web.following import Form
from pressroom.web.offering import CategoryChoice, NewsletterChoice

ADDRESS = "reader@example.org"
TEXT = "Sample"
CATEGORIES = (CategoryChoice("a", TEXT, chosen=True), CategoryChoice("b", TEXT, chosen=False))
LANGUAGES = [
    LanguageChoice("en", "English", chosen=True),
    LanguageChoice("sv", "Svenska", href="?language=sv"),
]
ERRORS = {"address": TEXT, "newsletters": TEXT, "subjects-sample": TEXT}
NOTHING: Mapping[str, Any] = MappingProxyType({})


def specimens(site: Site, moment: datetime) -> None:
    """Render every page for followers; raise TemplateProblem for the first that cannot be."""
    for template, values in _values(moment):
        page(site, "-/", template, **values)


def _values(moment: datetime) -> Iterator[tuple[str, Mapping[str, Any]]]:
    newsletters = [
        NewsletterChoice("sample", TEXT, TEXT, chosen=True, categories=CATEGORIES, paused=moment),
        NewsletterChoice("other", TEXT, "", chosen=False),
    ]
    form = {
        "form": Form(ADDRESS),
        "languages": LANGUAGES,
        "other_languages": LANGUAGES,
        "wording": TEXT,
    }
    yield "web/subscribe.html", {**form, "offers": newsletters, "errors": ERRORS, "notice": TEXT}
    yield "web/subscribe.html", {**form, "offers": newsletters[:1], "errors": {}, "notice": ""}
    yield "web/subscribe.html", {**form, "offers": [], "errors": {}, "notice": ""}
    yield "web/subscribed.html", {"address": ADDRESS}
    for done in (False, True):
        asked = {"titles": [TEXT], "address": ADDRESS, "done": done, "wording": TEXT}
        yield "web/confirm.html", asked
        yield "web/move.html", asked
        yield "web/confirmed.html", {"titles": [TEXT], "already": done, "preferences": "-"}
        yield "web/moved.html", {"address": ADDRESS, "taken": done}
        yield "web/unsubscribe.html", {"title": TEXT, "several": done}
        yield "web/unsubscribed.html", {"title": TEXT if done else "", "several": done}
        yield "web/preferences.html", _settings(newsletters, moment, whole=done)
    for purpose in ("confirm", "change", "preferences"):
        yield "web/expired.html", {"expired": moment, "purpose": purpose}
    for template in ("renewed", "erase", "erased", "unknown", "refused", "later", "unavailable"):
        yield f"web/{template}.html", NOTHING


def _settings(newsletters: list[NewsletterChoice], moment: datetime, *, whole: bool) -> Mapping[str, Any]:
    return {
        "address": ADDRESS,
        "offers": newsletters,
        "following": True,
        "languages": LANGUAGES,
        "paused": moment if whole else None,
        "weeks": (1, 2),
        "wording": TEXT,
        "notice": TEXT if whole else "",
        "errors": ERRORS if whole else {},
        "new_address": ADDRESS,
    }
