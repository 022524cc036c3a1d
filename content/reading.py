"""From the files of one source to manuscripts, with every problem of every file.

A file that cannot be used is set aside whole; of a YAML list only the bad entries are. Nothing is raised for
what is in a file. Called by `content.loading`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path as FilePath

from content import events, items
from content.errors import YamlError
from content.fields import Fields
from content.folder import SourceFile, Unusable, read
from content.heads import Unreadable, divide
from content.items import House
from content.manuscript import Manuscript
from content.markdown import lost_elements
from content.newsroom import Problem
from content.settings import SourceSettings
from content.slugs import slug_of
from content.yamltree import Path, parse

_JEKYLL_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-(.+))?")


@dataclass(slots=True)
class Read:
    """What a source's files gave.

    `set_aside` are the sources of what cannot be used. `doubtful` are lists with a bad entry: nobody can tell
    which of the pieces known from there the bad entry is, so none of them is taken for gone.
    """

    manuscripts: list[Manuscript] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a source's files are read: the source, its label, the house's rules and limits."""

    settings: SourceSettings
    label: str
    folder: FilePath
    house: House
    file_size: int
    not_lists: frozenset[FilePath] = frozenset()


def read_file(file: SourceFile, desk: Desk, into: Read) -> None:
    """Read one file; what is wrong with it goes into `into.problems`."""
    if file.is_list and (desk.settings.kind == "items" or file.path in desk.not_lists):
        return
    try:
        text = read(file, desk.file_size)
        if file.is_list:
            _read_list(text, file, desk, into)
        else:
            _read_page(text, file, desk, into)
    except Unusable as error:
        into.problems.append(Problem(str(file.path), str(error), error.line))
        into.set_aside.append(file.source)
    except OSError as error:
        into.problems.append(Problem(str(file.path), f"cannot be read ({error.strerror})"))
        into.set_aside.append(file.source)
    except (Unreadable, YamlError) as error:
        into.problems.extend(error.problems)
        into.set_aside.append(file.source)


def _read_page(text: str, file: SourceFile, desk: Desk, into: Read) -> None:
    page = divide(text, str(file.path))
    fields = Fields(page.head.value, page.head)
    written = _Written(file, desk, file.source, page.body, page.body_line)
    _keep(_manuscript(fields, written), fields, file.source, into)
    into.problems.extend(_lost(written, fields))


def _read_list(text: str, file: SourceFile, desk: Desk, into: Read) -> None:
    document = parse(text, str(file.path), numbers=False)
    value = document.value
    base: Path = ()
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        value, base = value["events"], ("events",)
    if not isinstance(value, list):
        raise Unreadable(Problem(str(file.path), "is no list of events: begin each with '- title: ...'", 1))
    names: dict[str, int] = {}
    for number, entry in enumerate(value):
        place = (*base, number)
        if isinstance(entry, dict):
            _read_entry(Fields(entry, document, place), names, file, desk, into)
        else:
            into.problems.append(document.problem(place, "is no event: it needs keys, as title and start"))
            into.set_aside.append(f"{file.source}#{number + 1}")
            into.doubtful.add(file.source)


def _read_entry(fields: Fields, names: dict[str, int], file: SourceFile, desk: Desk, into: Read) -> None:
    """Read one entry of a list; `names` counts entries of one name, so that each has a source of its own."""
    name = slug_of(fields.line("id") or fields.plain("title")) or "event"
    fields.problems = [problem for problem in fields.problems if not problem.fatal]
    names[name] = names.get(name, 0) + 1
    source = f"{file.source}#{name}" + (f"-{names[name]}" if names[name] > 1 else "")
    line = fields.document.place(fields.place("body"))[0]
    written = _Written(file, desk, source, fields.text("body"), line)
    _keep(_manuscript(fields, written, event=True), fields, source, into)
    if not fields.usable:
        into.doubtful.add(file.source)


def _keep(manuscript: Manuscript | None, fields: Fields, source: str, into: Read) -> None:
    if manuscript is not None:
        into.manuscripts.append(manuscript)
    else:
        into.set_aside.append(source)
    into.problems.extend(fields.problems)


@dataclass(frozen=True, slots=True)
class _Written:
    """A piece as it stands in its file."""

    file: SourceFile
    desk: Desk
    source: str
    body: str
    body_line: int


def _manuscript(fields: Fields, written: _Written, *, event: bool = False) -> Manuscript | None:
    """Read all fields; None when the piece has to be set aside."""
    desk = written.desk
    event = event or desk.settings.kind == "events" or (desk.settings.kind == "auto" and "start" in fields)
    draft = items.is_draft(fields)
    day, name = (
        (None, written.source.partition("#")[2]) if "#" in written.source else _named(written.file.path)
    )
    house = desk.house
    title = items.title(fields)
    published, updated = items.dates(fields, house)
    if published is None and not event and "date" not in fields:
        published = _date_of_name(day, fields, house)
    withdrawn, since, reason = items.withdrawal(fields, house)
    made = Manuscript(
        kind="event" if event else "item",
        source=written.source,
        label=desk.label,
        file=written.file.path,
        root=desk.folder,
        document=fields.document,
        base=fields.base,
        keys=fields.keys,
        title=title,
        body=written.body,
        body_line=written.body_line,
        language=fields.language(house.language),
        category=items.category(fields, house, desk.settings.category, needed=not event),
        published=published,
        updated=updated,
        slug=slug_of(name),
        wanted_slug=items.slug(fields),
        link=fields.web_address("link") or (_event_address(fields) if event else None),
        given=fields.identifier(),
        draft=draft,
        withdrawn=withdrawn,
        withdrawn_at=since,
        withdrawn_reason=reason,
        authors=fields.authors(),
        tags=fields.texts("tags"),
        summary=fields.plain("summary"),
        image=fields.image(),
        attachments=fields.attachments(),
        pinned=fields.flag("pinned"),
        occasion=events.occasion(fields, house) if event else None,
    )
    if not draft:
        return made if fields.usable else None
    usable = fields.usable
    fields.problems.clear()
    return made if usable else _sketch(made)


def _sketch(draft: Manuscript) -> Manuscript:
    """A draft may be unfinished: nothing in it is needed, and nothing wrong with it is told."""
    title = draft.title or draft.file.stem
    return replace(
        draft, title=title, published=None, category=None, occasion=None, image=None, attachments=()
    )


def _named(path: FilePath) -> tuple[str | None, str]:
    """What a file's name says: Jekyll's day, and the name; a Hugo bundle is named by its folder."""
    name = path.parent.name if path.stem.lower() == "index" else path.stem
    match = _JEKYLL_NAME.fullmatch(name)
    return (match[1], match[2] or name) if match else (None, name)


def _date_of_name(day: str | None, fields: Fields, house: House) -> datetime | None:
    if day is None:
        fields.refuse("date", "is missing: write date: 2026-10-02 08:45")
        return None
    fields.mapping.setdefault("date", day)
    fields.keys["date"] = "date"
    return fields.moment("date", house.zone)


def _event_address(fields: Fields) -> str | None:
    """Events are often given their page as `url`; in items of Hugo that key is a path of their own site."""
    return fields.web_address("url") if "://" in fields.line("url") else None


def _lost(written: _Written, fields: Fields) -> Iterator[Problem]:
    if fields.usable:
        for name, line in lost_elements(written.body):
            message = (
                f"<{name}> is not published (readers and mail programs refuse it); put a link in its place"
            )
            yield Problem(str(written.file.path), message, written.body_line + line, fatal=False)
