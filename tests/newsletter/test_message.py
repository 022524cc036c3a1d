"""The mail as bytes: what a receiver reads is what was meant, and each reader gets their own."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import headers, message, tokens
from newsletter.editions import EditionRenderer
from newsletter.errors import HeaderError, MessageError
from newsletter.places import BODY_PLACES, MARK, PREFERENCES, UNSUBSCRIBE
from newsletter.wire import check_message
from tests.mails import HOSTILE, KEY, READER, a_mail, built_in_templates, header_lines, read
from tests.scenarios import NOW, a_full_issue, an_issue

BODY = f"https://news.example.org/unsubscribe/{UNSUBSCRIBE}\nhttps://news.example.org/preferences/{PREFERENCES}\n"
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)), max_size=6).map("".join)
UNNAMEABLE = r'[<>"]'
TEMPLATE = EditionRenderer(built_in_templates())(a_full_issue(), "*", "sv").message


def built(subject: str = "News", text: str = BODY, html: str = BODY, **over: object) -> bytes:
    return message.build(an_issue(**over), subject=subject, language="sv", text=text, html=html)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_headers_are_as_they_were_looked_at(golden: Callable[[str, str], None], language: str) -> None:
    head = header_lines(a_mail(a_full_issue(), language=language))
    golden(f"mail/{language}.headers", re.sub(r'boundary="=_[0-9a-f]{32}"', 'boundary="..."', head) + "\r\n")


@settings(max_examples=150)
@given(TEXTS, TEXTS, TEXTS)
def test_hostile_text_changes_nothing_but_its_own_field(title: str, name: str, body: str) -> None:
    """Title, names and bodies with headers, encoded words and worse in them: CVE-2024-6923 and its like."""
    clean_body = headers.clean(body)
    template = built(
        f"News: {title}",
        html=BODY + clean_body,
        title=f"News {name}",
        sender=f"{re.sub(UNNAMEABLE, '', headers.clean(name))} <news@example.org>",
    )
    mail = message.fill(template, READER)
    assert check_message(mail) == []
    seen, usual = read(mail), read(message.fill(built(), READER))
    assert seen.headers.keys() == usual.headers.keys()
    assert seen.headers["subject"] == headers.clean(f"News: {title}")
    assert seen.headers["to"] == READER.address
    expected = BODY.replace(UNSUBSCRIBE, READER.token).replace(PREFERENCES, READER.preferences) + clean_body
    assert seen.html.replace("\r\n", "\n") == expected.rstrip("\n") + "\n"


def test_every_reader_gets_their_own_and_nobody_elses() -> None:
    mails = {}
    for number in range(1, 50):
        own = message.recipient(KEY, "weekly", 12, NOW, number, f"reader{number}@example.net")
        mails[number] = message.fill(TEMPLATE, own)
        assert tokens.read(KEY, own.token)[0] == number
        assert tokens.read_ticket(KEY, "preferences", own.preferences).number == number
        assert mails[number].count(own.token.encode()) == 3
        assert mails[number].count(own.preferences.encode()) == 2
        assert own.address.encode() in mails[number].partition(b"\r\n\r\n")[0]
        assert mails[number].count(b"example.net") == 1, "the address stands in To and nowhere else"
    assert len({re.search(rb"Message-ID: (\S+)", mail)[1] for mail in mails.values()}) == 49  # type: ignore[index]


def test_a_retry_is_the_same_mail_to_the_last_octet() -> None:
    again = EditionRenderer(built_in_templates())(a_full_issue(), "*", "sv").message
    assert again == TEMPLATE
    assert message.fill(
        again, message.recipient(KEY, "weekly", 12, NOW, 4711, "reader@example.net")
    ) == message.fill(TEMPLATE, READER)


def test_the_message_id_is_another_for_another_issue_reader_newsletter_or_key() -> None:
    ids = {
        message.recipient(key, newsletter, number, NOW, subscriber, "a@b.org").message_id
        for key in (KEY, b"other")
        for newsletter in ("weekly", "daily")
        for number in (1, 11)
        for subscriber in (1, 11)
    }
    assert len(ids) == 16
    assert READER.message_id not in hashlib.sha256(b"reader@example.net").hexdigest()


def test_the_date_is_the_issues_and_in_utc() -> None:
    local = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=1)))
    mail = message.fill(built(composed=local), READER)
    assert "Date: Sun, 29 Mar 2026 00:30:00 +0000" in header_lines(mail)
    assert parsedate_to_datetime(read(message.fill(built(), READER)).headers["date"]) == NOW.astimezone(UTC)


def test_without_an_address_for_answers_there_is_none() -> None:
    names = read(message.fill(built(), READER)).headers.keys()
    assert "Reply-To" not in names
    assert "List-Owner" not in names


def test_senders_with_other_letters_are_written_in_ascii() -> None:
    mail = message.fill(built(sender="Åsa & Co <news@exämple.org>"), READER)
    sender = read(mail).headers["from"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Åsa & Co", "news@xn--exmple-cua.org")
    assert "Message-ID: <" + READER.message_id + "@xn--exmple-cua.org>" in header_lines(mail)
    assert check_message(mail) == []


def test_a_recipient_with_other_letters_keeps_them_raw() -> None:
    """RFC 6532: such a mail needs SMTPUTF8; encoding the local part would name somebody else."""
    mail = message.fill(TEMPLATE, replace(READER, address="läsare@exämple.net"))
    assert "To: läsare@xn--exmple-cua.net\r\n" in header_lines(mail)
    assert check_message(mail) == []


def test_an_address_that_would_break_the_header_is_refused() -> None:
    with pytest.raises(HeaderError):
        message.fill(TEMPLATE, replace(READER, address="a@b.org\r\nBcc: c@d.org"))


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({"text": "no way out"}, "has no place in the text"),
        ({"html": BODY.replace(PREFERENCES, "x")}, "has no place in the text"),
        ({"text": BODY + MARK + "OTHER"}, "cut or unknown"),
        ({"html": BODY + "x" * 102_400}, "would be clipped"),
    ],
)
def test_a_mail_that_would_be_wrong_is_not_made(over: dict[str, str], fault: str) -> None:
    with pytest.raises(MessageError, match=fault):
        built(**over)


def test_places_stand_whole_on_their_lines() -> None:
    assert all(TEMPLATE.count(place.encode()) >= 2 for place in BODY_PLACES)
    assert all(len(line) <= 76 for line in TEMPLATE.partition(b"\r\n\r\n")[2].split(b"\r\n"))


def test_filling_in_costs_microseconds() -> None:
    """The mail is split once, then a reader costs a join. Twenty times what was measured is allowed."""
    message.fill(TEMPLATE, READER)
    start = time.process_time()
    for _ in range(500):
        message.fill(TEMPLATE, READER)
    assert (time.process_time() - start) / 500 < 0.000_2
