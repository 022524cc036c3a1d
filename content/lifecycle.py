"""What becomes of one piece at one moment: public or not, since when, changed when. Pure.

`updated` moves when what readers call the content does, and never back. A piece that the public never saw
has no withdrawal. The ledger's row of a piece holds two digests in `content_hash`: of the content, and of all
that a snapshot holds, so that a change of category renews the snapshot without making the piece look edited.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from content.manuscript import Manuscript, Occasion, digest
from content.newsroom import Event, Known, Media

HALF = 32
"""A digest in `content_hash` is cut to half of the column's 64 characters: 128 bits."""


@dataclass(frozen=True, slots=True)
class Fate:
    """`shown` is whether the public sees the text; a withdrawn piece that it saw is shown as a notice."""

    shown: bool
    published: datetime
    updated: datetime
    first_seen: datetime
    visible_since: datetime | None
    withdrawn: datetime | None
    sequence: int


def fate(
    manuscript: Manuscript, row: Known | None, now: datetime, *, changed: bool, significant: bool = False
) -> Fate:
    """Decide; `changed` and `significant` compare the content with the remembered one."""
    published = _published(manuscript, row, now)
    taken_back = manuscript.withdrawn or manuscript.draft
    shown = published <= now and not taken_back
    seen = row.visible_since if row else None
    lifted = row is not None and row.withdrawn is not None and shown
    withdrawn = row.withdrawn if row and not shown else None
    if taken_back and row and seen and withdrawn is None:
        told = manuscript.withdrawn_at
        withdrawn = told if told and told > row.updated else now
    counts = significant or (row is not None and (row.withdrawn is None) != (withdrawn is None))
    return Fate(
        shown=shown,
        published=published,
        updated=now if lifted else _updated(manuscript, row, published, now, changed=changed),
        first_seen=row.first_seen if row else now,
        visible_since=seen or (now if shown else None),
        withdrawn=withdrawn,
        sequence=(row.sequence if row else 0) + (1 if counts and seen else 0),
    )


def _published(manuscript: Manuscript, row: Known | None, now: datetime) -> datetime:
    """An event without a date is published when it is first seen."""
    if manuscript.published is not None:
        return manuscript.published
    return min(row.published, now) if row else now


def _updated(
    manuscript: Manuscript, row: Known | None, published: datetime, now: datetime, *, changed: bool
) -> datetime:
    if row is None or row.visible_since is None:
        return max(manuscript.updated or published, published)
    found = manuscript.updated or (now if changed else row.updated)
    return max(found, row.updated, published)


def content_digest(manuscript: Manuscript, media: tuple[Media, ...]) -> str:
    """Digest what readers would call the content: text, pictures, people, and of an event when and where."""
    occasion = manuscript.occasion
    return digest(
        manuscript.title,
        manuscript.body.strip(),
        manuscript.summary,
        manuscript.link or "",
        manuscript.language,
        tuple(author.name for author in manuscript.authors),
        manuscript.image.alt if manuscript.image else "",
        tuple(sorted(_identity(file) for file in media)),
        (
            occasion.starts,
            occasion.ends,
            occasion.first_day,
            occasion.last_day,
            occasion.place,
            occasion.address,
        )
        if occasion
        else "",
        occasion.cancelled if occasion else "",
    )[:HALF]


def _identity(media: Media) -> str:
    """What a file is, wherever it lies: of ours its digest, which is the second part of its path."""
    return media.path.split("/")[1] if media.path else media.url


def same_content(row: Known, content: str) -> bool:
    return row.content_hash[:HALF] == content[:HALF]


def differs_significantly(before: Event, now: Manuscript) -> bool:
    """Tell whether somebody who planned to come must know (RFC 5545, 3.8.7.4)."""
    occasion = now.occasion
    return occasion is not None and (before.title, *_plan(before)) != (now.title, *_plan(occasion))


def _plan(of: Event | Occasion) -> tuple[object, ...]:
    starts, ends = (value and value.astimezone(UTC) for value in (of.starts, of.ends))
    return starts, ends, of.first_day, of.last_day, of.place, of.address, of.cancelled
