"""Loading: everything in the sources, and what the ledger remembers of it, into a newsroom.

Reads files and nothing else; the ledger comes in as values (`known`, `recall`) and what is to be remembered
goes out as values, so that it may be called for a preview as well as for a build. A file that cannot be used
keeps what was published of it; a file that is gone is withdrawn; so many gone at once that it looks like an
accident raise. The steps: read, tell who is who, see who is gone, name addresses, render, decide, assemble.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from content import contacts, identity
from content.assembly import Assembly, Recall
from content.folder import labels, scan
from content.items import House, house_of
from content.manuscript import Manuscript
from content.mediafiles import MediaFiles
from content.naming import Identified
from content.newsroom import Category, Event, Item, Known, Loaded, Newsroom, Problem
from content.reading import Desk, Read, read_file
from content.settings import CategorySettings, LimitSettings, OrganisationSettings, SourceSettings
from content.withdrawals import Gone, sort_out


def load(  # noqa: PLR0913 - the agreed border between content and the rest
    sources: Sequence[SourceSettings],
    organisation: OrganisationSettings,
    categories: Mapping[str, CategorySettings],
    limits: LimitSettings,
    *,
    base_url: str,
    withdrawn_for: timedelta,
    known: Sequence[Known],
    recall: Recall,
    now: datetime,
    allow_withdrawals: bool = False,
) -> Loaded:
    """Load the newsroom as the public may see it at `now`.

    Raise SourceMissing when a source's folder is not there, and TooManyWithdrawn when so many files are gone
    that it looks like an accident, unless `allow_withdrawals`.
    """
    house = house_of(organisation.timezone, organisation.language, categories, now.replace(microsecond=0))
    folders = {label: _normal(source.folder) for source, label in zip(sources, labels(sources), strict=True)}
    read, unreadable = _read(sources, folders, house, organisation, limits)
    pieces, gone = _who_is_who(read, known, unreadable)
    if not allow_withdrawals:
        gone.refuse_accidents(known, tuple(folders), limits.withdrawals)
    files = MediaFiles(base_url)
    assembly = Assembly(
        base_url, house.now, house.zone, withdrawn_for, house.names, folders, files, recall, read
    )  # fmt: skip
    assembly.assemble(pieces, gone, known)
    newsroom = Newsroom(
        organisation=contacts.organisation(organisation, limits.file_size, files, read.problems),
        base_url=base_url,
        categories=tuple(Category(name, dict(of.title), of.description) for name, of in categories.items()),
        items=tuple(sorted(assembly.items, key=_newest_first)),
        events=tuple(sorted(assembly.events, key=_by_start)),
    )
    set_aside = tuple(sorted(set(read.set_aside)))
    return Loaded(
        newsroom=newsroom,
        remember=tuple(assembly.remember),
        problems=tuple(sorted(read.problems, key=_by_place)),
        newly_withdrawn=tuple(assembly.newly_withdrawn),
        set_aside=set_aside,
        counts={**assembly.counts, "set_aside": len(set_aside)},
    )


def _normal(path: Path) -> Path:
    """Take out "..", and nothing else: what a link points to is not what the operator wrote."""
    return Path(os.path.normpath(path))


def _newest_first(item: Item) -> tuple[float, str]:
    return -item.published.timestamp(), item.key


def _by_start(event: Event) -> tuple[object, ...]:
    return (
        event.first_day,
        event.starts is not None,
        event.starts.timestamp() if event.starts else 0,
        event.key,
    )


def _by_place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line or 0, problem.column or 0


def _read(
    sources: Sequence[SourceSettings],
    folders: Mapping[str, Path],
    house: House,
    organisation: OrganisationSettings,
    limits: LimitSettings,
) -> tuple[Read, tuple[str, ...]]:
    """Read every file of every source once; give also the folders that could not be listed."""
    read, seen = Read(), set()
    unreadable: list[str] = []
    not_lists = frozenset((_normal(organisation.contacts),) if organisation.contacts else ())
    for source, (label, folder) in zip(sources, folders.items(), strict=True):
        desk = Desk(source, label, folder, house, limits.file_size, not_lists)
        found = scan(folder, label)
        read.problems += found.problems
        unreadable += found.unreadable
        for file in found.files:
            if file.path not in seen:
                seen.add(file.path)
                read_file(file, desk, read)
    return read, tuple(unreadable)


def _who_is_who(
    read: Read, known: Sequence[Known], unreadable: tuple[str, ...]
) -> tuple[list[Identified], Gone]:
    """Give every manuscript its key and its row, and sort out the rows whose files are gone."""
    given = {manuscript.given for manuscript in read.manuscripts}
    aside = frozenset(read.set_aside)
    kept = {row.key for row in known if _is_kept(row, aside, unreadable)}
    found = identity.assign(
        read.manuscripts, [row for row in known if row.key not in kept or row.key in given], kept - given
    )
    rows = {row.key: row for row in known}
    pieces: list[Identified] = []
    for number, (manuscript, key) in enumerate(zip(read.manuscripts, found.keys, strict=True)):
        if key is None:
            _tell_of_clash(manuscript, read.manuscripts[found.clashes[number]], read)
            continue
        if number in found.renamed:
            _tell_of_new_id(manuscript, found.renamed[number], read)
        pieces.append(Identified(manuscript, key, rows.get(key)))
    matched, aside = {piece.key for piece in pieces}, frozenset(read.set_aside) | read.doubtful
    unmatched = [row for row in known if row.key not in matched]
    return pieces, sort_out(unmatched, lambda row: _is_kept(row, aside, unreadable))


def _is_kept(row: Known, set_aside: frozenset[str], unreadable: tuple[str, ...]) -> bool:
    """Tell whether a piece's file is there and cannot be used now; a list is set aside with its entries."""
    source = row.source
    return source in set_aside or source.partition("#")[0] in set_aside or source.startswith(unreadable)


def _tell_of_clash(manuscript: Manuscript, holder: Manuscript, read: Read) -> None:
    message = f"is the id of {holder.file}:{holder.line} already; each piece needs an id of its own"
    path = manuscript.place_of("id")
    read.problems.append(manuscript.document.problem(path, f"'{manuscript.given}' {message}"))
    read.set_aside.append(manuscript.source)


def _tell_of_new_id(manuscript: Manuscript, before: str, read: Read) -> None:
    message = (
        f"this id is new for a piece that is known as {before}: readers will take it for a new piece; "
        f"write id: {before} to keep the old one"
    )
    read.problems.append(manuscript.document.problem(manuscript.place_of("id"), message, fatal=False))
