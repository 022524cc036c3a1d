"""Mails made of issues, and read as a receiver reads them: what the tests of the mail share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cache
from pathlib import Path

from lxml import html

from content.languages import Catalogues
from content.templates import Templates
from newsletter import message
from newsletter.editions import EditionRenderer
from newsletter.issue import Issue
from newsletter.places import MARK, MESSAGE_ID, UNSUBSCRIBE
from tests.scenarios import NOW

ROOT = Path(__file__).parent.parent
KEY = bytes(range(32))
READER = message.recipient(KEY, "weekly", 12, NOW, 4711, "reader@example.net")
# What a title may bring along by malice or by accident.
HOSTILE = (
    *("\r\nBcc: evil@example.org", "\n\nbody", "=?utf-8?q?a=0ABcc=3A_evil=40x.org?=", "=?utf-8?b?", "?="),
    *(
        "=?=?utf-8?q?x?=utf-8?q?y?=",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200b",
        "\x00",
        "\x85",
        "\ud800",
    ),
    *("👩‍👩‍👧‍👦", "é", "e\u0301", "\t", "  ", '"', "\\", "<x@y>", ",;:()", "x" * 200, "ö" * 90, "\ufffe"),
    *(
        "<script>alert(1)</script>",
        "</title>",
        "-->",
        "<![endif]-->",
        "]]>",
        "{{ 7 * 7 }}",
        "{title}",
        "&amp;",
    ),
    *(UNSUBSCRIBE, MESSAGE_ID, MARK, MARK + MARK),
)


@cache
def built_in_templates() -> Templates:
    return Templates(ROOT / "templates", None, Catalogues())


def overriding_templates(folder: Path, **files: str) -> Templates:
    """Give the templates with an operator's own, named digest_html, screen_css, ..."""
    (folder / "email").mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        (folder / "email" / ".".join(name.rsplit("_", 1))).write_text(source, "utf-8")
    return Templates(ROOT / "templates", folder, Catalogues())


def a_mail(issue: Issue, choice: str = "*", language: str = "sv") -> bytes:
    """Make the mail that one reader gets."""
    rendered = EditionRenderer(built_in_templates())(issue, choice, language)
    return message.fill(rendered.message, READER)


@dataclass(frozen=True, slots=True)
class Read:
    """A mail as the standard library's parser sees it."""

    headers: EmailMessage
    text: str
    html: str


def read(mail: bytes) -> Read:
    parsed = BytesParser(policy=policy.SMTP).parsebytes(mail)
    assert isinstance(parsed, EmailMessage)
    text, page = parsed.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(page, EmailMessage)
    bodies = (part.get_content().replace("\r\n", "\n") for part in (text, page))
    return Read(parsed, *bodies)


def header_lines(mail: bytes) -> str:
    return mail.partition(b"\r\n\r\n")[0].decode("utf-8")


def links_of_html(page: str) -> set[str]:
    return {str(link) for link in html.document_fromstring(page).xpath("//body//a/@href")}


def links_of_text(text: str) -> set[str]:
    addresses = re.findall(r"^[^\s@:/]+@[^\s@:/]+$", text, re.MULTILINE)
    return set(re.findall(r"https?://\S+", text)) | {f"mailto:{address}" for address in addresses}


def elements(page: str, path: str) -> Iterator[html.HtmlElement]:
    yield from html.document_fromstring(page).xpath(path)
