"""The addresses of pieces: a slug for each that stays for ever, and where links between them lead. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from content.manuscript import Manuscript
from content.newsroom import Event, Item, Known
from content.references import Links, Target
from content.rendering import address_of, prefix_of
from content.slugs import numbered, slug_of
from content.withdrawals import label_of


@dataclass(frozen=True, slots=True)
class Identified:
    """A manuscript with its key, and its row when it was seen before."""

    manuscript: Manuscript
    key: str
    row: Known | None


@dataclass(frozen=True, slots=True)
class Slugs:
    """`by_key` gives each piece's slug; `refused` are those whose own wish was taken by another."""

    by_key: dict[str, str] = field(default_factory=dict)
    refused: list[Identified] = field(default_factory=list)


def slugs(pieces: Sequence[Identified], known: Sequence[Known]) -> Slugs:
    """Give each piece its slug: the head's, the remembered one, the file's name; unique of its kind."""
    owners = {(row.kind, row.slug): row.key for row in known}
    found = Slugs()
    for piece in pieces:
        manuscript, kind = piece.manuscript, piece.manuscript.kind
        slug = numbered(_wanted(piece), _Taken(owners, kind, piece.key))
        found.by_key[piece.key] = slug
        if not (manuscript.draft and piece.row is None):
            owners[kind, slug] = piece.key
        if manuscript.wanted_slug not in ("", slug):
            found.refused.append(piece)
    return found


def _wanted(piece: Identified) -> str:
    manuscript, row = piece.manuscript, piece.row
    remembered = row.slug if row and row.visible_since else ""
    named = manuscript.wanted_slug or remembered or manuscript.slug or slug_of(manuscript.title)
    return named or f"{manuscript.kind}-{slug_of(piece.key)[:8]}".strip("-")


def links(
    pieces: Iterable[Identified],
    slugs_of: Mapping[str, str],
    kept: Iterable[Item | Event],
    folders: Mapping[str, Path],
    base_url: str,
    now: datetime,
) -> Links:
    """Map the files of all pieces to addresses; `kept` are shown though their files cannot be read."""
    by_file: dict[str, Target | None] = {}
    for piece in pieces:
        manuscript = piece.manuscript
        if "#" not in manuscript.source:
            slug = slugs_of[piece.key]
            prefix = "" if manuscript.link else prefix_of(manuscript.kind, slug)
            target = Target(address_of(manuscript, slug, base_url), prefix)
            by_file[str(manuscript.file)] = target if _is_public(manuscript, now) else None
    for old in kept:
        label = label_of(old.source, tuple(folders))
        if label in folders:
            prefix = prefix_of("item" if isinstance(old, Item) else "event", old.slug) if old.has_page else ""
            file = folders[label] / old.source.removeprefix(f"{label}/")
            by_file[str(file)] = Target(old.link, prefix)
    return Links(by_file, base_url)


def _is_public(manuscript: Manuscript, now: datetime) -> bool:
    return not manuscript.taken_back and (manuscript.published is None or manuscript.published <= now)


@dataclass(frozen=True, slots=True)
class _Taken:
    """The slugs that other pieces of the kind have."""

    owners: Mapping[tuple[str, str], str]
    kind: str
    key: str

    def __contains__(self, slug: object) -> bool:
        return self.owners.get((self.kind, str(slug)), self.key) != self.key
