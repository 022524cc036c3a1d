"""Translations: gettext catalogues read as they are written, without a compiled form beside them.

English is the language of the msgids. A catalogue is `locale/<language>/pressroom.po`, built in or in
the operator's folder, which adds languages and overrides single strings. What a language lacks is looked
for in its parent (pt-BR, pt) and is English at last. Used by the templates, the mails and `check`.
"""

import gettext
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.localedata import LocaleDataDict
from babel.localedata import load as load_locale_data
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from content.errors import CatalogueProblem
from content.newsroom import Problem

DOMAIN = "pressroom"
SOURCE_LANGUAGE = "en"
# What a line of a catalogue can be. Babel takes an unfinished string and drops its last letter.
LINE = re.compile(
    r"""(\#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d\])?)\s*)?"([^"\\]|\\.)*")?""", re.VERBOSE
)


class _OwnLocale(Locale):
    """A locale with data of its own.

    Babel (2.18) writes resolved aliases into dictionaries that all locales share: after one Japanese
    date the Hungarian months are Japanese. What is only read from a deep copy cannot leak.
    """

    @cached_property
    def _data(self) -> LocaleDataDict:
        shared: dict[Any, Any] = load_locale_data(str(self))
        return LocaleDataDict(deepcopy(shared))


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Give the CLDR locale of a language code; the nearest known parent when CLDR lacks it, else English."""
    for code in chain(language):
        try:
            return _OwnLocale.parse(code, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return _OwnLocale.parse(SOURCE_LANGUAGE)


def direction(language: str) -> str:
    """Give "rtl" or "ltr", as the dir attribute wants it."""
    return str(locale_of(language).text_direction)


def chain(language: str) -> tuple[str, ...]:
    """Give the language and its parents: pt-BR, pt."""
    parts = re.split(r"[-_]", language)
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


class Catalogues:
    """All translations, built in and the operator's; each catalogue is read once."""

    def __init__(self, override: Path | None = None) -> None:
        builtin = files("content") / "locale"
        self._folders = _folders(builtin)
        self._overrides = _folders(override / "locale") if override else {}
        self._template = builtin / f"{DOMAIN}.pot"
        self._read: dict[str, gettext.NullTranslations] = {}

    def languages(self) -> tuple[str, ...]:
        """Give the languages that can be chosen, English first."""
        found = {name for folders in (self._folders, self._overrides) for name in folders}
        return (SOURCE_LANGUAGE, *sorted(found - {SOURCE_LANGUAGE}))

    def translations(self, language: str) -> gettext.NullTranslations:
        """Give gettext, ngettext and pgettext; raise CatalogueProblem for a damaged catalogue."""
        if language not in self._read:
            self._read[language] = self._chained(language)
        return self._read[language]

    def missing(self, language: str) -> tuple[str, ...]:
        """Give the msgids that the language has no translation of; parents count, English does not."""
        if chain(language)[-1] == SOURCE_LANGUAGE:
            return ()
        present = {
            _identity(message)
            for file in self._files(language)
            for message in _messages(_catalogue(file, language))
            if _translated(message)
        }
        wanted = _messages(_catalogue(self._template, SOURCE_LANGUAGE))
        return tuple(identity[1] for identity in map(_identity, wanted) if identity not in present)

    def complete(self, language: str) -> bool:
        return not self.missing(language)

    def check(self) -> list[Problem]:
        """Read every catalogue; report damage, and placeholders that are not those of the msgid."""
        problems: list[Problem] = []
        for language in self.languages():
            for file in self._own_files(language):
                try:
                    problems += _misplaced(_catalogue(file, language), file)
                    _compiled(file, language)
                except CatalogueProblem as error:
                    problems.append(error.problem)
        return problems

    def _chained(self, language: str) -> gettext.NullTranslations:
        found = [_compiled(file, language) for file in self._files(language)]
        found.append(gettext.NullTranslations())
        for translations, fallback in pairwise(found):
            translations.add_fallback(fallback)
        return found[0]

    def _files(self, language: str) -> Iterator[Traversable]:
        for code in chain(language):
            yield from self._own_files(code)

    def _own_files(self, code: str) -> Iterator[Traversable]:
        for folders in (self._overrides, self._folders):
            if code.lower() in (lowered := {name.lower(): file for name, file in folders.items()}):
                yield lowered[code.lower()]


def _folders(root: Traversable) -> dict[str, Traversable]:
    """Find the catalogues by language; the folder may be written pt-BR or, as gettext does, pt_BR."""
    if not root.is_dir():
        return {}
    catalogues = {folder.name.replace("_", "-"): folder / f"{DOMAIN}.po" for folder in root.iterdir()}
    return {name: file for name, file in sorted(catalogues.items()) if file.is_file()}


def _catalogue(file: Traversable, language: str) -> Catalog:
    try:
        content = file.read_bytes()
        _require_lines(file, content.decode("utf-8"))
        return read_po(BytesIO(content), locale=locale_of(language), charset="utf-8", abort_invalid=True)
    except PoFileError as error:
        raise _damaged(file, str(error.args[0]), error.lineno + 1) from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _damaged(file, "is not UTF-8", line) from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise _damaged(file, f"cannot be read: {error}", None) from error


def _require_lines(file: Traversable, text: str) -> None:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not LINE.fullmatch(line.strip()):
            raise _damaged(file, "is no line of a catalogue, or its quotation marks do not match", number)


def _damaged(file: Traversable, message: str, lineno: int | None) -> CatalogueProblem:
    return CatalogueProblem(Problem(file=str(file), message=message, line=lineno))


def _compiled(file: Traversable, language: str) -> gettext.NullTranslations:
    catalogue = _catalogue(file, language)
    for message in list(_messages(catalogue)):
        if not _translated(message):
            catalogue.delete(message.id, message.context)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    try:
        return gettext.GNUTranslations(compiled)
    except ValueError as error:
        raise _damaged(file, f"the rule of its plural forms cannot be used: {error}", None) from error


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _translated(message: Message) -> bool:
    """Tell whether it may be used: no fuzzy guess, and every plural form given."""
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return not message.fuzzy and all(strings)


def _identity(message: Message) -> tuple[str | None, str]:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def _misplaced(catalogue: Catalog, file: Traversable) -> Iterator[Problem]:
    for message, errors in catalogue.check():
        if _translated(message):
            yield from (_problem(file, message, error) for error in errors)


def _problem(file: Traversable, message: Message, error: Any) -> Problem:
    return Problem(file=str(file), message=str(error), line=message.lineno, key=_identity(message)[1])
