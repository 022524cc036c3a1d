"""The organisation as it is shown: its text and address from the settings, its contacts from a YAML list.

A contact that cannot be used is set aside with its line; without its picture one can be used.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from content.characters import clean, one_line
from content.errors import YamlError
from content.folder import SourceFile, Unusable, read
from content.mediafiles import MediaFiles, UnpublishableError, elsewhere, named
from content.newsroom import Contact, Media, Organisation, Problem
from content.plaintext import without_markup
from content.settings import OrganisationSettings
from content.yamltree import Document, parse
from content.yamltree import Path as Place

_MAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_SPELLINGS = {
    "name": ("name",),
    "roles": ("roles", "role", "title"),
    "email": ("email", "e-mail", "mail"),
    "phones": ("phones", "phone", "telephone", "mobile", "tel"),
    "image": ("image", "picture", "photo"),
}
_KEYS = frozenset(key for spellings in _SPELLINGS.values() for key in spellings)

Refuse = Callable[..., None]


def organisation(
    settings: OrganisationSettings, limit: int, files: MediaFiles, problems: list[Problem]
) -> Organisation:
    """Make the organisation; what is wrong with its files goes into `problems`."""
    return Organisation(
        name=one_line(settings.name),
        url=settings.url,
        language=settings.language,
        timezone=settings.timezone,
        about=clean(settings.description).strip(),
        address=tuple(line for row in clean(settings.address).split("\n") if (line := one_line(row))),
        logo=_logo(settings.logo, settings.name, files, problems),
        contacts=_contacts(settings.contacts, limit, files, problems),
    )


def _logo(file: Path | None, name: str, files: MediaFiles, problems: list[Problem]) -> Media | None:
    if file is None:
        return None
    try:
        return named(files.publish(file), alt=one_line(name))
    except UnpublishableError as error:
        problems.append(Problem(str(file), f"organisation.logo: {error}"))
        return None


def _contacts(
    file: Path | None, limit: int, files: MediaFiles, problems: list[Problem]
) -> tuple[Contact, ...]:
    if file is None:
        return ()
    try:
        document = parse(
            read(SourceFile(file, file.name, file.stat().st_size), limit), str(file), numbers=False
        )
    except Unusable as error:
        problems.append(Problem(str(file), str(error), error.line))
    except OSError as error:
        problems.append(Problem(str(file), f"organisation.contacts cannot be read ({error.strerror})"))
    except YamlError as error:
        problems.extend(error.problems)
    else:
        return _listed(document, file, files, problems)
    return ()


def _listed(
    document: Document, file: Path, files: MediaFiles, problems: list[Problem]
) -> tuple[Contact, ...]:
    value: Any = document.value
    base: Place = ()
    if isinstance(value, dict) and isinstance(value.get("contacts"), list):
        value, base = value["contacts"], ("contacts",)
    if not isinstance(value, list):
        problems.append(Problem(str(file), "is no list of contacts: begin each with '- name: ...'", 1))
        return ()
    found = (
        _Entry(entry, document, (*base, number), problems).contact(file.parent, files)
        for number, entry in enumerate(value)
    )
    return tuple(contact for contact in found if contact)


class _Entry:
    """One contact of the list, while it is read."""

    def __init__(self, value: Any, document: Document, place: Place, problems: list[Problem]) -> None:
        self.value = value if isinstance(value, dict) else {}
        self.document, self.place, self.problems = document, place, problems
        self.usable = isinstance(value, dict)
        if not self.usable:
            self._refuse("", "is no contact: it needs keys, as name and email")

    def contact(self, folder: Path, files: MediaFiles) -> Contact | None:
        for key in self.value.keys() - _KEYS:
            self._refuse(key, "is no key of a contact (name, roles, email, phones, image)", fatal=False)
        name = " ".join(self._lines("name"))
        if self.usable and not name:
            self._refuse("name", "is missing")
        email = " ".join(self._lines("email")) or None
        if email and not _MAIL.fullmatch(email):
            self._refuse("email", f"'{email[:120]}' is no mail address")
        roles, phones = self._lines("roles"), self._lines("phones")
        image = self._image(name, folder, files)
        return Contact(name, roles, email, phones, image) if self.usable else None

    def _lines(self, field: str) -> tuple[str, ...]:
        lines: list[str] = []
        for key in _SPELLINGS[field]:
            value = self.value.get(key)
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, (list, dict)):
                    self._refuse(key, "must be text, or a list of texts")
                elif entry is not None and (line := without_markup(str(entry))):
                    lines.append(line)
        return tuple(dict.fromkeys(lines))

    def _image(self, name: str, folder: Path, files: MediaFiles) -> Media | None:
        key = next((key for key in _SPELLINGS["image"] if self.value.get(key)), None)
        if key is None:
            return None
        value = self.value[key]
        described = value if isinstance(value, dict) else {"src": value}
        source = one_line(str(described.get("src") or described.get("url") or ""))
        alt = without_markup(str(described.get("alt") or "")) or name
        if source.startswith(("http://", "https://")):
            return named(elsewhere(source, "image/jpeg"), alt=alt)
        file = (folder / source).resolve()
        if not source or not file.is_relative_to(folder.resolve()) or not file.is_file():
            self._refuse(key, f"there is no file {source[:200]}", fatal=False)
            return None
        try:
            return named(files.publish(file), alt=alt)
        except UnpublishableError as error:
            self._refuse(key, str(error), fatal=False)
            return None

    def _refuse(self, key: str, message: str, *, fatal: bool = True) -> None:
        self.usable = self.usable and not fatal
        path = (*self.place, key) if key else self.place
        self.problems.append(self.document.problem(path, message, fatal=fatal))
