"""The items that the benchmark builds: Markdown for Pressroom and Hugo alike, the same bytes each time.

Every item has a head of eight keys and 400 words with headings, a list, a link, emphasis and now and
then a table. One item each eight hours, back from a fixed day, in eight categories. The head's `x_months`
and `x_archives` are Hugo's: by them it makes an archive feed for each month, as Pressroom does unasked.
"""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

CATEGORIES = tuple(f"section-{letter}" for letter in "abcdefgh")
WORDS_AN_ITEM = 400
NEWEST = datetime(2026, 10, 1, 9, 0, tzinfo=timezone(timedelta(hours=2)))
APART = timedelta(hours=8)
SYLLABLES = ("bo", "den", "fjär", "gat", "hus", "kom", "lin", "mark", "nät", "plan", "re", "skog", "år")


def write(folder: Path, count: int) -> None:
    """Write `count` items into folders by category."""
    chance = Random(count)  # noqa: S311  # the same text for everybody who measures
    words = sorted({"".join(chance.choices(SYLLABLES, k=chance.randint(1, 3))) for _ in range(3000)})
    for category in CATEGORIES:
        (folder / category).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        category = CATEGORIES[number % len(CATEGORIES)]
        path = folder / category / f"item-{number:06}.md"
        path.write_text(_head(number, category, words, chance) + _body(words, chance), encoding="utf-8")


def _head(number: int, category: str, words: list[str], chance: Random) -> str:
    date = NEWEST - APART * number
    month = f"{date.astimezone(UTC):%Y-%m}"
    return f"""---
title: "{_sentence(words, chance, 6).rstrip(".")} {number}"
date: {date.isoformat()}
category: {category}
tags: [{chance.choice(words)}, {chance.choice(words)}]
author: {chance.choice(words).title()} {chance.choice(words).title()}
summary: "{_sentence(words, chance, 20)}"
x_months: ["{month}"]
x_archives: ["{category}-{month}"]
---
"""


def _body(words: list[str], chance: Random) -> str:
    parts, written = [], 0
    while written < WORDS_AN_ITEM:
        kind = chance.choices(("text", "heading", "list", "table"), weights=(8, 2, 2, 1))[0]
        length = min(WORDS_AN_ITEM - written, {"heading": 4, "list": 24, "table": 12}.get(kind, 70))
        parts.append(_BLOCKS[kind](words, chance, length))
        written += length
    return "\n" + "\n\n".join(parts) + "\n"


def _text(words: list[str], chance: Random, length: int) -> str:
    plain = [_sentence(words, chance, min(14, length - start)) for start in range(0, length, 14)]
    plain[0] = f"**{plain[0]}**" if chance.random() < 0.2 else plain[0]  # noqa: PLR2004
    plain[-1] += f" [{chance.choice(words)}](https://www.example.org/{chance.choice(words)})"
    return " ".join(plain)


def _heading(words: list[str], chance: Random, length: int) -> str:
    return "## " + _sentence(words, chance, length).rstrip(".")


def _list(words: list[str], chance: Random, length: int) -> str:
    return "\n".join(f"- {_sentence(words, chance, 8)}" for _ in range(max(1, length // 8)))


def _table(words: list[str], chance: Random, length: int) -> str:
    rows = [f"| {chance.choice(words)} | {chance.randint(1, 9000)} |" for _ in range(max(1, length // 2))]
    return "\n".join(["| a | b |", "|:--|--:|", *rows])


def _sentence(words: list[str], chance: Random, length: int) -> str:
    return " ".join(chance.choices(words, k=max(1, length))).capitalize() + "."


_BLOCKS = {"text": _text, "heading": _heading, "list": _list, "table": _table}
