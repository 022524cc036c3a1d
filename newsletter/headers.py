"""Header fields as bytes, written by ourselves (RFC 5322, 2047, 2369, 2919, 8058).

The standard library is not used for writing: on common Pythons it turns a hostile title into a header of its
own (CVE-2024-6923), encodes List-Unsubscribe and writes encoded words into addresses. Texts are cleaned
here once more, whatever came before. Used by newsletter.message; `Mailbox` and `clean` elsewhere too.
"""

import base64
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import HeaderError
from newsletter.places import MARK

LINE = 78
ENCODED_LINE = 76  # RFC 2047, 2: a line with an encoded word
ENCODED_WORD = 75
_PREFIX, _SUFFIX = "=?utf-8?{}?", "?="

# Controls, line and paragraph separators, and the marks that reorder what is shown (Unicode TR 36): a
# subject is one line in the order it was written in. Joiners stay: emoji and some scripts need them.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_ENCODED = re.compile(r"=\?[^?\s]*\?[bBqQ]\?[^?]*\?=")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_MAILBOX = re.compile(
    r'\s*(?:(?P<name>"(?:[^"\\]|\\.)*"|[^<>"]*?)\s*<(?P<inner>[^<>]+)>|(?P<bare>[^<>\s]+))\s*'
)
_WIRE_ADDRESS = re.compile(r'[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,"]+@[A-Za-z0-9.-]+')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address that can stand in From or Reply-To; the domain is in its ASCII form."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def clean(text: str) -> str:
    """Give the text as one line that no header can be made of, no reader misled by, and no place is in."""
    line = _CONTROLS.sub(" ", text)
    while (stripped := _stripped(line)) != line:
        line = stripped
    return " ".join(unicodedata.normalize("NFC", line).split())


def _stripped(line: str) -> str:
    """Take out once what may hide again in what is left."""
    return _INVISIBLE.sub("", _ENCODED.sub(" ", line)).replace(MARK, MARK.strip("_"))


def shorten(text: str, length: int) -> str:
    """Cut a text at a word, so that it has at most `length` characters with the ellipsis."""
    if len(text) <= length:
        return text
    words = text[:length].rpartition(" ")[0]
    kept = words if len(words) > length // 2 else text[: length - 1]
    return kept.rstrip(" ,.;:-–—&\u200d") + "…"


def parse_mailbox(text: str) -> Mailbox:
    """Read "Name <address>" or a bare address; raise HeaderError that says what is wrong."""
    match = _MAILBOX.fullmatch(text)
    if match is None:
        message = f"'{text}' is no sender; write it as Name <news@example.org>"
        raise HeaderError(message)
    try:
        found = validate_email(
            match["inner"] or match["bare"],
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
        )
    except EmailNotValidError as error:
        message = f"'{text}' is no sender: {error}"
        raise HeaderError(message) from error
    return Mailbox(clean(_unquoted(match["name"] or "")), found.ascii_email or found.normalized)


def wire_address(address: str) -> bytes:
    """Give a recipient's address as it stands in To: an ASCII domain; before it other letters raw."""
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = ascii_domain(domain)
    written = local + at + domain
    if not _WIRE_ADDRESS.fullmatch(written) or not written.isprintable():
        raise HeaderError(_UNFIT_ADDRESS)
    return written.encode("utf-8")


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """Give the A-labels by IDNA 2008; the standard library's codec would send straße.de to strasse.de."""
    try:
        found = validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise HeaderError(_UNFIT_ADDRESS) from error
    return found.ascii_domain


_UNFIT_ADDRESS = "the recipient's address cannot stand in a header"


def text_field(name: str, text: str) -> bytes:
    """Write an unstructured field, as Subject: ASCII where it can be folded, else encoded words."""
    value = clean(text)
    if value.isascii() and "=?" not in value and _foldable(name, value):
        return _folded(name, value.split(" "))
    return _folded(name, encoded_words(value, ENCODED_LINE - len(name) - 2))


def mailbox_field(name: str, mailbox: Mailbox) -> bytes:
    return _folded(name, [*_phrase(name, mailbox.name), f"<{mailbox.address}>"])


def list_id_field(title: str, identity: str) -> bytes:
    """Write List-Id (RFC 2919): a title for people, an identity for ever."""
    return _folded("List-Id", [*_phrase("List-Id", shorten(clean(title), 200)), f"<{identity}>"])


def raw_field(name: str, value: str) -> bytes:
    """Write a value as it is on one line: an address in <>, a keyword, a date."""
    if not value.isascii() or not value.isprintable():
        message = f"the header {name} would hold more than printable ASCII"
        raise HeaderError(message)
    return f"{name}: {value}\r\n".encode("ascii")


def folded_field(name: str, pieces: list[str]) -> bytes:
    """Write ASCII pieces, folded between them where the line would be too long."""
    return _folded(name, pieces)


def encoded_words(text: str, first: int) -> list[str]:
    """Split a text into encoded words of at most 75 characters, the first of at most `first`."""
    kind = "q" if sum(character.isascii() for character in text) * 3 >= len(text) * 2 else "b"
    words, piece, room = [], "", min(first, ENCODED_WORD)
    for character in text:
        if piece and len(_encoded_word(kind, piece + character)) > room:
            words.append(_encoded_word(kind, piece))
            piece, room = "", ENCODED_WORD
        piece += character
    return [*words, _encoded_word(kind, piece)] if piece else words


def _encoded_word(kind: str, text: str) -> str:
    if kind == "b":
        payload = base64.b64encode(text.encode()).decode("ascii")
    else:
        payload = "".join(_Q[octet] for octet in text.encode())
    return _PREFIX.format(kind) + payload + _SUFFIX


# The narrow alphabet of RFC 2047, 5 (3), good in a phrase as well as in a text.
_Q = {octet: f"={octet:02X}" for octet in range(256)} | {octet: chr(octet) for octet in b"!*+-/"}
_Q |= {octet: chr(octet) for octet in range(128) if chr(octet).isalnum()} | {ord(" "): "_"}


def _phrase(field: str, name: str) -> list[str]:
    """Give a display name as pieces that may be folded: atoms, a quoted string, or encoded words."""
    if not name:
        return []
    if name.isascii() and "=?" not in name and len(name) <= LINE - len(field) - 6:
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        return ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"']
    return encoded_words(name, ENCODED_LINE - len(field) - 2)


def _unquoted(name: str) -> str:
    if name.startswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _foldable(name: str, value: str) -> bool:
    words = value.split(" ")
    return len(name) + 2 + len(words[0]) <= LINE and all(len(word) < LINE for word in words)


def _folded(name: str, pieces: list[str]) -> bytes:
    lines = [f"{name}:"]
    for piece in pieces:
        # A fold right after the name would leave a first line of nothing, which some relays refuse.
        if len(lines[-1]) + 1 + len(piece) > _room(lines[-1] + piece) and lines != [f"{name}:"]:
            lines.append("")
        lines[-1] += f" {piece}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _room(line: str) -> int:
    return ENCODED_LINE if "=?" in line else LINE
