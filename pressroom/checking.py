"""Everything that can be wrong with a newsroom, looked for at once; nothing is changed.

The configuration, the content, every template (compiled, and rendered with a sample that has
everything) and the translations.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from content.errors import CatalogueProblem, ContentError, TemplateProblem
from content.languages import Catalogues
from content.newsroom import Problem
from content.templates import Templates
from feeds.pages import pages
from feeds.site import PublicNewsletter, prepared
from newsletter.editions import EditionRenderer, web_page
from newsletter.errors import NewsletterError
from pressroom import samples
from pressroom.archive import Entry, listing, overview
from pressroom.bootstrap import look, look_into
from pressroom.clock import Clock
from pressroom.config import read
from pressroom.loading import glance
from pressroom.settings import Config
from pressroom.web.specimens import specimens
from storage.errors import StorageError

SAMPLE = PublicNewsletter("sample", "Sample", "A sample")


def check(file: Path, environ: Mapping[str, str], clock: Clock) -> list[Problem]:
    """Give every problem; those that are not fatal are warnings."""
    config, problems = read(file, environ)
    if config is None or any(problem.fatal for problem in problems):
        return problems
    problems += _content(config, clock)
    catalogues = Catalogues(config.templates)
    problems += catalogues.check()
    problems += _untranslated(config, catalogues)
    problems += _templates(config, look(config, catalogues))
    return problems


def _content(config: Config, clock: Clock) -> Iterator[Problem]:
    try:
        with look_into(config, clock) as room:
            yield from glance(room, clock()).loaded.problems
    except StorageError as error:
        yield Problem(str(config.file), str(error), key="storage.url")
    except ContentError as error:
        yield Problem(str(config.file), str(error), key="sources")


def languages(config: Config) -> list[str]:
    """Give the languages that pages and mails are made in, as far as the configuration says."""
    own = config.organisation.language
    return sorted({own, *(settings.language or own for settings in config.newsletters.values())})


def _untranslated(config: Config, catalogues: Catalogues) -> Iterator[Problem]:
    for language in languages(config):
        try:
            missing = catalogues.missing(language)
        except CatalogueProblem:
            continue  # reported with its place by the catalogues themselves
        if missing:
            shown = "; ".join(f"'{text}'" for text in missing[:3])
            message = f"{len(missing)} texts have no translation and appear in English: {shown}"
            yield Problem(str(config.file), message, key=f"language {language}", fatal=False)


def _templates(config: Config, templates: Templates) -> Iterator[Problem]:
    """Compile all templates; those that compile are also rendered, because some mistakes only show then."""
    problems = templates.check()
    yield from problems
    if any(problem.fatal for problem in problems):
        return
    for language in languages(config):
        yield from _rendered(config, templates, language)


def _rendered(config: Config, templates: Templates, language: str) -> Iterator[Problem]:
    today = samples.MOMENT.date()
    newsroom, issue = samples.newsroom(language), samples.issue(language, "Sample")
    try:
        for _ in pages(newsroom, config.feeds, templates, today=today, newsletters=[SAMPLE]):
            pass
        site, _ = prepared(newsroom, config.feeds, templates, today, [SAMPLE])
        listing(site, SAMPLE, [Entry(1, "Sample", today, "newsletters/sample/1/")])
        overview(site)
        specimens(site, samples.MOMENT)
        EditionRenderer(templates)(issue, "*", language)
        web_page(issue, language, templates)
    except TemplateProblem as error:
        yield error.problem
    except (ContentError, NewsletterError) as error:
        yield Problem(
            str(config.templates or "the built-in templates"), str(error), key=f"language {language}"
        )
