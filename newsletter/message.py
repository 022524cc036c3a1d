"""The mail as bytes: made once per edition with places for what is the recipient's own, then filled in.

`build` writes everything that all readers of an edition share, `fill` costs microseconds a recipient. The
bytes are final: they are signed and sent as they are, never parsed and written again. A retry gives the very
same bytes, the Message-ID included. No address is in any link or identifier.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from content import addresses
from newsletter import headers, tokens
from newsletter.alternatives import Alternatives, alternatives, date
from newsletter.errors import MessageError
from newsletter.headers import Mailbox
from newsletter.issue import Issue
from newsletter.places import (
    BODY_PLACES,
    MARK,
    MESSAGE_ID,
    MESSAGE_ID_LENGTH,
    PREFERENCES,
    RECIPIENT,
    UNSUBSCRIBE,
)
from newsletter.tickets import settings_ticket
from newsletter.wire import check_message


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is one reader's own in a mail. `token` lets them leave, `preferences` change what they get."""

    address: str
    subscriber_id: int
    token: str
    preferences: str
    message_id: str


def recipient(
    key: bytes, newsletter: str, number: int, composed: datetime, subscriber_id: int, address: str
) -> Recipient:
    """Derive a reader's own values: the same for an issue and a subscriber on any machine, at any retry."""
    name = f"message-id:{newsletter}:{number}:{subscriber_id}".encode()
    return Recipient(
        address=address,
        subscriber_id=subscriber_id,
        token=tokens.make(key, subscriber_id, newsletter),
        preferences=settings_ticket(key, subscriber_id, newsletter, address, composed),
        message_id=hmac.new(key, name, hashlib.sha256).hexdigest()[:MESSAGE_ID_LENGTH],
    )


def build(issue: Issue, *, subject: str, language: str, text: str, html: str) -> bytes:
    """Make the mail of an edition with its places; raise MessageError when the filled mail would be wrong."""
    bodies = alternatives(text, html, BODY_PLACES)
    template = _head(issue, subject, language, bodies) + bodies.octets
    faults = [*_misplaced(template), *check_message(fill(template, _SAMPLE))]
    if faults:
        raise MessageError(faults)
    return template


def fill(template: bytes, to: Recipient) -> bytes:
    """Put one reader's own values in; raise HeaderError for an address that cannot stand in To."""
    values = (
        headers.wire_address(to.address),
        to.token.encode("ascii"),
        to.preferences.encode("ascii"),
        to.message_id.encode("ascii"),
    )
    literals, places = _split(template)
    pieces = list(literals)
    pieces[1::2] = [values[place] for place in places]
    return b"".join(pieces)


_PLACES = tuple(place.encode("ascii") for place in (RECIPIENT, UNSUBSCRIBE, PREFERENCES, MESSAGE_ID))
_SAMPLE = recipient(b"sample", "sample", 1, datetime(2026, 1, 1, tzinfo=UTC), 1, "reader@example.org")


@lru_cache(maxsize=64)
def _split(template: bytes) -> tuple[list[bytes], tuple[int, ...]]:
    """Split a template at its places: literals at even indices, and which place stands at each odd one."""
    pieces, places = [b""], []
    mark = MARK.encode("ascii")
    start = 0
    while (found := template.find(mark, start)) >= 0:
        place = _place_at(template, found)
        pieces[-1] = template[start:found]
        pieces += [b"", b""]
        places.append(place)
        start = found + len(_PLACES[place])
    pieces[-1] = template[start:]
    return pieces, tuple(places)


def _place_at(template: bytes, start: int) -> int:
    for number, name in enumerate(_PLACES):
        if template.startswith(name, start):
            return number
    raise MessageError(["a place is cut or unknown"])


def _head(issue: Issue, subject: str, language: str, bodies: Alternatives) -> bytes:
    sender = headers.parse_mailbox(issue.sender)
    fields = [
        headers.mailbox_field("From", sender),
        headers.raw_field("To", RECIPIENT),
        *_reply_to(issue),
        headers.text_field("Subject", subject),
        headers.raw_field("Date", date(issue.composed)),
        headers.raw_field("Message-ID", f"<{MESSAGE_ID}@{sender.domain}>"),
        *_list_fields(issue, sender),
        # RFC 3834: no holiday answers; the next two say the same to older and to Microsoft's servers.
        headers.raw_field("Auto-Submitted", "auto-generated"),
        headers.raw_field("Precedence", "bulk"),
        headers.raw_field("X-Auto-Response-Suppress", "OOF, AutoReply"),
        headers.raw_field("Content-Language", language),
        *bodies.fields,
    ]
    return b"".join(fields) + b"\r\n"


def _reply_to(issue: Issue) -> list[bytes]:
    if not issue.reply_to:
        return []
    return [headers.mailbox_field("Reply-To", headers.parse_mailbox(issue.reply_to))]


def _list_fields(issue: Issue, sender: Mailbox) -> list[bytes]:
    """Write what makes it a list (RFC 2369, 2919) with one click to leave (RFC 8058), by https alone.

    There is no mailto in List-Unsubscribe: nobody reads one here. List-Owner is the reply address,
    where the operator says that people answer.
    """
    way_out = addresses.absolute(issue.base_url, addresses.unsubscribe(UNSUBSCRIBE))
    archive = addresses.absolute(issue.base_url, addresses.newsletter_page(issue.newsletter))
    sender_id = hashlib.sha256(f"sender:{sender.domain}".encode()).hexdigest()[:12]
    campaign = f"{issue.newsletter}-{issue.number}:{issue.newsletter}:digest:{sender_id}"
    fields = [
        headers.list_id_field(issue.title, f"{issue.newsletter}.{sender.domain}"),
        headers.raw_field("List-Unsubscribe", f"<{way_out}>"),
        headers.raw_field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        headers.raw_field("List-Archive", f"<{archive}>"),
        headers.raw_field("List-Post", "NO"),
        headers.raw_field("Feedback-ID", campaign),
    ]
    if issue.reply_to:
        owner = headers.parse_mailbox(issue.reply_to).address
        fields.append(headers.raw_field("List-Owner", f"<mailto:{owner}>"))
    return fields


def _misplaced(template: bytes) -> list[str]:
    """Check the places before they are filled: each where it must be, and none besides."""
    head, *parts = template.split(b"\r\n\r\n--")[0:1] + template.split(b"\r\nContent-Type: text/")[1:]
    wanted = [(head, "headers", _PLACES[:2] + _PLACES[3:])]
    wanted += [(part, "text and the HTML", _PLACES[1:3]) for part in parts]
    return [
        f"{place.decode('ascii')} has no place in the {where}"
        for part, where, places in wanted
        for place in places
        if place not in part
    ]
