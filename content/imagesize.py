"""The type and size of a picture from its first bytes: PNG, JPEG, GIF and WebP.

Readers and mail programs lay out a page by these numbers, and a picture's name may lie about its type. Pure;
whatever is damaged or of another kind gives None.
"""

import struct
from dataclasses import dataclass

HEAD = 512 * 1024
"""How many bytes are needed: cameras put up to some hundred kilobytes before a JPEG's size."""

_SIDEWAYS = range(5, 9)  # EXIF orientations by which width and height change places
_ORIENTATION = 0x0112
_NO_SIZE_MARKERS = frozenset({0xC4, 0xC8, 0xCC})  # tables and reserved among the frame markers C0-CF
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class Picture:
    type: str
    width: int | None
    height: int | None


def measure(data: bytes) -> Picture | None:
    """Tell type and size of the picture that begins with these bytes; None when it is none that is known."""
    for sign, reader in (
        (b"\x89PNG\r\n\x1a\n", _png),
        (b"\xff\xd8\xff", _jpeg),
        (b"GIF8", _gif),
        (b"RIFF", _webp),
    ):
        if data.startswith(sign):
            try:
                return reader(data)
            except (struct.error, IndexError):
                return None
    return None


def _png(data: bytes) -> Picture:
    return Picture("image/png", *struct.unpack(">II", data[16:24]))


def _gif(data: bytes) -> Picture:
    return Picture("image/gif", *struct.unpack("<HH", data[6:10]))


def _webp(data: bytes) -> Picture | None:
    if data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L":
        bits = struct.unpack("<I", data[21:25])[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (size & 0x3FFF for size in struct.unpack("<HH", data[26:30]))
    return Picture("image/webp", width, height)


def _jpeg(data: bytes) -> Picture:
    position, sideways = 2, False
    while position + 4 <= len(data):
        if data[position] != 0xFF:  # noqa: PLR2004 - the marker byte of JPEG
            break
        marker = data[position + 1]
        if marker == 0xFF or marker in _STANDALONE:  # noqa: PLR2004
            position += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        if marker & 0xF0 == 0xC0 and marker not in _NO_SIZE_MARKERS:  # noqa: PLR2004
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return Picture("image/jpeg", *((height, width) if sideways else (width, height)))
        segment = data[position + 4 : position + 2 + length]
        sideways = sideways or (segment.startswith(b"Exif\0\0") and _orientation(segment[6:]) in _SIDEWAYS)
        position += 2 + length
    return Picture("image/jpeg", None, None)


def _orientation(tiff: bytes) -> int:
    """Read the orientation out of EXIF's first directory; 1 (upright) when there is none."""
    order = "<" if tiff.startswith(b"II") else ">"
    (start,) = struct.unpack(f"{order}I", tiff[4:8])
    (count,) = struct.unpack(f"{order}H", tiff[start : start + 2])
    for number in range(count):
        entry = tiff[start + 2 + number * 12 : start + 14 + number * 12]
        tag, _, _, value = struct.unpack(f"{order}HHIH", entry[:10])
        if tag == _ORIENTATION:
            return int(value)
    return 1
