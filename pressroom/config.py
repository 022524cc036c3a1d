"""Reads config.yaml and the environment into one frozen `Config`; nothing else reads either.

Defaults are overruled by the file, the file by PRESSROOM_SECTION__KEY. Every mistake is reported at
once, as file:line:column: key: what is wrong and how to mend it. Relative paths count from the folder
of the configuration file, so that a command does the same wherever it is called from.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from content.errors import YamlError
from content.newsroom import Problem
from content.settings import Settings
from content.yamltree import Document, parse
from pressroom import wording
from pressroom.crosschecks import cross_checks
from pressroom.environment import Tree, expand, override
from pressroom.errors import ConfigError
from pressroom.settings import Config, ConfigFile

MAX_SIZE = 5_000_000


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Give the configuration, or raise ConfigError with everything that is wrong with it."""
    config, problems = read(path, environ)
    if config is None or any(problem.fatal for problem in problems):
        raise ConfigError([problem for problem in problems if problem.fatal])
    return config


def read(path: Path, environ: Mapping[str, str]) -> tuple[Config | None, list[Problem]]:
    """Give the configuration as far as it can be used, and all problems, warnings among them."""
    try:
        document = _document(path)
    except ConfigError as error:
        return None, list(error.problems)
    folder = path.absolute().parent
    tree = Tree(document.value, document, str(path))
    expand(tree, environ)
    override(tree, environ)
    problems = cross_checks(tree, folder)
    try:
        found = ConfigFile.model_validate(tree.value)
    except ValidationError as error:
        findings = [each for each in error.errors() if each["loc"] not in tree.broken]
        problems += [wording.problem(each, tree, ConfigFile) for each in findings]
        return None, _in_order(tree.problems + problems)
    config = _complete(_absolute(found, folder), path, tree)
    return config, _in_order(tree.problems + problems)


def _document(path: Path) -> Document:
    """Read the file as YAML; what is not even that is one problem or several, and nothing more."""
    name = str(path)
    try:
        if path.stat().st_size > MAX_SIZE:
            raise ConfigError([Problem(name, f"is larger than {MAX_SIZE} bytes: that is no configuration")])
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        hint = "; `pressroom init DIR` makes a new newsroom" if isinstance(error, FileNotFoundError) else ""
        reason = (error.strerror or str(error)).lower()
        raise ConfigError([Problem(name, f"cannot be read: {reason}{hint}")]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(name, "is not UTF-8 text here; save the file as UTF-8", line)]) from error
    try:
        document = parse(text, name)
    except YamlError as error:
        raise ConfigError(error.problems) from error
    if document.value is None:
        raise ConfigError([Problem(name, "is empty; `pressroom init DIR` shows what belongs here", 1, None)])
    if not isinstance(document.value, dict):
        raise ConfigError([Problem(name, "must be keys with their values, as 'organisation:' and so on", 1)])
    return document


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Sort by place, so that a file is mended from top to bottom."""
    return sorted(problems, key=lambda each: (each.file, each.line or 0, each.column or 0))


def _absolute(settings: Any, folder: Path) -> Any:
    """Make every path in the settings absolute."""
    if isinstance(settings, Path):
        return folder / settings.expanduser()
    if isinstance(settings, Settings):
        changed = {name: _absolute(value, folder) for name, value in settings}
        return settings.model_copy(update=changed)
    if isinstance(settings, tuple):
        return tuple(_absolute(entry, folder) for entry in settings)
    if isinstance(settings, dict):
        return {key: _absolute(entry, folder) for key, entry in settings.items()}
    return settings


def _complete(found: ConfigFile, path: Path, tree: Tree) -> Config:
    """Read the secrets, place the database, and give the whole."""
    sections = {name: value for name, value in found if name not in ("smtp", "storage")}
    folder = path.absolute().parent
    password = _secret(found.smtp.password_file, ("smtp", "password_file"), tree)
    smtp = found.smtp.model_copy(update={"password": password}) if password else found.smtp
    secret = _secret(found.storage.password_file, ("storage", "password_file"), tree)
    url = _database_url(found.storage.url, folder, secret)
    storage = found.storage.model_copy(update={"url": url})
    return Config(**sections, smtp=smtp, storage=storage, folder=folder, file=path)


def _secret(path: Path | None, key: tuple[str, str], tree: Tree) -> str | None:
    """Read a secret from its file, without the line end that editors leave."""
    if path is None:
        return None
    try:
        secret = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        tree.problems.append(tree.problem(key, f"{path} cannot be read: {reason.lower()}"))
        return None
    if not secret or "\n" in secret:
        tree.problems.append(tree.problem(key, f"{path} must hold the password alone, on one line"))
        return None
    return secret


def _database_url(url: str, folder: Path, secret: str | None) -> str:
    """Make the path of an SQLite file absolute; put the password into a server's URL."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///")).expanduser()
        return f"sqlite:///{folder / path}"
    parts = urlsplit(url)
    if secret is None or parts.password is not None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(secret, safe='')}@{host}").geturl()
