"""Takes a list of subscribers from a CSV file, line by line, with a reason for every line refused.

The columns are known by their names, in any order: address, and maybe newsletters, language, categories
and state. Nothing here brings back who has left or is suppressed, and the same file twice changes
nothing. Lines are taken a thousand at a time, each thousand in one transaction. Called by
`subscribers import`.
"""

import csv
import io
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, BinaryIO

from sqlalchemy import Connection, Engine

from newsletter.errors import AddressError, ChoiceError, ImportRefused
from newsletter.mailaddress import Address, parse_address
from newsletter.people import Consent, Offer, Wish, check_wish
from storage import subscribers, suppressions
from storage.engine import writing
from storage.subscribers import NewSubscriber, Subscriber, Subscription
from storage.suppressions import EVERY_NEWSLETTER, UNSUBSCRIBED

BATCH = 1000
LONGEST_LINE = 10_000
COLUMNS = {
    "address": {"address", "email", "e-mail", "mail", "email address", "e-mail address", "epost", "e-post",
                "epostadress", "e-postadress", "adress"},
    "newsletters": {"newsletter", "newsletters", "nyhetsbrev", "list", "lists"},
    "language": {"language", "språk", "lang", "locale"},
    "categories": {"category", "categories", "kategori", "kategorier"},
    "state": {"state", "status", "tillstånd"},
}  # fmt: skip
ALL = {"", "*", "all", "alla"}
ACTIVE = {"", "active", "aktiv"}


class Reason(StrEnum):
    """Why a line was refused."""

    MALFORMED = "malformed"
    DUPLICATE = "duplicate in file"
    ALREADY = "already subscribed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    CATEGORY = "unknown category"
    NEWSLETTER = "unknown newsletter"
    LANGUAGE = "unknown language"


# What somebody has to mend in the file; the other reasons say that there was nothing to do.
MISTAKES = frozenset({Reason.MALFORMED, Reason.CATEGORY, Reason.NEWSLETTER, Reason.LANGUAGE})


@dataclass(frozen=True, slots=True)
class Refusal:
    """`detail` never holds the address: the line's number says whose it is."""

    line: int
    reason: Reason
    detail: str = ""


@dataclass(slots=True)
class ImportReport:
    """How many lines were taken and refused, and which columns were not understood."""

    lines: int = 0
    added: int = 0
    refused: dict[Reason, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()


OnRefusal = Callable[[Refusal], None]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    address: Address
    wish: Wish


@dataclass(frozen=True, slots=True)
class _Header:
    delimiter: str
    places: Mapping[str, int]
    width: int
    ignored: tuple[str, ...] = ()


def import_csv(
    engine: Engine,
    file: BinaryIO,
    offer: Offer,
    consent: Consent,
    *,
    newsletters: Sequence[str],
    on_refusal: OnRefusal,
    on_progress: Progress = lambda _: None,
) -> ImportReport:
    """Import a seekable file, or raise ImportRefused; `newsletters` are for lines that name none."""
    check_wish(Wish(tuple(newsletters)), offer)
    _check_encoding(file)
    report = ImportReport()

    def refuse(refusal: Refusal) -> None:
        report.refused[refusal.reason] = report.refused.get(refusal.reason, 0) + 1
        on_refusal(refusal)

    with closing(_lines(file)) as numbered:
        header = _header(numbered)
        report.ignored_columns = header.ignored
        reader = _Reader(header, offer, tuple(newsletters), refuse)
        for batch in _batches(_counted(numbered, report), reader):
            with writing(engine) as conn:
                added, refusals = _take(conn, batch, consent)
            report.added += added
            for refusal in refusals:
                refuse(refusal)
            on_progress(report.lines)
    on_progress(report.lines)
    return report


class _Reader:
    """Makes sense of one line after the other; remembers the addresses, to find the second of a kind."""

    def __init__(
        self, header: _Header, offer: Offer, newsletters: tuple[str, ...], refuse: OnRefusal
    ) -> None:
        self._header = header
        self._offer = offer
        self._newsletters = newsletters
        self._refuse = refuse
        self._seen: dict[tuple[str, str], int] = {}
        self._languages = {code.casefold(): code for code in offer.languages}

    def read(self, number: int, text: str) -> _Line | None:
        """Give what the line says, or report it and give None."""
        found = self._read(number, text)
        if isinstance(found, Refusal):
            self._refuse(found)
            return None
        return found

    def _read(self, number: int, text: str) -> _Line | Refusal:
        try:
            cells = _cells(text, self._header.delimiter)
            row = self._named(cells)
            address = parse_address(row["address"])
            wish = self._wish(row)
            check_wish(wish, self._offer)
        except (csv.Error, AddressError) as error:
            return Refusal(number, Reason.MALFORMED, str(error))
        except ChoiceError as error:
            return Refusal(number, Reason[error.kind.upper()], str(error))
        if row.get("state", "").casefold() not in ACTIVE:
            return Refusal(number, Reason.UNSUBSCRIBED, "the file says so")
        if not wish.newsletters:
            return Refusal(number, Reason.NEWSLETTER, "none is named")
        keys = [(address.key, name) for name in wish.newsletters]
        if all(key in self._seen for key in keys):
            return Refusal(number, Reason.DUPLICATE, f"the same as line {self._seen[keys[0]]}")
        self._seen |= {key: number for key in keys if key not in self._seen}
        return _Line(number, address, wish)

    def _named(self, cells: list[str]) -> dict[str, str]:
        if any(cell.strip() for cell in cells[self._header.width :]):
            message = f"more cells than columns; is a cell with {self._header.delimiter!r} not in quotes?"
            raise csv.Error(message)
        padded = cells + [""] * self._header.width
        return {name: _plain(padded[place]) for name, place in self._header.places.items()}

    def _wish(self, row: Mapping[str, str]) -> Wish:
        named = _several(row.get("newsletters", ""))
        categories = row.get("categories", "")
        language = row.get("language", "").replace("_", "-")
        return Wish(
            newsletters=named or self._newsletters,
            categories=None if categories.casefold() in ALL else _several(categories),
            language=self._languages.get(language.casefold(), language) or None,
        )


def _take(conn: Connection, lines: Sequence[_Line], consent: Consent) -> tuple[int, list[Refusal]]:
    """Write a batch: nobody's row is changed but to add a subscription that was never there."""
    known = subscribers.among(conn, [line.address.key for line in lines])
    held = subscribers.subscriptions_among(conn, [person.id for person in known.values()])
    stopped = suppressions.among(conn, [line.address.hash for line in lines])
    refusals: list[Refusal] = []
    wanted: list[_Line] = []
    for line in lines:
        person = known.get(line.address.key)
        rows = {row.newsletter: row for row in (held.get(person.id, []) if person else [])}
        barred = {row.newsletter: row.reason for row in stopped.get(line.address.hash, [])}
        obstacles = {name: _obstacle(name, rows, barred) for name in line.wish.newsletters}
        free = tuple(name for name, obstacle in obstacles.items() if obstacle is None)
        refusals += [Refusal(line.number, *obstacle) for obstacle in obstacles.values() if obstacle]
        if free:
            wanted.append(replace(line, wish=replace(line.wish, newsletters=free)))
    _write(conn, wanted, known, consent)
    return len(wanted), refusals


def _obstacle(
    newsletter: str, held: Mapping[str, Subscription], barred: Mapping[str, str]
) -> tuple[Reason, str] | None:
    for name in (EVERY_NEWSLETTER, newsletter):
        if name in barred:
            reason = Reason.UNSUBSCRIBED if barred[name] == UNSUBSCRIBED else Reason.SUPPRESSED
            return reason, f"{newsletter}: {barred[name]}"
    if newsletter not in held:
        return None
    if held[newsletter].state == UNSUBSCRIBED:
        return Reason.UNSUBSCRIBED, newsletter
    return Reason.ALREADY, newsletter


def _write(
    conn: Connection, lines: Sequence[_Line], known: Mapping[str, Subscriber], consent: Consent
) -> None:
    first: dict[str, _Line] = {}
    proof: dict[str, list[dict[str, Any]]] = {}
    for line in lines:  # one person may stand in several, each with another newsletter
        first.setdefault(line.address.key, line)
        said = consent.evidence(line.wish.newsletters, line=line.number)
        proof.setdefault(line.address.key, []).append(said)
    new = [
        NewSubscriber(line.address.address, key, line.wish.language, consent.at, tuple(proof[key]))
        for key, line in first.items()
        if key not in known
    ]
    ids = subscribers.add(conn, new) | {key: person.id for key, person in known.items()}
    for key, person in known.items():
        if key in proof:
            evidence = [*person.evidence, *proof[key]]
            subscribers.change(
                conn, person.id, address=person.address, language=person.language, evidence=evidence
            )
    subscribers.subscribe(
        conn,
        [
            Subscription(ids[line.address.key], name, "active", consent.at, line.wish.categories)
            for line in lines
            for name in line.wish.newsletters
        ],
    )


def _batches(numbered: Iterator[tuple[int, str]], reader: _Reader) -> Iterator[list[_Line]]:
    batch: list[_Line] = []
    for number, text in numbered:
        line = reader.read(number, text)
        batch += [line] if line is not None else []
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _counted(numbered: Iterator[tuple[int, str]], report: ImportReport) -> Iterator[tuple[int, str]]:
    for number, text in numbered:
        report.lines += 1
        yield number, text


def _check_encoding(file: BinaryIO) -> None:
    """Read the whole file once, so that a wrong encoding is found before anything is taken."""
    start = file.read(2)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        raise ImportRefused(SAVE_AS.format("UTF-16"), 1)
    file.seek(0)
    for number, line in enumerate(file, 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"something else (octet 0x{line[error.start]:02x})"
            raise ImportRefused(SAVE_AS.format(found), number) from error
    file.seek(0)


SAVE_AS = "the file is not UTF-8 but {}; save it as UTF-8 (in Excel: 'CSV UTF-8') and import it again"


def _lines(file: BinaryIO) -> Generator[tuple[int, str], None, None]:
    """Give the lines that are not blank, numbered as an editor shows them."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline=None)
    try:
        for number, line in enumerate(text, 1):
            if line.strip(" \t\n,;"):
                yield number, line.rstrip("\n")
    finally:
        text.detach()


def _header(numbered: Iterator[tuple[int, str]]) -> _Header:
    number, first = next(numbered, (1, ""))
    delimiter = max(",;\t", key=first.count)
    try:
        names = [_plain(cell).casefold() for cell in _cells(first, delimiter)]
    except csv.Error as error:
        raise ImportRefused(str(error), number) from error
    places = _places(names, number)
    ignored = tuple(name for place, name in enumerate(names) if name and place not in places.values())
    return _Header(delimiter, places, len(names), ignored)


def _places(names: Sequence[str], number: int) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        column = next((column for column, spellings in COLUMNS.items() if name in spellings), None)
        if column in places:
            message = f"there are two columns for the {column}"
            raise ImportRefused(message, number)
        if column is not None:
            places[column] = place
    if "address" not in places:
        message = "the first line must name the columns, and one of them must be 'address' (or email)"
        raise ImportRefused(message, number)
    return places


def _cells(text: str, delimiter: str) -> list[str]:
    if len(text) > LONGEST_LINE:
        message = f"longer than {LONGEST_LINE} characters"
        raise csv.Error(message)
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


def _plain(cell: str) -> str:
    """Take away the spaces around, and the apostrophe that our own export puts before a formula."""
    cell = cell.strip(" \t\u00a0\u200b")
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") and cell[1:2] else cell


def _several(cell: str) -> tuple[str, ...]:
    """Split at ; or , and keep the order; names are lower-case in the configuration."""
    names = (name.strip().lower() for name in cell.replace(";", ",").split(","))
    return tuple(dict.fromkeys(name for name in names if name))
