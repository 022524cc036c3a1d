"""From a manuscript to what is published of it: HTML, text, summary, picture, attachments, files.

Problems met on the way (a picture that is missing, a link that leads nowhere) do not stop the piece; they go
into `problems`. A text that cannot be rendered at all raises ValueError.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from content import addresses, mediafiles
from content.manuscript import FileReference, Manuscript
from content.markdown import to_html
from content.mediafiles import MediaFiles
from content.newsroom import Media, Problem
from content.plaintext import excerpt, text_of
from content.references import Links, References
from content.sanitising import sanitise
from content.uris import uri

_IMAGE = "image/jpeg"
"""What a picture on the web is taken for when its address does not tell."""


@dataclass(frozen=True, slots=True)
class Rendered:
    body_html: str
    text: str
    summary: str
    image: Media | None
    attachments: tuple[Media, ...]
    media: tuple[Media, ...]

    @property
    def all_media(self) -> tuple[Media, ...]:
        """Also what lies elsewhere on the web."""
        return (*self.media, *self.attachments, *((self.image,) if self.image else ()))


NOTHING = Rendered("", "", "", None, (), ())


def address_of(manuscript: Manuscript, slug: str, base_url: str) -> str:
    """Where a reader is sent: the piece's own link, else its page."""
    if manuscript.link:
        return uri(manuscript.link)
    page = addresses.event_page(slug) if manuscript.kind == "event" else addresses.item_page(slug)
    return addresses.absolute(base_url, page)


def prefix_of(kind: str, slug: str) -> str:
    """What the ids in a piece's text begin with, so that a page may show several texts."""
    return f"{kind}-{slug}"


def render(
    manuscript: Manuscript, slug: str, links: Links, files: MediaFiles, problems: list[Problem]
) -> Rendered:
    """Render one piece; raise ValueError when that cannot be done."""
    references = References(
        file=manuscript.file,
        root=manuscript.root,
        page=address_of(manuscript, slug, links.base_url),
        prefix=prefix_of(manuscript.kind, slug),
        links=links,
        files=files,
        report=lambda message, url: problems.append(_in_body(manuscript, message, url)),
    )
    body_html = sanitise(to_html(manuscript.body), references) if manuscript.body else ""
    found = _Files(manuscript, references, problems)
    image = found.picture(manuscript.image)
    attachments = tuple(found.attached(manuscript.attachments))
    return Rendered(
        body_html=body_html,
        text=text_of(body_html),
        summary=manuscript.summary or excerpt(body_html),
        image=image,
        attachments=attachments,
        media=tuple(references.used.values()),
    )


def _in_body(manuscript: Manuscript, message: str, url: str) -> Problem:
    """Place a problem on the line of the body where the address stands."""
    before = manuscript.body.find(url)
    line = manuscript.body_line + (manuscript.body.count("\n", 0, before) if before > 0 else 0)
    return Problem(str(manuscript.file), message, line, fatal=False)


@dataclass(frozen=True, slots=True)
class _Files:
    """The picture and the attachments of one piece."""

    manuscript: Manuscript
    references: References
    problems: list[Problem]

    def picture(self, reference: FileReference | None) -> Media | None:
        if reference is None:
            return None
        media = self._media(reference, _IMAGE)
        if media is not None and not media.type.startswith("image/"):
            self._report(reference, f"{reference.url[:120]} is no picture but of type {media.type}")
            return None
        return media

    def attached(self, references: Iterable[FileReference]) -> Iterable[Media]:
        for reference in references:
            media = self._media(reference, mediafiles.UNKNOWN_TYPE)
            if media is not None:
                yield media if media.title else replace(media, title=reference.url.rpartition("/")[2])

    def _media(self, reference: FileReference, otherwise: str) -> Media | None:
        if "://" in reference.url or reference.url.startswith("//"):
            address = self.references.media(reference.url)
            media = mediafiles.elsewhere(address, otherwise) if address else None
        else:
            media = self.references.published(reference.url, lambda message: self._report(reference, message))
        if media is None:
            return None
        return mediafiles.named(media, title=reference.title, alt=reference.alt)

    def _report(self, reference: FileReference, message: str) -> None:
        self.problems.append(self.manuscript.document.problem(reference.place, message, fatal=False))
