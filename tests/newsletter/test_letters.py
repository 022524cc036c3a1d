"""Letters as finished mails: what is in them, what never is, and that they are the same when repeated."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter import tokens
from newsletter.errors import LetterError
from newsletter.letters import Letterhead, Masthead, Stationery
from newsletter.tickets import of_settings
from newsletter.wire import LETTER_ONCE, check_message
from storage.letters import Letter
from tests.mails import (
    HOSTILE,
    KEY,
    built_in_templates,
    header_lines,
    links_of_html,
    links_of_text,
    overriding_templates,
    read,
)
from tests.scenarios import BASE_URL, NOW

SENDER = "Älvlands nyheter <news@example.org>"
WEEKLY = Masthead("Veckan i Älvland", SENDER, "press@example.org", "sv")
MONTHLY = Masthead("The month", "month@example.org", None, "en")
HEAD = Letterhead(
    name="Kommunförbundet Älvland",
    url="https://www.example.org",
    address=("Kommunförbundet Älvland", "Box 114", "999 95 Älvsunda"),
    zone="Europe/Stockholm",
    base_url=BASE_URL,
    newsletters={"weekly": WEEKLY, "monthly": MONTHLY},
)
LETTER = Letter(
    id=7,
    kind="confirm",
    address="reader@example.net",
    address_hash="h",
    language="sv",
    newsletters=("weekly", "monthly"),
    number=4711,
    expires=NOW + timedelta(hours=72),
    queued=NOW,
    attempts=0,
)
WELCOME = replace(LETTER, kind="welcome", expires=NOW + timedelta(days=180))
CHANGE = replace(LETTER, kind="change", expires=NOW + timedelta(hours=24))
SETTINGS = replace(WELCOME, kind="settings")


@pytest.fixture(scope="module")
def stationery() -> Stationery:
    return Stationery(HEAD, built_in_templates(), KEY)


@pytest.mark.parametrize("letter", [LETTER, WELCOME, CHANGE, SETTINGS], ids=lambda each: each.kind)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_letters_are_as_they_were(
    letter: Letter, language: str, stationery: Stationery, golden: Callable[[str, str | bytes], None]
) -> None:
    mail = stationery.write(replace(letter, language=language))
    found = read(mail)
    golden(f"letters/{letter.kind}-{language}.headers", header_lines(mail).replace("\r\n", "\n") + "\n")
    golden(f"letters/{letter.kind}-{language}.txt", found.text)
    golden(f"letters/{letter.kind}-{language}.html", found.html)
    assert check_message(mail, LETTER_ONCE) == []
    assert links_of_text(found.text) == links_of_html(found.html)


def test_the_link_of_a_question_is_a_ticket_that_expires(stationery: Stationery) -> None:
    for letter, purpose in ((LETTER, "confirm"), (CHANGE, "change")):
        token = _token(stationery.write(letter), "confirm")
        ticket = tokens.read_ticket(KEY, purpose, token)  # type: ignore[arg-type]
        assert (ticket.number, ticket.expires) == (4711, letter.expires)


def test_the_link_of_a_welcome_is_the_page_of_preferences(stationery: Stationery) -> None:
    for letter in (WELCOME, SETTINGS):
        token = _token(stationery.write(letter), "preferences")
        ticket = tokens.read_ticket(KEY, "preferences", token)
        assert (ticket.number, ticket.expires) == (4711, letter.expires)
        assert ticket.subject == tokens.subject_hash(of_settings("weekly", letter.address))


def test_a_letter_that_is_repeated_has_the_same_bytes(stationery: Stationery) -> None:
    later = Stationery(HEAD, built_in_templates(), KEY)
    assert stationery.write(LETTER) == later.write(replace(LETTER, attempts=3))


def test_two_letters_have_two_message_ids(stationery: Stationery) -> None:
    first, second = (read(stationery.write(replace(LETTER, id=number))) for number in (1, 2))
    assert first.headers["Message-ID"] != second.headers["Message-ID"]


def test_the_address_stands_in_to_and_nowhere_else(stationery: Stationery) -> None:
    """A form is open to everybody: what was typed there must not become a text with our name below it."""
    mail = stationery.write(replace(LETTER, address="buy-now.example.com@example.net"))
    assert mail.count(b"buy-now") == 1
    assert read(mail).headers["To"] == "buy-now.example.com@example.net"


def test_a_letter_is_of_no_list_and_asks_for_no_answer(stationery: Stationery) -> None:
    found = read(stationery.write(LETTER)).headers
    assert found["Auto-Submitted"] == "auto-generated"
    assert [name for name in found if name.lower().startswith("list-")] == []


def test_a_newsletter_that_is_gone_is_not_named(stationery: Stationery) -> None:
    found = read(stationery.write(replace(LETTER, newsletters=("gone", "monthly"))))
    assert found.headers["From"] == "month@example.org"
    with pytest.raises(LetterError, match="configuration"):
        stationery.write(replace(LETTER, newsletters=("gone",)))


def test_letters_that_read_the_same_are_rendered_once() -> None:
    counting = _Counting()
    paper = Stationery(HEAD, counting, KEY)  # type: ignore[arg-type]
    for number in range(40):
        minutes = timedelta(minutes=number)
        letter = replace(LETTER, id=number, number=number, expires=NOW + timedelta(hours=72) + minutes)
        paper.write(letter)
    assert counting.rendered == ["email/confirm.html", "email/confirm.txt"]


@pytest.mark.parametrize("bad", HOSTILE)
def test_no_title_makes_a_header_or_markup(bad: str) -> None:
    masthead = replace(WEEKLY, title=f"Week {bad} Bcc: evil@example.org")
    head = replace(HEAD, newsletters={"weekly": masthead}, name=f"Us {bad}", address=(bad, "Box"))
    mail = Stationery(head, built_in_templates(), KEY).write(replace(LETTER, newsletters=("weekly",)))
    assert check_message(mail, LETTER_ONCE) == []
    assert read(mail).headers["Bcc"] is None
    assert "<script" not in read(mail).html


def test_an_operator_s_own_words_replace_ours(tmp_path: object) -> None:
    own = overriding_templates(
        tmp_path,  # type: ignore[arg-type]
        confirm_txt='{% extends "builtin/email/letter.txt" %}'
        "{% block words %}Own {{ letter.link }}{% endblock %}",
    )
    assert "Own https://" in read(Stationery(HEAD, own, KEY).write(LETTER)).text


class _Counting:
    """Counts what is rendered."""

    def __init__(self) -> None:
        self.rendered: list[str] = []
        self.translations = built_in_templates().translations

    def render(self, name: str, language: str, **values: object) -> str:
        self.rendered.append(name)
        return built_in_templates().render(name, language, **values)


def _token(mail: bytes, page: str) -> str:
    (link,) = (link for link in links_of_text(read(mail).text) if f"/{page}/" in link)
    return link.rpartition("/")[2]
