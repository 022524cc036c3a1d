"""The look: Jinja templates, the operator's folder first, then the built-in ones.

A name is a path below the folder, "web/front.html" or "email/digest.txt". "builtin/web/front.html" is
always the built-in one, so that an override can extend what it overrides. Undefined names are errors.
Each language has an environment of its own, so that `_`, `ngettext` and the filters for dates
are bound to it. Used by feeds.pages and newsletter.editions; `check` serves the command of that name.
"""

import traceback
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from difflib import get_close_matches
from gettext import NullTranslations
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    meta,
    nodes,
    pass_eval_context,
)
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from content import dates, notation
from content.errors import TemplateProblem
from content.languages import Catalogues, direction
from content.newsroom import Problem

BUILTIN = "builtin/"
MARKUP = (".html", ".xml")
SUFFIXES = (*MARKUP, ".txt", ".css", ".svg")


class Templates:
    """All templates; compiled once a language, at the first use."""

    def __init__(self, builtin: Traversable, override: Path | None, catalogues: Catalogues) -> None:
        self._loader = _Loader(builtin, override, catalogues)
        self._catalogues = catalogues
        self._environments: dict[str, Environment] = {}

    def render(self, name: str, language: str, **values: object) -> str:
        """Render a template; raise TemplateProblem, naming file and line, when it cannot be."""
        return self.template(name, language)(**values)

    def template(self, name: str, language: str) -> Callable[..., str]:
        """Give the rendering of one template, for callers that render it many times."""
        environment = self._environment(language)
        try:
            template = environment.get_template(name)
        except TemplateError as error:
            raise TemplateProblem(_trouble(error, name)) from error
        return _rendering(template, name)

    def names(self) -> tuple[str, ...]:
        """Give the names of all built-in templates, which are the names that can be overridden."""
        return tuple(sorted(self._loader.builtin))

    def translations(self, language: str) -> NullTranslations:
        """Give gettext and ngettext, for words that are chosen in code."""
        return self._catalogues.translations(language)

    def overridden(self) -> tuple[str, ...]:
        return tuple(sorted(self._loader.overrides))

    def source(self, name: str) -> str:
        """Give the text of a built-in template, to start an override from."""
        try:
            return self._loader.builtin[name.removeprefix(BUILTIN)].read_text(encoding="utf-8")
        except KeyError as error:
            raise TemplateProblem(
                Problem(file=name, message=f"no such template{self._near(name)}")
            ) from error

    def check(self) -> list[Problem]:
        """Report what can be seen without rendering: unknown overrides, syntax, unknown names."""
        problems = [
            Problem(file=str(file), message=f"overrides no template of ours{self._near(name)}", key=name)
            for name, file in sorted(self._loader.unknown.items())
        ]
        environment = self._environment("en")
        for name in self.names():
            problems += self._checked(environment, BUILTIN + name)
        for name in self.overridden():
            problems += self._checked(environment, name)
        return problems

    def _checked(self, environment: Environment, name: str) -> Iterator[Problem]:
        try:
            source, file, _ = self._loader.get_source(environment, name)
            tree = environment.parse(source, name, file)
            environment.compile(tree, name, file)
        except TemplateError as error:
            yield _trouble(error, name)
            return
        yield from self._missing_templates(tree, file)
        if not name.startswith(BUILTIN):
            yield from self._unknown_names(environment, tree, name, file)

    def _missing_templates(self, tree: nodes.Template, file: str) -> Iterator[Problem]:
        for other in meta.find_referenced_templates(tree):
            if other and other.removeprefix(BUILTIN) not in self._loader.builtin:
                yield Problem(
                    file=file, message=f"refers to no template of ours{self._near(other)}", key=other
                )

    def _unknown_names(
        self, environment: Environment, tree: nodes.Template, name: str, file: str
    ) -> Iterator[Problem]:
        known = self._known_values(environment, name.partition("/")[0])
        for undeclared in sorted(meta.find_undeclared_variables(tree) - known):
            lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == undeclared]
            message = f"'{undeclared}' is undefined{_hint(undeclared, known)}"
            yield Problem(file=file, message=message, line=min(lines, default=None))

    def _known_values(self, environment: Environment, folder: str) -> set[str]:
        """Give the values that templates of the folder get: those that the built-in ones make use of."""
        known = set(environment.globals)
        for name in self.names():
            if name.startswith(f"{folder}/"):
                known |= meta.find_undeclared_variables(environment.parse(self.source(name)))
        return known

    def _near(self, name: str) -> str:
        return _hint(name.removeprefix(BUILTIN), self._loader.builtin)

    def _environment(self, language: str) -> Environment:
        if language not in self._environments:
            self._environments[language] = _environment(self._loader, self._catalogues, language)
        return self._environments[language]


class _Loader(BaseLoader):
    """Finds sources in the operator's folder and in ours, which may lie in a zip: no FileSystemLoader."""

    def __init__(self, builtin: Traversable, override: Path | None, catalogues: Catalogues) -> None:
        self.catalogues = catalogues
        self.builtin = dict(_files(builtin))
        own = dict(_files(override)) if override and override.is_dir() else {}
        self.overrides = {name: file for name, file in own.items() if name in self.builtin}
        self.unknown = {name: file for name, file in own.items() if name not in self.builtin}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        name = template.removeprefix(BUILTIN)
        file = self.builtin.get(name)
        if not template.startswith(BUILTIN):
            file = self.overrides.get(name, file)
        if file is None:
            raise TemplateNotFound(template, f"no such template{_hint(name, self.builtin)}")
        try:
            return file.read_bytes().decode("utf-8"), str(file), lambda: True
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read: {error}"
            raise TemplateSyntaxError(message, 1, template, str(file)) from error

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> Template:
        source, file, fresh = self.get_source(environment, name)
        translations = self.catalogues.translations(str(environment.globals["language"]))
        tree = _Folded(translations).visit(environment.parse(source, name, file))
        code = environment.compile(tree, name, file)
        return environment.template_class.from_code(environment, code, globals or {}, fresh)


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Walk the templates of a folder; translations, hidden files and editors' copies are not templates."""
    for entry in folder.iterdir():
        if entry.name.startswith(".") or (not prefix and entry.name == "locale"):
            continue
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(SUFFIXES):
            yield prefix + entry.name, entry


def _environment(loader: BaseLoader, catalogues: Catalogues, language: str) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=lambda name: name is None or name.endswith(MARKUP),  # noqa: S701 - mails are text too
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        cache_size=-1,
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_words(catalogues.translations(language)))
    environment.globals.update(language=language, direction=direction(language))
    environment.filters.update(_filters(language))
    return environment


def _words(translations: NullTranslations) -> dict[str, Callable[..., str]]:
    """Give gettext's functions. Catalogues hold plain text, for mails as for pages: in HTML it is escaped.

    (Those of jinja2.ext.i18n would take a translator's "&" for markup.)
    """

    @pass_eval_context
    def gettext(context: nodes.EvalContext, message: str, **variables: object) -> str:
        return _filled(context, translations.gettext(message), variables)

    @pass_eval_context
    def ngettext(context: nodes.EvalContext, one: str, many: str, num: int, **variables: object) -> str:
        return _filled(context, translations.ngettext(one, many, num), {"num": num} | variables)

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def _filled(context: nodes.EvalContext, text: str, variables: dict[str, object]) -> str:
    return (escape(text) if context.autoescape else text) % variables


class _Folded(NodeTransformer):
    """Puts the translation of a constant in its place, once: there may be ten thousand pages."""

    def __init__(self, translations: NullTranslations) -> None:
        self.translations = translations

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - jinja2 finds it by this name
        match node:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(text))], kwargs=[]):
                with suppress(KeyError, TypeError, ValueError):  # told when it is rendered
                    return nodes.Const(self.translations.gettext(text) % {}, lineno=node.lineno)
        return self.generic_visit(node)


LOCAL_FILTERS: tuple[Callable[..., str], ...] = (
    dates.clock,
    dates.date_and_time,
    dates.day_in,
    dates.event_days,
    dates.event_hours,
    dates.event_span,
    dates.full_day,
    dates.long_day,
    dates.month_abbr,
    dates.month_year,
    dates.short_day,
    notation.file_note,
    notation.file_size,
    notation.language_name,
)
"""Filters whose second argument is the language: in a template it is the template's own."""

PLAIN_FILTERS: tuple[Callable[..., object], ...] = (
    direction,
    notation.dialled,
    notation.event_end,
    notation.event_start,
    notation.file_name,
    notation.is_web_address,
    notation.machine_time,
    notation.short_address,
    notation.webcal,
)


def _filters(language: str) -> dict[str, Callable[..., object]]:
    filters: dict[str, Callable[..., object]] = {each.__name__: each for each in PLAIN_FILTERS}
    return filters | {each.__name__: _bound(each, language) for each in LOCAL_FILTERS}


def _bound(function: Callable[..., str], language: str) -> Callable[..., str]:
    def bound(value: object, *arguments: object, **named: object) -> str:
        return function(value, named.pop("language", language), *arguments, **named)

    return bound


def _rendering(template: Template, name: str) -> Callable[..., str]:
    def rendering(**values: object) -> str:
        try:
            return template.render(values)
        except Exception as error:
            raise TemplateProblem(_trouble(error, name)) from error

    return rendering


def _trouble(error: Exception, name: str) -> Problem:
    """Say where it went wrong: the place of a syntax error, else the deepest line of a template."""
    if isinstance(error, TemplateSyntaxError):
        return Problem(file=error.filename or name, message=error.message or str(error), line=error.lineno)
    if isinstance(error, TemplateNotFound):
        return Problem(file=str(error.name or name), message=error.message or "no such template")
    message = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(SUFFIXES):
            return Problem(file=frame.filename, message=message, line=frame.lineno)
    return Problem(file=name, message=message)


def _hint(name: str, known: Any) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
