"""Quoted-printable (RFC 2045, 6.7) for the bodies of our mails, so that nothing has to be mended later.

The standard library writes lines of 78 characters in places and may cut a placeholder in two. Here every
line is at most 76 characters, ends are CRLF, a placeholder stays whole on its line, and neither a leading
dot (SMTP) nor a leading "From " (mbox) is left bare. Used by newsletter.message.
"""

import re

LINE = 76

# "=" alone is written too, so that a decoder never has to guess; tab and space only when not at a line's end.
_LITERAL = "".join(map(chr, range(ord(" "), ord("~") + 1))).replace("=", "") + "\t"
_ESCAPES = {octet: f"={octet:02X}" for octet in range(256) if chr(octet) not in _LITERAL}
_FIRST = re.compile(r"^(?:\.|From )")


def encode(text: str, whole: tuple[str, ...] = ()) -> bytes:
    """Encode a text with line ends of any kind; no string of `whole` is cut by a soft line break."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    pattern = re.compile("|".join(map(re.escape, whole))) if whole else None
    return "\r\n".join(wrapped for line in lines for wrapped in _line(line, pattern)).encode("ascii")


def _line(line: str, whole: re.Pattern[str] | None) -> list[str]:
    escaped = line.encode("utf-8").decode("latin-1").translate(_ESCAPES)
    if escaped.endswith((" ", "\t")):
        escaped = f"{escaped[:-1]}={ord(escaped[-1]):02X}"
    spans = [match.span() for match in whole.finditer(escaped)] if whole else []
    pieces: list[str] = []
    start = 0
    while True:
        prefix = _prefix(escaped, start)
        room = LINE - len(prefix) + bool(prefix)
        if len(escaped) - start <= room:
            return [*pieces, prefix + escaped[start + bool(prefix) :]]
        end = _cut(escaped, start, start + room - 1, spans)
        pieces.append(prefix + escaped[start + bool(prefix) : end] + "=")
        start = end


def _prefix(escaped: str, start: int) -> str:
    """Give the escape of a first character that must not stand bare at the start of a line, else ""."""
    if _FIRST.match(escaped[start : start + 5]):
        return f"={ord(escaped[start]):02X}"
    return ""


def _cut(escaped: str, start: int, limit: int, spans: list[tuple[int, int]]) -> int:
    """Find where the line is broken: at most at `limit`, inside neither an escape nor a placeholder."""
    end = limit
    for first, last in spans:
        if first < end < last and first > start:
            end = first
    for back in (1, 2):
        if escaped[end - back] == "=":
            return end - back
    return end
