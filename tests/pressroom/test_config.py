"""The configuration: every mistake at once, each with its place and a sentence that helps."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pressroom.config import load, read
from pressroom.errors import ConfigError
from tests.pressroom.newsrooms import CONFIG, a_newsroom


def problems(file: Path, environ: Mapping[str, str] | None = None) -> list[str]:
    """Give the problems without the folder in which the test runs."""
    found = read(file, environ or {})[1]
    return [str(problem).replace(f"{file.parent}/", "") for problem in found]


def with_change(folder: Path, old: str, new: str) -> Path:
    assert old in CONFIG
    return a_newsroom(folder, CONFIG.replace(old, new))


def test_three_mistakes_are_reported_at_once_with_their_places(tmp_path: Path) -> None:
    text = (
        CONFIG.replace("timezone: Europe/Stockholm", "timezone: Europe/Stokholm")
        .replace("schedule: fri 07:00", "schedule: fri 25:00")
        .replace("  output: public/", "  outptu: public/")
    )
    found = problems(a_newsroom(tmp_path, text))
    assert found == [
        "config.yaml:5:3: organisation.timezone: 'Europe/Stokholm' is no time zone of the IANA database; "
        "write one as Europe/Stockholm",
        "config.yaml:15:3: feeds.outptu: unknown key; did you mean 'output'?",
        "config.yaml:20:5: newsletters.weekly.schedule: '25:00' in 'fri 25:00' is no time of day; "
        "write it as 07:00 or 16:30",
    ]


def test_a_good_configuration_has_no_problems_and_absolute_paths(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path)
    assert problems(file) == []
    config = load(file, {})
    assert config.feeds.output == tmp_path / "public"
    assert config.sources[0].folder == tmp_path / "content"
    assert config.storage.url == f"sqlite:///{tmp_path}/data/ledger.db"
    assert config.language("weekly") == "en"
    assert config.zone("weekly").key == "Europe/Stockholm"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("url: https://www", "url: ftp://www", "'ftp://www.example.org' is not an address as"),
        ("name: Example Association", "name: 2026", "organisation.name: must be a text; put it in quotes"),
        ("name: Example Association", "name:", "organisation.name: is empty; give it a value"),
        ("  name: Example Association\n", "", "organisation.name: is missing"),
        ("  output: public/", "  output: content/out", "the source folder"),
        ("  output: public/", "  output: .", "holds the configuration"),
        ("  output: public/", "  items: 0", "feeds.items: must be at least 1, not '0'"),
        ("  output: public/", "  items: many", "feeds.items: must be a whole number, not 'many'"),
        ("  output: public/", "  formats: [atm]", "feeds.formats[1]: must be atom or rss or json, not 'atm'"),
        ("  output: public/", "  formats: atom", "feeds.formats: must be a list, as [one, two], not 'atom'"),
        ("example.org,2026", "Example", "must be a domain and a year in which it was yours"),
        ("  press:", "  events:", "categories.events: this name is taken"),
        ("  press:", "  Press Releases:", "'Press Releases' is no name: use small letters"),
        (
            "title: {en: Press releases}",
            "title: Press",
            "must be a set of keys with their values, not 'Press'",
        ),
        ("title: {en: Press releases}", "title: {english: Press}", "'english' is no language"),
        ("title: {en: Press releases}", "title: {}", "needs a title in one language at least"),
        ("- folder: content", "- folder: contents", "does not exist; make it or mend the path"),
        ("- folder: content", "- folder: config.yaml", "is a file, not a folder"),
        (
            "- folder: content",
            "- folder: content\n    category: nws",
            "'nws'; did you mean 'news'?",
        ),
        ("- folder: content", "- folder: content\n  - folder: content/sub", "would be loaded twice"),
        ("address: Street 1", "contacts: people.yaml", "organisation.contacts: there is no file"),
        ("title: The week", "title: The week\n    categories: [nyhter]", "no category 'nyhter'; known here"),
        ("title: The week", "title: The week\n    subject: '{titel}'", "'{titel}' is no field of a subject"),
        ("title: The week", "title: The week\n    lookback: 7x", "'7x' is not a length of time"),
        ("title: The week", 'title: "The week\\nBcc: x@example.org"', "must be one line without control"),
        ("title: The week", "title: The week\n    approval: maybe", "must be none or required, not 'maybe'"),
        ("title: The week", "title: The week\n    timezone: CET-ish", "is no time zone"),
        ("from: Example <news@example.org>", "from: Example", "'Example' is no sender"),
        ("from: Example <news@example.org>", "form: Example <n@example.org>", "did you mean 'from'?"),
        ("smtp://127.0.0.1:9", "smpt://127.0.0.1", "smtp.url: must be smtp://host:25"),
        ("smtp://127.0.0.1:9", "smtp://127.0.0.1:99999", "smtp.url: must be smtp://host:25"),
        ("smtp://127.0.0.1:9", "smtps://me@mail.example.org", "there is a user but no password"),
        ("smtp://127.0.0.1:9", "smtp://me:secret@mail.example.org", "would cross the net unprotected"),
        ("sqlite:///data/ledger.db", "mysql://host/db", "storage.url: must be sqlite:///"),
        ("sqlite:///data/ledger.db", "sqlite:///public/ledger.db", "the database would be published"),
        ("storage:", "templates: nowhere\nstorage:", "templates: there is no folder"),
    ],
)
def test_each_mistake_is_said_in_a_plain_sentence(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = problems(with_change(tmp_path, old, new))
    assert any(expected in problem for problem in found), found
    assert all("Input should" not in problem and "validation" not in problem for problem in found), found


def test_a_duplicate_key_is_an_error_that_names_both_lines(tmp_path: Path) -> None:
    file = a_newsroom(tmp_path, CONFIG + "web:\n  url: https://other.example.org\n")
    (found,) = problems(file)
    assert "web" in found
    assert "twice" in found
    assert "first on line 28" in found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty; `pressroom init DIR` shows what belongs here"),
        (b"# only a comment\n", "is empty"),
        (b"just a text\n", "must be keys with their values"),
        (b"organisation: \xe5\xe4\xf6\n", "is not UTF-8 text here"),
        (b"organisation: [\n", "not valid YAML"),
        (b"\xef\xbb\xbforganisation: {}\n", "organisation.name: is missing"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_clear_problem(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    assert any(expected in problem for problem in problems(file))


def test_a_missing_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    (found,) = problems(tmp_path / "nothing.yaml")
    assert found.startswith("nothing.yaml: cannot be read: no such file or directory; `pressroom init DIR`")


def test_variables_are_put_in_and_a_missing_one_is_named(tmp_path: Path) -> None:
    file = with_change(tmp_path, "url: https://news", "url: https://${SITE:-news}")
    assert load(file, {}).web.url == "https://news.example.org"
    assert load(file, {"SITE": "live"}).web.url == "https://live.example.org"
    file = with_change(tmp_path, "url: https://news.example.org", "url: ${SITE}")
    (found,) = problems(file)
    assert "web.url: the environment has no SITE; set it, or write ${SITE:-something else}" in found
    file = with_change(tmp_path, "title: The week", "title: Costs $$5 or $6")
    assert load(file, {}).newsletters["weekly"].title == "Costs $5 or $6"


def test_the_environment_overrules_the_file_at_any_depth(tmp_path: Path) -> None:
    environ = {
        "PRESSROOM_SMTP__URL": "smtp://192.0.2.1:2525",
        "PRESSROOM_FEEDS__ITEMS": "5",
        "PRESSROOM_FEEDS__FORMATS": "[atom, json]",
        "PRESSROOM_NEWSLETTERS__WEEKLY__EVENTS__MAX": "3",
        "PRESSROOM_SOURCES__0__KIND": "items",
        "PRESSROOM_SERVICE_HOST": "10.0.0.1",
        "PRESSROOM_LOG_LEVEL": "debug",
    }
    config = load(a_newsroom(tmp_path), environ)
    assert config.smtp.url == "smtp://192.0.2.1:2525"
    assert (config.feeds.items, config.feeds.formats) == (5, ("atom", "json"))
    assert config.newsletters["weekly"].events.max == 3
    assert config.sources[0].kind == "items"


def test_a_name_with_a_hyphen_is_found_although_variables_have_none(tmp_path: Path) -> None:
    file = with_change(tmp_path, "  weekly:", "  the-week:")
    config = load(file, {"PRESSROOM_NEWSLETTERS__THE_WEEK__TITLE": "Other"})
    assert config.newsletters["the-week"].title == "Other"


def test_an_empty_variable_takes_the_key_away(tmp_path: Path) -> None:
    assert load(a_newsroom(tmp_path), {"PRESSROOM_FEEDS__OUTPUT": ""}).feeds.output == tmp_path / "public"


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    environ = {"PRESSROOM_FEEDS__ITEMS": "no", "PRESSROOM_SMPT__URL": "x", "PRESSROOM_FEEDS__FORMATS": "[a"}
    found = problems(a_newsroom(tmp_path), environ)
    assert any("PRESSROOM_FEEDS__ITEMS: must be a whole number, not 'no'" in each for each in found), found
    assert any("PRESSROOM_SMPT__URL: unknown key; did you mean 'smtp'?" in each for each in found), found
    assert any("PRESSROOM_FEEDS__FORMATS: not valid YAML" in each for each in found), found


def test_secrets_come_from_files_and_are_never_printed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden word\n")
    text = CONFIG.replace("smtp://127.0.0.1:9", "smtps://me@mail.example.org\n  password_file: secret")
    text = text.replace("sqlite:///data/ledger.db", "postgresql://me@db/news\n  password_file: secret")
    config = load(a_newsroom(tmp_path, text), {})
    assert config.smtp.password == "hidden word"
    assert config.storage.url == "postgresql://me:hidden%20word@db/news"
    assert "hidden" not in repr(config)


@pytest.mark.parametrize(("secret", "expected"), [("", "alone, on one line"), ("a\nb", "alone, on one line")])
def test_a_secret_file_holds_one_line(tmp_path: Path, secret: str, expected: str) -> None:
    (tmp_path / "secret").write_text(secret)
    file = with_change(tmp_path, "smtp://127.0.0.1:9", "smtps://me@host\n  password_file: secret")
    assert any(expected in problem for problem in problems(file))


def test_a_missing_secret_file_is_a_problem_with_its_place(tmp_path: Path) -> None:
    file = with_change(tmp_path, "smtp://127.0.0.1:9", "smtps://me@host\n  password_file: secret")
    (found,) = problems(file)
    assert found.startswith("config.yaml:24:3: smtp.password_file: ")
    assert "cannot be read" in found


def test_loading_raises_all_problems_together(tmp_path: Path) -> None:
    file = with_change(tmp_path, "feeds:", "fees: 1\nfeeds:")
    with pytest.raises(ConfigError, match="did you mean 'feeds'") as caught:
        load(file, {})
    assert len(caught.value.problems) == 1


def test_the_sample_configuration_of_the_repository_has_no_problem() -> None:
    assert problems(Path(__file__).parent.parent.parent / "config.yaml") == []
