"""The check of finished bytes: is this mail as the RFCs and the receivers want it?

RFC 5321, 5322, 2045, 2046, 2047, 2369 and 8058. Pure, and independent of the code that writes: it reads
the bytes as a receiver would. Used before an issue is queued (a wrong one is not sent) and in the tests. It
does not judge looks or wording.
"""

import binascii
import re
from collections.abc import Iterator

from newsletter.places import MARK

LONGEST_LINE = 998
ENCODED_LINE = 76
ENCODED_WORD = 75
CLIPPED = 102_400  # Gmail hides what comes after, and with it the way out

ONCE = (
    *(b"from", b"to", b"subject", b"date", b"message-id"),
    *(b"mime-version", b"content-type", b"content-language"),
    *(b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"list-archive", b"list-post"),
    *(b"precedence", b"auto-submitted", b"x-auto-response-suppress", b"feedback-id"),
)
OPTIONAL = (b"reply-to", b"list-owner")
# A letter to one person is of no list, and not bulk.
LETTER_ONCE = tuple(
    name for name in ONCE if not name.startswith(b"list-") and name not in (b"precedence", b"feedback-id")
)

_FIELD = re.compile(rb"([!-9;-~]+):(?: (.*))?", re.DOTALL)
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
_ADDRESS = rb"[^\s<>@,;:]+@[A-Za-z0-9.-]+"
_SHAPES = {
    b"to": re.compile(_ADDRESS),
    b"from": re.compile(rb"(?:[^<>]+ )?<" + _ADDRESS + rb">", re.DOTALL),
    b"date": re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"),
    b"message-id": re.compile(rb"<[A-Za-z0-9_-]+@[A-Za-z0-9.-]+>"),
    b"mime-version": re.compile(rb"1\.0"),
    b"list-unsubscribe": re.compile(rb"<https?://[!-;=?-~]+>"),
    b"list-archive": re.compile(rb"<https?://[!-;=?-~]+>"),
    b"list-unsubscribe-post": re.compile(rb"List-Unsubscribe=One-Click"),
    b"list-post": re.compile(rb"NO"),
    b"list-id": re.compile(rb"(?:.+ )?<[a-z0-9-]+\.[A-Za-z0-9.-]+>", re.DOTALL),
    b"feedback-id": re.compile(rb"[A-Za-z0-9.-]+:[A-Za-z0-9.-]+:[A-Za-z0-9.-]+:[A-Za-z0-9]{5,15}"),
    b"auto-submitted": re.compile(rb"auto-generated"),
    b"precedence": re.compile(rb"bulk"),
    b"content-language": re.compile(rb"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"),
}
_KINDS = (b"text/plain", b"text/html")  # RFC 2046, 5.1.4: the plainest first
_ENCODABLE = {b"from", b"reply-to", b"subject", b"list-id"}
_BOUNDARY = re.compile(rb'multipart/alternative;(?: |\r\n )boundary="([0-9A-Za-z\'()+_,./:=? -]{1,70})"')
_UNQUOTED = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]|[ \t]\r\n|=(?![0-9A-F]{2}|\r\n|$)")


def check_message(message: bytes, once: tuple[bytes, ...] = ONCE) -> list[str]:
    """Give everything that is wrong with a mail that is about to be sent; nothing is the good answer."""
    faults = list(_octets(message))
    head, separator, body = message.partition(b"\r\n\r\n")
    if not separator:
        return [*faults, "there is no empty line between the headers and the body"]
    fields = list(_fields(head, faults))
    return [*faults, *_names(fields, once), *_values(fields), *_parts(fields, body)]


def _octets(message: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", message):
        yield "a bare CR or LF"
    if b"\0" in message:
        yield "a NUL octet"
    if not message.endswith(b"\r\n"):
        yield "the last line has no end"
    if MARK.encode() in message:
        yield "a place was not filled in"
    if any(len(line) > LONGEST_LINE for line in message.split(b"\r\n")):
        yield f"a line is longer than {LONGEST_LINE} octets"


def _fields(head: bytes, faults: list[str]) -> Iterator[tuple[bytes, bytes]]:
    for raw in re.split(rb"\r\n(?![ \t])", head):
        match = _FIELD.fullmatch(raw)
        if match is None:
            faults.append("a header line is no field")
            continue
        yield match[1].lower(), match[2] or b""


def _names(fields: list[tuple[bytes, bytes]], once: tuple[bytes, ...]) -> Iterator[str]:
    names = [name for name, _ in fields]
    for name in once:
        if names.count(name) != 1:
            yield f"the header {name.decode()} is there {names.count(name)} times"
    for name in OPTIONAL:
        if names.count(name) > 1:
            yield f"the header {name.decode()} is there {names.count(name)} times"
    for name in sorted(set(names) - {*once, *OPTIONAL}):
        yield f"an unexpected header {name.decode('ascii', 'replace')}"


def _values(fields: list[tuple[bytes, bytes]]) -> Iterator[str]:
    for name, value in fields:
        shown = name.decode("ascii", "replace")
        if name in _SHAPES and not _SHAPES[name].fullmatch(value):
            yield f"the header {shown} does not have its form"
        if not value.isascii() and not (name == b"to" and value.rpartition(b"@")[2].isascii()):
            yield f"the header {shown} is not ASCII"
        if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value) or not value.strip():
            yield f"the header {shown} is empty or holds a control character"
        if b"=?" in value:
            yield from _encoded(name, value)
        if any(not line.strip() for line in value.split(b"\r\n")):
            yield f"a line of the header {shown} is blank"


def _encoded(name: bytes, value: bytes) -> Iterator[str]:
    shown = name.decode()
    if name not in _ENCODABLE:
        yield f"the header {shown} holds an encoded word"
    if b"=?" in _ENCODED_WORD.sub(b"", value):
        yield f"the header {shown} holds a broken encoded word"
    if any(len(word) > ENCODED_WORD for word in _ENCODED_WORD.findall(value)):
        yield f"an encoded word of the header {shown} is longer than 75 octets"
    if re.search(rb"<[^>]*=\?|[^\s]=\?utf-8", value):
        yield f"an encoded word of the header {shown} stands inside another word or an address"
    lines = (name + b": " + value).split(b"\r\n")
    if any(len(line) > ENCODED_LINE for line in lines if b"=?" in line):
        yield f"a line of the header {shown} with an encoded word is longer than {ENCODED_LINE} octets"


def _parts(fields: list[tuple[bytes, bytes]], body: bytes) -> Iterator[str]:
    match = _BOUNDARY.fullmatch(dict(fields).get(b"content-type", b""))
    if match is None:
        yield "the content is not multipart/alternative with a boundary"
        return
    before, *parts, after = (b"\r\n" + body).split(b"\r\n--" + match[1])
    if len(parts) != len(_KINDS) or before or after != b"--\r\n":
        yield "the parts are not two, closed by the last boundary"
        return
    for part, kind in zip(parts, _KINDS, strict=True):
        yield from _part(part, kind)


def _part(piece: bytes, kind: bytes) -> Iterator[str]:
    shown = kind.decode()
    head, separator, body = piece.partition(b"\r\n\r\n")
    wanted = b"\r\nContent-Type: " + kind + b"; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    if head != wanted or not separator:
        yield f"the headers of the {shown} part are not as they must be"
    if any(len(line) > ENCODED_LINE for line in body.split(b"\r\n")):
        yield f"a quoted-printable line of the {shown} part is longer than 76 octets"
    if _UNQUOTED.search(body):
        yield f"the {shown} part is not quoted-printable"
    yield from _content(binascii.a2b_qp(body), kind)


def _content(octets: bytes, kind: bytes) -> Iterator[str]:
    shown = kind.decode()
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        yield f"the {shown} part is not UTF-8"
    if not octets.strip():
        yield f"the {shown} part is empty"
    if kind == b"text/html" and len(octets) >= CLIPPED:
        yield f"the HTML has {len(octets)} octets and would be clipped"
