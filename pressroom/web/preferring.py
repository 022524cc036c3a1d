"""Which language a page is in when nobody has told it: what the browser asks for (RFC 9110, 12.5.4).

Pure. A language stands for its regions and a region for its language: sv-FI is served with sv.
"""

import re
from collections.abc import Collection, Iterator

from content.languages import chain

RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q=([01](?:\.\d{0,3})?))?")
MOST_RANGES = 20
LONGEST = 500


def preferred(header: str, offered: Collection[str], otherwise: str) -> str:
    """Give the offered language that the header likes best, else `otherwise`."""
    spelled = {language.lower(): language for language in offered}
    for wanted in _ranges(header):
        if wanted == "*":
            return otherwise
        for code in chain(wanted):
            if code in spelled:
                return spelled[code]
        for code, language in spelled.items():
            if chain(code)[-1] == wanted:
                return language
    return otherwise


def _ranges(header: str) -> Iterator[str]:
    """Give the languages of the header, the most wanted first; what cannot be read is left out."""
    found = []
    for part in header[:LONGEST].split(",")[:MOST_RANGES]:
        match = RANGE.fullmatch(part.strip())
        if match and (quality := float(match[2] or 1)) > 0:
            found.append((quality, match[1].lower()))
    return (wanted for _, wanted in sorted(found, key=lambda each: -each[0]))
