"""Names for addresses, made from titles and file names: lower case, a to z, digits and hyphens. Pure."""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache

LONGEST = 80

# What decomposing does not reach.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "\u0131": "i",
        "ŋ": "n",
        "ħ": "h",
    }
)
_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=65536)
def slug_of(text: str) -> str:
    """Give the text as a slug, at most 80 characters, cut at a hyphen; "" when nothing of it can be kept."""
    letters = text.lower().translate(_LETTERS)
    if not letters.isascii():
        letters = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    slug = _OTHER.sub("-", letters).strip("-")
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    return slug


def numbered(slug: str, taken: Container[str]) -> str:
    """Give the slug, or the first of slug-2, slug-3... that is not taken."""
    candidate, number = slug, 2
    while candidate in taken:
        candidate = f"{slug[: LONGEST - 8]}-{number}"
        number += 1
    return candidate
