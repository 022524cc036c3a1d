"""From manuscripts with keys, and the rows of what is gone, to the items and events that the public sees.

Names the addresses, renders, asks `content.lifecycle` what becomes of each, and gathers what the ledger is
to remember. Snapshots come through `recall` and only for what needs them: notices, pieces that are set aside,
and events that changed. Called by `content.loading`, once.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from content import lifecycle, naming, snapshot
from content.lifecycle import Fate
from content.manuscript import Manuscript, digest
from content.mediafiles import MediaFiles
from content.naming import Identified
from content.newsroom import Event, Item, Known, Problem
from content.notices import Piece, fitted, notice
from content.reading import Read
from content.references import Links
from content.rendering import NOTHING, Rendered, address_of, render
from content.withdrawals import Gone

Recall = Callable[[Collection[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Work:
    """A piece on its way: named and rendered. `content` digests what readers call its content."""

    manuscript: Manuscript
    key: str
    row: Known | None
    slug: str
    rendered: Rendered
    content: str

    @property
    def changed(self) -> bool:
        return self.row is not None and not lifecycle.same_content(self.row, self.content)


@dataclass(slots=True)
class Assembly:
    """What is gathered. `read` takes the problems, and the sources that turn out to be unusable."""

    base_url: str
    now: datetime
    zone: ZoneInfo
    withdrawn_for: timedelta
    categories: tuple[str, ...]
    folders: Mapping[str, Path]
    files: MediaFiles
    recall: Recall
    read: Read
    items: list[Item] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    remember: list[Known] = field(default_factory=list)
    newly_withdrawn: list[Known] = field(default_factory=list)
    notices: list[Known] = field(default_factory=list)
    unremembered: dict[str, Piece] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def assemble(self, pieces: Sequence[Identified], gone: Gone, known: Sequence[Known]) -> None:
        """Fill the lists."""
        self._withdraw(gone)
        kept = self._recalled([row.key for row in gone.kept])
        slugs_of = self._named(pieces, known)
        links = naming.links(pieces, slugs_of, kept.values(), self.folders, self.base_url, self.now)
        works: list[_Work] = []
        for piece in pieces:
            if piece.manuscript.draft or piece.manuscript.withdrawn:
                self._take_back(piece, slugs_of[piece.key])
            elif (work := self._rendered(piece, slugs_of[piece.key], links)) is not None:
                works.append(work)
            elif _was_seen(piece.row) and piece.row.withdrawn is None:
                kept |= self._recalled([piece.key])
        self._decide(works)
        for old in kept.values():
            self._add(fitted(old, self.categories))
        self._show_notices()

    def _withdraw(self, gone: Gone) -> None:
        for row in gone.now:
            withdrawn = replace(
                row, withdrawn=self.now.astimezone(UTC), sequence=row.sequence + 1, snapshot=""
            )
            self.newly_withdrawn.append(withdrawn)
            self.remember.append(withdrawn)
        self.notices += [*gone.before, *self.newly_withdrawn]

    def _named(self, pieces: Sequence[Identified], known: Sequence[Known]) -> dict[str, str]:
        found = naming.slugs(pieces, known)
        for piece in found.refused:
            manuscript, slug = piece.manuscript, found.by_key[piece.key]
            message = (
                f"'{manuscript.wanted_slug}' is taken by another {manuscript.kind}; this one is at '{slug}'"
            )
            place = manuscript.place_of("slug")
            self.read.problems.append(manuscript.document.problem(place, message, fatal=False))
        return found.by_key

    def _rendered(self, piece: Identified, slug: str, links: Links) -> _Work | None:
        """Render a piece; when that cannot be done, set it aside."""
        manuscript = piece.manuscript
        try:
            rendered = render(manuscript, slug, links, self.files, self.read.problems)
        except ValueError as error:
            self.read.problems.append(Problem(str(manuscript.file), str(error), manuscript.body_line))
            self.read.set_aside.append(manuscript.source)
            return None
        content = lifecycle.content_digest(manuscript, rendered.all_media)
        return _Work(manuscript, piece.key, piece.row, slug, rendered, content)

    def _decide(self, works: Sequence[_Work]) -> None:
        before = self._recalled(
            [
                work.key
                for work in works
                if work.manuscript.occasion and work.changed and work.row and work.row.visible_since
            ]
        )
        for work in works:
            old = before.get(work.key)
            significant = isinstance(old, Event) and lifecycle.differs_significantly(old, work.manuscript)
            fate = lifecycle.fate(
                work.manuscript, work.row, self.now, changed=work.changed, significant=significant
            )
            piece = self._piece(work, fate)
            if fate.shown:
                self._add(piece)
            else:
                self.counts["embargoed"] += 1
                if fate.withdrawn and work.row:
                    self.notices.append(work.row)
            self._remember(work, fate, piece)

    def _piece(self, work: _Work, fate: Fate) -> Piece:
        manuscript, rendered, occasion = work.manuscript, work.rendered, work.manuscript.occasion
        common: dict[str, Any] = {
            "key": work.key,
            "source": manuscript.source,
            "title": manuscript.title,
            "published": fate.published.astimezone(self.zone),
            "updated": fate.updated.astimezone(self.zone),
            "language": manuscript.language,
            "slug": work.slug,
            "link": address_of(manuscript, work.slug, self.base_url),
            "has_page": manuscript.link is None,
            "body_html": rendered.body_html,
            "text": rendered.text,
            "summary": rendered.summary,
            "tags": manuscript.tags,
            "image": rendered.image,
            "media": rendered.media,
            "visible_since": fate.visible_since and fate.visible_since.astimezone(UTC),
        }
        if occasion is None:
            return Item(
                category=manuscript.category or "",
                authors=manuscript.authors,
                attachments=rendered.attachments,
                pinned=manuscript.pinned,
                **common,
            )
        return Event(
            category=manuscript.category,
            first_day=occasion.first_day,
            last_day=occasion.last_day,
            zone=occasion.zone,
            starts=occasion.starts,
            ends=occasion.ends,
            place=occasion.place,
            address=occasion.address,
            cancelled=occasion.cancelled,
            sequence=fate.sequence,
            **common,
        )

    def _remember(self, work: _Work, fate: Fate, piece: Piece) -> None:
        manuscript, row = work.manuscript, work.row
        now = Known(
            key=work.key,
            kind=manuscript.kind,
            source=manuscript.source,
            slug=work.slug,
            content_hash=work.content + _state(piece),
            body_hash=manuscript.body_hash,
            head_hash=manuscript.head_hash,
            published=fate.published.astimezone(UTC),
            updated=fate.updated.astimezone(UTC),
            first_seen=fate.first_seen.astimezone(UTC),
            visible_since=fate.visible_since and fate.visible_since.astimezone(UTC),
            withdrawn=fate.withdrawn and fate.withdrawn.astimezone(UTC),
            withdrawn_reason=(row or manuscript).withdrawn_reason if fate.withdrawn else "",
            sequence=fate.sequence,
        )
        if row is None or now != replace(row, snapshot=""):
            self.remember.append(replace(now, snapshot=snapshot.dump(piece) if fate.shown else ""))

    def _take_back(self, piece: Identified, slug: str) -> None:
        """Make a notice of what its author took back when the public has seen it; else it is nothing."""
        manuscript, row = piece.manuscript, piece.row
        self.counts["drafts" if manuscript.draft else "withdrawn_by_author"] += 1
        if not _was_seen(row):
            self._take_back_unseen(piece, slug)
            return
        fate = lifecycle.fate(manuscript, row, self.now, changed=False)
        now = replace(
            row,
            source=manuscript.source,
            slug=slug,
            sequence=fate.sequence,
            snapshot="",
            withdrawn=fate.withdrawn and fate.withdrawn.astimezone(UTC),
            withdrawn_reason=manuscript.withdrawn_reason,
        )
        if not manuscript.is_sketch:
            now = replace(now, body_hash=manuscript.body_hash, head_hash=manuscript.head_hash)
        if now != replace(row, snapshot=""):
            self.remember.append(now)
        self.notices.append(now)

    def _take_back_unseen(self, piece: Identified, slug: str) -> None:
        """What the ledger does not know was public all the same if its author says from when to when."""
        manuscript, since = piece.manuscript, piece.manuscript.withdrawn_at
        published = manuscript.published
        if manuscript.draft or since is None or published is None or published >= since:
            return
        fate = Fate(
            shown=True,
            published=published,
            updated=published,
            first_seen=self.now,
            visible_since=published,
            withdrawn=since,
            sequence=1,
        )
        bare = _Work(
            manuscript, piece.key, piece.row, slug, NOTHING, lifecycle.content_digest(manuscript, ())
        )
        self.unremembered[piece.key] = self._piece(bare, fate)
        self._remember(bare, fate, self.unremembered[piece.key])
        self.notices.append(self.remember[-1])

    def _show_notices(self) -> None:
        """Show what was withdrawn lately by its title and link, without its text."""
        recent = {row.key: row for row in self.notices if self._is_recent(row)}
        pieces = self._recalled([key for key in recent if key not in self.unremembered]) | self.unremembered
        for key, row in recent.items():
            if key in pieces:
                self._add(notice(fitted(pieces[key], self.categories), row, self.zone))

    def _is_recent(self, row: Known) -> bool:
        return row.withdrawn is not None and self.now - row.withdrawn < self.withdrawn_for

    def _recalled(self, keys: Sequence[str]) -> dict[str, Piece]:
        if not keys:
            return {}
        found: dict[str, Piece] = {}
        for key, text in self.recall(keys).items():
            if not text:
                continue
            try:
                found[key] = snapshot.parse(text)
            except ValueError:
                self.read.problems.append(
                    Problem(key, "the ledger's copy of this piece is damaged", fatal=False)
                )
        return {key: found[key] for key in sorted(found)}

    def _add(self, piece: Piece) -> None:
        state = "withdrawn" if piece.withdrawn else "items" if isinstance(piece, Item) else "events"
        self.counts[state] += 1
        if isinstance(piece, Item):
            self.items.append(piece)
        else:
            self.events.append(piece)


def _was_seen(row: Known | None) -> TypeGuard[Known]:
    return row is not None and row.visible_since is not None


def _state(piece: Piece) -> str:
    """Digest what a snapshot holds besides the content."""
    image = piece.image
    return digest(
        piece.category or "", piece.published, piece.updated, piece.link, piece.tags, piece.summary,
        image.url if image else "", image.alt if image else "",
        tuple(str(author) for author in piece.authors) if isinstance(piece, Item) else piece.zone,
        piece.pinned if isinstance(piece, Item) else piece.sequence,
    )[: lifecycle.HALF]  # fmt: skip
