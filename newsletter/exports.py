"""Gives the subscribers away: as CSV that a spreadsheet cannot be attacked by, and as JSON.

Both are streams, so that a million people never lie in memory at once. `newsletter.imports` reads the
CSV back, and does not bring back who has left. Called by `subscribers export`.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from storage.subscribers import Person, Subscription

HEADER = ("address", "newsletter", "state", "language", "categories", "since", "ended", "consent")
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(people: Iterable[Person]) -> Iterator[str]:
    """Give one line per subscription, the header first; who subscribes to nothing has one without."""
    yield _line(HEADER)
    for person in people:
        for subscription in person.subscriptions or (None,):
            yield _line(_cells(person, subscription))


def json_objects(people: Iterable[Person]) -> Iterator[dict[str, Any]]:
    """Give one object per person, with everything that is kept but the deliveries."""
    for person in people:
        yield {
            "address": person.subscriber.address,
            "language": person.subscriber.language,
            "created": _time(person.subscriber.created),
            "evidence": [dict(piece) for piece in person.subscriber.evidence],
            "subscriptions": [_subscription(row) for row in person.subscriptions],
        }


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def _cells(person: Person, subscription: Subscription | None) -> tuple[str, ...]:
    who = person.subscriber
    consent = "; ".join(_spell(piece) for piece in who.evidence)
    if subscription is None:
        return (who.address, "", "none", who.language or "", "", "", "", consent)
    return (
        who.address,
        subscription.newsletter,
        subscription.state,
        who.language or "",
        ";".join(subscription.categories) if subscription.categories is not None else "",
        _time(subscription.since),
        _time(subscription.ended),
        consent,
    )


def _subscription(row: Subscription) -> dict[str, Any]:
    return {
        "newsletter": row.newsletter,
        "state": row.state,
        "categories": None if row.categories is None else list(row.categories),
        "since": _time(row.since),
        "ended": _time(row.ended) or None,
    }


def _spell(piece: Mapping[str, Any]) -> str:
    return " ".join(str(piece[name]) for name in ("at", "source", "by") if piece.get(name))


def _time(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment is not None else ""


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return text.getvalue()
