"""Letters: the single mails that ask for a confirmation or say welcome, as finished bytes.

What is in them is ours and the operator's; nothing that somebody typed into a form is, the address stands
in To alone. A letter is rendered once for everybody who gets the same, and the link filled in. A repeated
one has the same bytes, the Message-ID included. Called by `newsletter.correspondence`.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from content import addresses, dates
from content.templates import Templates
from newsletter import headers, tokens
from newsletter.alternatives import Alternatives, alternatives, date
from newsletter.contents import PLACE, TITLE, line
from newsletter.editions import inlined
from newsletter.errors import LetterError, MessageError
from newsletter.headers import Mailbox
from newsletter.links import safe
from newsletter.mailaddress import key_of
from newsletter.places import BODY_PLACES, MESSAGE_ID_LENGTH, TICKET
from newsletter.tickets import of_settings, of_signup
from newsletter.wire import LETTER_ONCE, check_message
from storage.letters import Letter

KEPT = 32
PLACES = (*BODY_PLACES, TICKET)
PAGES: Mapping[str, Callable[[str], str]] = {
    "confirm": addresses.confirm,
    "change": addresses.confirm,
    "welcome": addresses.preferences,
    "settings": addresses.preferences,
}


@dataclass(frozen=True, slots=True)
class Masthead:
    """What a letter needs of a newsletter. `sender` and `reply_to` are mailboxes as configured."""

    title: str
    sender: str
    reply_to: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the organisation and its newsletters, as the configuration has them now."""

    name: str
    url: str
    address: tuple[str, ...]
    zone: str
    base_url: str
    newsletters: Mapping[str, Masthead]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a letter's template may show: `link` is where its button leads, good `until`."""

    titles: tuple[str, ...]
    link: str
    until: str
    publisher: str
    home: str | None
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rendered:
    subject: str
    bodies: Alternatives


class Stationery:
    """Makes letters; keeps the last rendered ones."""

    def __init__(self, head: Letterhead, templates: Templates, key: bytes) -> None:
        self._head = head
        self._templates = templates
        self._key = key
        self._rendered: OrderedDict[tuple[object, ...], _Rendered] = OrderedDict()

    def sender(self, letter: Letter) -> Mailbox:
        """Give who the letter is from: the first of its newsletters that there is still."""
        return headers.parse_mailbox(self._mastheads(letter)[0].sender)

    def write(self, letter: Letter) -> bytes:
        """Make the mail.

        Raises LetterError when its newsletters are gone, MessageError or a template's problem otherwise.
        """
        mastheads = self._mastheads(letter)
        language = letter.language or mastheads[0].language
        rendered = self._render(letter, mastheads, language)
        link = ticket(self._key, letter).encode("ascii")
        octets = rendered.bodies.octets.replace(TICKET.encode("ascii"), link)
        mail = b"".join(self._fields(letter, mastheads[0], rendered, language)) + b"\r\n" + octets
        if faults := check_message(mail, LETTER_ONCE):
            raise MessageError(faults)
        return mail

    def _mastheads(self, letter: Letter) -> list[Masthead]:
        known = self._head.newsletters
        found = [known[name] for name in letter.newsletters if name in known]
        if not found:
            message = "none of its newsletters is in the configuration any more"
            raise LetterError(message)
        return found

    def _render(self, letter: Letter, mastheads: list[Masthead], language: str) -> _Rendered:
        sheet = self._sheet(letter, mastheads, language)
        known = (letter.kind, language, sheet)
        if known not in self._rendered:
            self._rendered[known] = self._rendered_anew(letter.kind, sheet, language)
            while len(self._rendered) > KEPT:
                self._rendered.popitem(last=False)
        self._rendered.move_to_end(known)
        return self._rendered[known]

    def _rendered_anew(self, kind: str, sheet: Sheet, language: str) -> _Rendered:
        title = self._subject(kind, sheet, language)
        values = {"letter": sheet, "subject": title}
        page = inlined(self._templates.render(f"email/{kind}.html", language, **values))
        text = self._templates.render(f"email/{kind}.txt", language, **values)
        return _Rendered(title, alternatives(text, page, PLACES))

    def _subject(self, kind: str, sheet: Sheet, language: str) -> str:
        _ = self._templates.translations(language).gettext
        named = ", ".join(sheet.titles)
        if kind == "confirm":
            return headers.shorten(_("Please confirm: %(titles)s") % {"titles": named}, TITLE)
        if kind == "change":
            return headers.shorten(
                _("Please confirm your new address: %(titles)s") % {"titles": named}, TITLE
            )
        if kind == "settings":
            return headers.shorten(_("Your settings: %(titles)s") % {"titles": named}, TITLE)
        return headers.shorten(_("Welcome to %(titles)s") % {"titles": named}, TITLE)

    def _sheet(self, letter: Letter, mastheads: list[Masthead], language: str) -> Sheet:
        head, page = self._head, PAGES[letter.kind](TICKET)
        return Sheet(
            titles=tuple(line(each.title, TITLE) for each in mastheads),
            link=addresses.absolute(head.base_url, page),
            until=_until(letter.expires, language, head.zone),
            publisher=line(head.name, TITLE),
            home=safe(head.url),
            address=tuple(line(part, PLACE) for part in head.address),
        )

    def _fields(self, letter: Letter, masthead: Masthead, rendered: _Rendered, language: str) -> list[bytes]:
        sender = headers.parse_mailbox(masthead.sender)
        answers = headers.parse_mailbox(masthead.reply_to) if masthead.reply_to else None
        return [
            headers.mailbox_field("From", sender),
            b"To: " + headers.wire_address(letter.address) + b"\r\n",
            *([headers.mailbox_field("Reply-To", answers)] if answers else []),
            headers.text_field("Subject", rendered.subject),
            headers.raw_field("Date", date(letter.queued)),
            headers.raw_field("Message-ID", f"<{self._message_id(letter)}@{sender.domain}>"),
            headers.raw_field("Auto-Submitted", "auto-generated"),
            headers.raw_field("X-Auto-Response-Suppress", "OOF, AutoReply"),
            headers.raw_field("Content-Language", language),
            *rendered.bodies.fields,
        ]

    def _message_id(self, letter: Letter) -> str:
        name = f"letter:{letter.id}:{letter.queued.timestamp():.0f}".encode()
        return hmac.new(self._key, name, hashlib.sha256).hexdigest()[:MESSAGE_ID_LENGTH]


def ticket(key: bytes, letter: Letter) -> str:
    """Give the token of a letter's link."""
    if letter.kind == "confirm":
        purpose: tokens.TicketPurpose = "confirm"
        subject = of_signup(letter.newsletters, letter.queued)
    elif letter.kind == "change":
        purpose, subject = "change", key_of(letter.address)
    else:
        purpose, subject = "preferences", of_settings(letter.newsletters[0], letter.address)
    return tokens.make_ticket(key, purpose, letter.number, subject, letter.expires)


def _until(expires: datetime, language: str, zone: str) -> str:
    """Say until when; by the full hour, so that letters of the same hour are the same."""
    return dates.date_and_time(expires.replace(minute=0, second=0, microsecond=0), language, zone)
