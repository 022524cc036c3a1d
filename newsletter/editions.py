"""Editions: an issue as one group of readers gets it, rendered once for all of them.

HTML and text come from the same values (newsletter.contents), so they say the same. Gmail hides what comes
after 102,400 bytes, and with it the way out: an edition that would be longer has its summaries shortened,
then items dropped from the end, with a link to all. Knows no recipients: their places stay open.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from content.templates import Templates
from newsletter import message
from newsletter.contents import EVERYTHING, Room, contents, narrowed
from newsletter.errors import InliningError
from newsletter.inlining import inline
from newsletter.issue import Issue
from newsletter.issuing import Rendered
from newsletter.subject import preheader, subject

LIMIT = 100_000  # below Gmail's 102,400, for what relays and link checkers put in
SHORT_SUMMARY = 140
FEW_EVENTS = 20  # so that many events do not push out the news


@dataclass(frozen=True, slots=True)
class Edition:
    """A rendered edition. `size` counts the HTML's bytes; the keys tell what is in it and what was cut."""

    subject: str
    preheader: str
    language: str
    html: str
    text: str
    size: int
    shown_items: tuple[str, ...]
    cut_items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EditionRenderer:
    """Renders an issue for a group, as newsletter.issuing asks for it; holds nothing but the templates."""

    templates: Templates

    def __call__(self, issue: Issue, choice: str, language: str) -> Rendered:
        edition = render(issue, choice, language, self.templates)
        mail = message.build(
            issue, subject=edition.subject, language=language, text=edition.text, html=edition.html
        )
        return Rendered(edition.subject, mail)


def render(issue: Issue, choice: str, language: str, templates: Templates) -> Edition:
    """Render an edition; raise TemplateProblem or InliningError when a template is at fault."""
    own = narrowed(issue, choice)
    title = subject(own, language)
    lines = {"subject": title, "preheader": preheader(own, title)}

    def page(room: Room) -> str:
        values = contents(own, choice, language, room)
        return inlined(templates.render("email/digest.html", language, mail=values, **lines))

    html, room = _fitted(page, own)
    values = contents(own, choice, language, room)
    keys = tuple(item.key for item in own.items)
    return Edition(
        **lines,
        language=language,
        html=html,
        text=templates.render("email/digest.txt", language, mail=values, **lines),
        size=len(html.encode()),
        shown_items=keys[: room.items],
        cut_items=keys[room.items :],
    )


def web_page(issue: Issue, language: str, templates: Templates) -> str:
    """Render the web version: everything in the issue, and nothing that is a reader's own."""
    title = subject(issue, language)
    values = contents(issue, EVERYTHING, language, Room())
    # What waited then has long been in another issue when somebody reads the archive.
    lasting = replace(values, waiting=0, unsubscribe="", preferences="")
    lines = {"subject": title, "preheader": preheader(issue, title)}
    return inlined(templates.render("email/web.html", language, mail=lasting, **lines))


def _fitted(page: Callable[[Room], str], issue: Issue) -> tuple[str, Room]:
    """Find the largest page below the limit: whole, with short summaries, fewer events, fewer items."""
    whole = Room(items=len(issue.items), events=len(issue.events))
    short = replace(whole, summary=SHORT_SUMMARY)
    for room in (whole, short, replace(short, events=min(FEW_EVENTS, short.events))):
        html = page(room)
        if _fits(html):
            return html, room
    found = _most(page, room, "items") or _most(page, replace(room, items=0), "events")
    if found is None:
        too_large = f"a mail of nothing would be longer than {LIMIT} bytes; the templates are too large"
        raise InliningError(too_large)
    return found


def _most(page: Callable[[Room], str], room: Room, name: str) -> tuple[str, Room] | None:
    """Bisect for the greatest number of pieces that fits; None when not even none of them does."""
    low, high, best = 0, getattr(room, name), None
    middle = high
    while low <= high:
        tried = replace(room, **{name: middle})
        html = page(tried)
        if _fits(html):
            best, low = (html, tried), middle + 1
        else:
            high = middle - 1
        middle = (low + high) // 2
    return best


def _fits(html: str) -> bool:
    return len(html.encode()) < LIMIT


def inlined(html: str) -> str:
    """Inline a page; declarations that would be lost are the template's fault, and an error."""
    inlined = inline(html)
    if inlined.lost:
        raise InliningError("CSS that would be lost: " + "; ".join(inlined.lost))
    return inlined.html
