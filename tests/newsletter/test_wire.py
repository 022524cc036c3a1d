"""The check of finished bytes finds what is wrong: each fault is put into a good mail and must be seen."""

import pytest

from newsletter.places import UNSUBSCRIBE
from newsletter.wire import check_message
from tests.mails import a_mail
from tests.scenarios import a_full_issue

GOOD = a_mail(a_full_issue())
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
HTML = PLAIN.replace(b"plain", b"html")


UNSUBSCRIBE_LINE, POST_LINE = (
    b"List-Unsubscribe: <https://",
    b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
)
FAULTS = [
    (b"To: reader@", b"To: l\xc3\xa4sare@", ""),
    (b"\r\nTo:", b"\nTo:", "a bare CR or LF"),
    (b"\r\nTo:", b"\r\r\nTo:", "a bare CR or LF"),
    (PLAIN, PLAIN + b"\0", "a NUL octet"),
    (PLAIN, PLAIN + UNSUBSCRIBE.encode(), "a place was not filled in"),
    (PLAIN, PLAIN + b"x" * 999, "a line is longer than 998 octets"),
    (PLAIN, PLAIN + b"x" * 77 + b"\r\n", "a quoted-printable line of the text/plain part is longer"),
    (HTML, HTML + b"=zz\r\n", "the text/html part is not quoted-printable"),
    (HTML, HTML + b"x \r\n", "the text/html part is not quoted-printable"),
    (HTML, HTML + b"\xc3\xa5\r\n", "the text/html part is not quoted-printable"),
    (HTML, HTML + b"=C3\r\n", "the text/html part is not UTF-8"),
    (HTML, HTML + (b"x" * 74 + b"\r\n") * 1400, "the HTML has"),
    (b"To: ", b"To: other@example.org, ", "the header to does not have its form"),
    (b"To: reader@", b"To: =?utf-8?q?reader?=@", "the header to holds an encoded word"),
    (b"To: reader@example.net", b"To: reader@ex\xc3\xa4mple.net", "the header to is not ASCII"),
    (b"\r\nTo:", b"\r\nBcc: evil@example.org\r\nTo:", "an unexpected header bcc"),
    (b"\r\nTo:", b"\r\nSubject: Again\r\nTo:", "the header subject is there 2 times"),
    (b"\r\nReply-To:", b"\r\nReply-To: <a@b.org>\r\nReply-To:", "the header reply-to is there 2 times"),
    (POST_LINE, b"", "the header list-unsubscribe-post is there 0 times"),
    (b"=One-Click", b"=one-click", "the header list-unsubscribe-post does not have its form"),
    (UNSUBSCRIBE_LINE, UNSUBSCRIBE_LINE.replace(b" ", b"\r\n "), "a header line is no field"),
    (
        UNSUBSCRIBE_LINE,
        UNSUBSCRIBE_LINE.replace(b"<", b"=?utf-8?q?=3C?= <"),
        "the header list-unsubscribe holds",
    ),
    (b"+0000", b"+0200", "the header date does not have its form"),
    (b"\r\nTo:", b"\r\nno field\r\nTo:", "a header line is no field"),
    (b"\r\nTo:", b"\r\n \r\nTo:", "a line of the header from is blank"),
    (b"Subject: =?", b"Subject: x=?", "an encoded word of the header subject stands inside another word"),
    (
        b"Subject: =?utf-8?q?",
        b"Subject: =?utf-8?q?" + b"x" * 60,
        "an encoded word of the header subject is longer",
    ),
    (b"Subject: =?utf-8?q?", b"Subject: =?utf-8?q?a b?", "the header subject holds a broken encoded word"),
    (
        b"multipart/alternative",
        b"multipart/mixed",
        "the content is not multipart/alternative with a boundary",
    ),
    (b"--\r\n", b"\r\n", "the parts are not two, closed by the last boundary"),
    (b"text/plain; charset=utf-8", b"text/plain; charset=x", "the headers of the text/plain part are not"),
    (b"Feedback-ID: weekly", b"Feedback-ID: :weekly", "the header feedback-id does not have its form"),
]


def test_a_good_mail_has_no_fault() -> None:
    assert check_message(GOOD) == []


@pytest.mark.parametrize(("before", "after", "fault"), FAULTS)
def test_a_fault_is_seen(before: bytes, after: bytes, fault: str) -> None:
    assert GOOD.count(before) >= 1
    spoilt = after.join(GOOD.rsplit(before, 1) if before == b"--\r\n" else GOOD.split(before, 1))
    faults = check_message(spoilt)
    assert (not fault and not faults) or any(seen.startswith(fault) for seen in faults), faults


@pytest.mark.parametrize(
    "message", [b"", b"\r\n", b"\r\n\r\n", b"From: x", b"\xff" * 100, b"=?" * 50, b":\r\n\r\n"]
)
def test_anything_can_be_checked(message: bytes) -> None:
    assert check_message(message)


def test_every_cut_of_a_mail_is_seen() -> None:
    assert all(check_message(GOOD[:length]) for length in range(0, len(GOOD), 997))
