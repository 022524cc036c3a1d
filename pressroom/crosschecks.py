"""What no single key of the configuration can know: that names, places and addresses fit together.

Each check is a generator of problems. It looks at the plain values and not at the finished settings, so
that a wrong type in one place hides no mistake in another. `pressroom.config` runs them all.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from babel import Locale, UnknownLocaleError

from content.newsroom import Problem
from content.yamltree import Path as Place
from feeds.settings import FeedsSettings
from newsletter.errors import NewsletterError
from newsletter.headers import parse_mailbox
from newsletter.schedule import Schedule
from newsletter.subject import check_subject
from pressroom.environment import Tree
from pressroom.wording import suggestion
from storage.settings import StorageSettings

RESERVED = {
    "all": "/feeds/all/ is the feed of everything",
    "events": "/feeds/events/ is the feed of the events",
}
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
DATABASE_URL = "must be sqlite:///data/pressroom.db or postgresql://user@host/database"
SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")
SMTP_URL = "must be smtp://host:25, smtp+starttls://user@host:587 or smtps://user@host:465"
READ_BY: dict[str, Callable[[str], object]] = {
    "schedule": Schedule.parse,
    "from": parse_mailbox,
    "reply_to": parse_mailbox,
    "subject": check_subject,
}
FILES = (("organisation", "contacts"), ("organisation", "logo"), ("smtp", "ca_file"))


def cross_checks(tree: Tree, folder: Path) -> list[Problem]:
    """Give every problem that shows only when the keys are looked at together."""
    found: list[Problem] = []
    for check in (_categories, _sources, _files, _output, _smtp, _storage, _newsletters):
        found += check(tree, folder)
    return found


def _place(tree: Tree, folder: Path, *path: str | int, default: Path | None = None) -> Path | None:
    text = tree.text(*path)
    given = Path(text).expanduser() if text else default
    return None if given is None else folder / given


def _categories(tree: Tree, _folder: Path) -> Iterator[Problem]:
    for place in tree.parts("categories"):
        if place[-1] in RESERVED:
            yield tree.problem(place, f"this name is taken: {RESERVED[str(place[-1])]}; choose another")
        titles = tree.parts(*place, "title")
        if tree.at((*place, "title")) == {}:
            yield tree.problem((*place, "title"), "needs a title in one language at least, as {en: News}")
        for title in titles:
            if isinstance(title[-1], str) and not _is_language(title[-1]):
                yield tree.problem(title, f"'{title[-1]}' is no language; write a code as sv, en or pt-BR")


def _is_language(code: str) -> bool:
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _category(tree: Tree, *path: str | int) -> Iterator[Problem]:
    name, known = tree.text(*path), tree.at(("categories",))
    if name and isinstance(known, dict) and name not in known:
        yield tree.problem(path, f"there is no category '{name}'" + suggestion(name, known))


def _sources(tree: Tree, folder: Path) -> Iterator[Problem]:
    earlier: list[Path] = []
    for place in tree.parts("sources"):
        yield from _category(tree, *place, "category")
        source = _place(tree, folder, *place, "folder")
        if source is None:
            continue
        if not source.is_dir():
            what = (
                "is a file, not a folder" if source.exists() else "does not exist; make it or mend the path"
            )
            yield tree.problem((*place, "folder"), f"{source} {what}")
        for other in earlier:
            if _inside(source, other) or _inside(other, source):
                message = f"{source} and {other} overlap, so that files would be loaded twice"
                yield tree.problem((*place, "folder"), message)
        earlier.append(source)


def _files(tree: Tree, folder: Path) -> Iterator[Problem]:
    for key in FILES:
        path = _place(tree, folder, *key)
        if path is not None and not path.is_file():
            yield tree.problem(key, f"there is no file {path}")
    templates = _place(tree, folder, "templates")
    if templates is not None and not templates.is_dir():
        yield tree.problem(("templates",), f"there is no folder {templates}")


def _output(tree: Tree, folder: Path) -> Iterator[Problem]:
    """What is published must not be loaded again, and nothing private may be published."""
    output = _place(tree, folder, "feeds", "output", default=FeedsSettings.model_fields["output"].default)
    if output is None:
        return
    if _inside(folder, output):
        yield tree.problem(("feeds", "output"), f"{output} holds the configuration; choose another")
    for place in tree.parts("sources"):
        source = _place(tree, folder, *place, "folder")
        if source and (_inside(output, source) or _inside(source, output)):
            yield tree.problem(
                ("feeds", "output"), f"{output} and the source folder {source} overlap; choose another"
            )
    database = _sqlite_file(tree, folder)
    if database and _inside(database, output):
        yield tree.problem(("storage", "url"), f"the database would be published: it lies inside of {output}")


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _sqlite_file(tree: Tree, folder: Path) -> Path | None:
    url = tree.text("storage", "url") or str(StorageSettings.model_fields["url"].default)
    name = url.removeprefix("sqlite:///")
    return folder / Path(name).expanduser() if name != url else None


def _split(text: str) -> SplitResult | None:
    """Take an address apart; None when it is none, a port that is no number included."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def _smtp(tree: Tree, _folder: Path) -> Iterator[Problem]:
    place, url = ("smtp", "url"), tree.text("smtp", "url")
    if url is None:
        return
    parts = _split(url)
    if parts is None or parts.scheme not in SMTP_SCHEMES or not parts.hostname or parts.path.strip("/"):
        yield tree.problem(place, SMTP_URL)
        return
    has_password = bool(parts.password or tree.text("smtp", "password") or tree.text("smtp", "password_file"))
    if parts.username and not has_password:
        yield tree.problem(place, "there is a user but no password; name its file by smtp.password_file")
    if has_password and not parts.username:
        yield tree.problem(place, "there is a password but no user; write smtps://user@host:465")
    loopback = parts.hostname in ("localhost", "::1") or parts.hostname.startswith("127.")
    if parts.username and parts.scheme == "smtp" and not loopback:
        message = "the password would cross the net unprotected; use smtp+starttls:// or smtps://"
        yield tree.problem(place, message)


def _storage(tree: Tree, _folder: Path) -> Iterator[Problem]:
    place, url = ("storage", "url"), tree.text("storage", "url")
    parts = _split(url) if url else None
    if url and (parts is None or parts.scheme not in DATABASES or not parts.path.strip("/")):
        yield tree.problem(place, DATABASE_URL)
    elif tree.text("storage", "password_file") and (parts is None or not parts.username):
        yield tree.problem(("storage", "password_file"), "there is no user in storage.url for this password")


def _newsletters(tree: Tree, _folder: Path) -> Iterator[Problem]:
    for place in tree.parts("newsletters"):
        for category in tree.parts(*place, "categories"):
            yield from _category(tree, *category)
        for key, read in READ_BY.items():
            yield from _readable(tree, (*place, key), read)


def _readable(tree: Tree, place: Place, read: Callable[[str], object]) -> Iterator[Problem]:
    text = tree.text(*place)
    try:
        if text is not None:
            read(text)
    except NewsletterError as error:
        yield tree.problem(place, str(error))
