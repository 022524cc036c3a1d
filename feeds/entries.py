"""The neutral entry: what every format says of an item or an event, made once.

Nothing in it can make a document invalid: no character that XML forbids, no relative or malformed
address, no blank title, no fraction of a second, nothing updated before it was published. Pure;
called by `feeds.documents`, read by the format modules.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from content import addresses
from content.characters import clean, one_line
from content.dates import event_span, long_day
from content.newsroom import Author, Event, Item, Media, Newsroom
from content.uris import uri
from feeds import identifiers
from feeds.selection import Piece, Words

SUMMARY_LENGTH = 600
FALLBACK_TYPE = "application/octet-stream"

MIME = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*", re.ASCII)
EMAIL = re.compile(r"[A-Za-z0-9_+.'-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A category of an entry; `scheme` is "" for a free tag."""

    term: str
    label: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """`summary` is plain text, `content` HTML; neither is empty.

    An entry without authors has the organisation for one: some readers take an Atom feed's author for its
    entries', some do not, and RSS has no such thing.
    """

    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    language: str
    summary: str
    content: str
    authors: tuple[Author, ...]
    labels: tuple[Label, ...] = ()
    image: Media | None = None
    attachments: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What an entry's making needs besides the piece."""

    newsroom: Newsroom
    authority: str
    words: Words


def entry(piece: Piece, frame: Frame) -> Entry:
    if piece.withdrawn:
        return _notice(piece, frame, piece.withdrawn)
    return _item_entry(piece, frame) if isinstance(piece, Item) else _event_entry(piece, frame)


def whole_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _item_entry(item: Item, frame: Frame) -> Entry:
    summary = _shortened(item.summary or item.text)
    attachments = _once(_media(one) for one in item.attachments)
    image = _media(item.image) if item.image else None
    body = _clean_html(item.body_html) or _paragraph(summary)
    content = _picture(image, body) + body + _attachment_list(attachments, body, frame, item.language)
    made = _made(item, frame, one_line(item.title), summary, content)
    return replace(
        made,
        authors=tuple(_author(author) for author in item.authors if one_line(author.name)) or made.authors,
        image=image,
        attachments=attachments,
    )


def _event_entry(event: Event, frame: Frame) -> Entry:
    _ = frame.words(event.language).gettext
    title = one_line(event.title)
    when = event_span(event, event.language)
    where = ", ".join(part for part in (one_line(event.place), one_line(event.address)) if part)
    head = "<br>".join(escape(part, quote=False) for part in (when, where) if part)
    text = _clean_html(event.body_html) or _paragraph(_shortened(event.summary or event.text))
    body = f"<p><strong>{head}</strong></p>{text}"
    image = _media(event.image) if event.image else None
    content = _picture(image, body) + body
    if event.cancelled:
        title = _("Cancelled: %(title)s") % {"title": title}
    else:
        content += _calendar_link(event, frame)
    summary = _shortened(". ".join(part for part in (when, where, event.summary or event.text) if part))
    return replace(_made(event, frame, title, summary, content), image=image)


def _notice(piece: Piece, frame: Frame, withdrawn: datetime) -> Entry:
    """Give the entry that takes a withdrawn piece's place in the readers, under its own id."""
    _ = frame.words(piece.language).gettext
    day = withdrawn.astimezone(ZoneInfo(frame.newsroom.organisation.timezone)).date()
    text = _("This was withdrawn on %(date)s.") % {"date": long_day(day, piece.language)}
    reason = one_line(piece.withdrawn_reason)
    title = _("Withdrawn: %(title)s") % {"title": one_line(piece.title)}
    made = _made(piece, frame, title, f"{text} {reason}".strip(), _paragraph(text) + _paragraph(reason))
    return replace(made, updated=max(made.published, whole_second(withdrawn)))


def _made(piece: Piece, frame: Frame, title: str, summary: str, content: str) -> Entry:
    identify = identifiers.item_id if isinstance(piece, Item) else identifiers.event_id
    link = uri(one_line(piece.link))
    organisation = frame.newsroom.organisation
    title = title or link
    published = whole_second(piece.published)
    return Entry(
        id=clean(identify(frame.authority, piece.key)),
        title=title,
        link=link,
        published=published,
        updated=max(published, whole_second(piece.updated)),
        language=piece.language,
        summary=summary or title,
        content=content or _paragraph(title),
        authors=(_author(Author(organisation.name, url=organisation.url)),),
        labels=_labels(piece, frame),
    )


def _labels(piece: Piece, frame: Frame) -> tuple[Label, ...]:
    """Give the category and the tags, each once; in the feed's language, because readers filter by them."""
    language = frame.newsroom.organisation.language
    titles = {category.name: category.title(language) for category in frame.newsroom.categories}
    found: dict[str, Label] = {}
    if piece.category:
        label = one_line(titles.get(piece.category, piece.category))
        found[label.casefold()] = Label(piece.category, label, identifiers.category_scheme(frame.authority))
    for tag in map(one_line, piece.tags):
        if tag:
            found.setdefault(tag.casefold(), Label(tag, tag))
    return tuple(found.values())


def _author(author: Author) -> Author:
    email = author.email if author.email and EMAIL.fullmatch(author.email) else None
    return Author(one_line(author.name), email, uri(author.url) if author.url else None)


def _media(media: Media) -> Media:
    return Media(
        url=uri(media.url),
        type=media.type if MIME.fullmatch(media.type) else FALLBACK_TYPE,
        length=media.length,
        title=one_line(media.title),
        alt=one_line(media.alt),
        width=media.width,
        height=media.height,
    )


def _once(attachments: Iterable[Media]) -> tuple[Media, ...]:
    return tuple({one.url: one for one in attachments}.values())


def _picture(image: Media | None, body: str) -> str:
    """Show the picture above the text unless the text shows it: most readers ignore Media RSS."""
    if image is None or escape(image.url) in body:
        return ""
    sizes = "".join(
        f' {name}="{size}"' for name, size in (("width", image.width), ("height", image.height)) if size
    )
    return f'<p><img src="{escape(image.url)}" alt="{escape(image.alt)}"{sizes}></p>'


def _calendar_link(event: Event, frame: Frame) -> str:
    path = addresses.event_calendar(event.slug)
    href = escape(uri(addresses.absolute(frame.newsroom.base_url, path)))
    words = frame.words(event.language).gettext("Add to calendar")
    return f'<p><a href="{href}">{escape(words)}</a></p>'


def _attachment_list(attachments: Iterable[Media], body: str, frame: Frame, language: str) -> str:
    """List the attachments below the text: many readers show no enclosure but sound and film."""
    missing = [one for one in attachments if escape(one.url) not in body]
    if not missing:
        return ""
    heading = frame.words(language).gettext("Attachments")
    links = "".join(
        f'<li><a href="{escape(one.url)}">{escape(one.title or _file_name(one.url))}</a></li>'
        for one in missing
    )
    return f"<p>{escape(heading)}</p><ul>{links}</ul>"


def _file_name(url: str) -> str:
    return one_line(unquote(urlsplit(url).path)).rpartition("/")[2] or url


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>" if text else ""


def _clean_html(html: str) -> str:
    return clean(html).strip()


def _shortened(text: str) -> str:
    text = one_line(text)
    if len(text) <= SUMMARY_LENGTH:
        return text
    return text[:SUMMARY_LENGTH].rsplit(" ", 1)[0] + " …"
