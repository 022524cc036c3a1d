"""Who is who: which manuscript is which known piece, and what a new one is called for ever.

Pure. Readers, calendars and the ledger know a piece by its key alone, so the key must survive a new title, a
new folder, a new name of the file, and files that change places. What the author gives as id is the key.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol, TypeVar

from content.newsroom import Known

T = TypeVar("T")

KEY_LENGTH = 20


class Candidate(Protocol):
    """What is asked of a manuscript."""

    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def given(self) -> str | None: ...
    @property
    def body_hash(self) -> str: ...
    @property
    def head_hash(self) -> str: ...
    @property
    def taken_back(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Identities:
    """`keys` by position of the candidate; None for one whose given id the candidate in `clashes` has.

    `renamed` tells of candidates whose given id is new, though their file is known under another key.
    """

    keys: tuple[str | None, ...]
    clashes: dict[int, int] = field(default_factory=dict)
    renamed: dict[int, str] = field(default_factory=dict)


def assign(
    candidates: Sequence[Candidate], known: Sequence[Known], reserved: Collection[str] = ()
) -> Identities:
    """Give every candidate its key; `reserved` are the keys of pieces whose files cannot be read just now.

    In order: an unchanged file; a given id; the only one with this text; the same place; the only one with
    this title and date; else a new key.
    """
    return _Assignment(candidates, known, reserved).result()


class _Assignment:
    """The matching in its passes; what is matched in one is out of the next."""

    def __init__(
        self, candidates: Sequence[Candidate], known: Sequence[Known], reserved: Collection[str]
    ) -> None:
        self.candidates = candidates
        self.hashes = [(candidate.body_hash, candidate.head_hash) for candidate in candidates]
        self.free = {row.key: row for row in known}
        self.known_keys = frozenset(self.free) | frozenset(reserved)
        self.keys: list[str | None] = [None] * len(candidates)
        self.owners: dict[str, int] = {}
        self.clashes: dict[int, int] = {}
        self.renamed: dict[int, str] = {}

    def result(self) -> Identities:
        self._unchanged()
        self._given()
        self._alike(0, taken_back=False)
        self._same_place()
        self._alike(1, taken_back=False)
        # A draft made as a copy of a published piece must not take its key, and with it withdraw it.
        self._alike(0, taken_back=True)
        self._alike(1, taken_back=True)
        self._new()
        return Identities(tuple(self.keys), self.clashes, self.renamed)

    def _open(self) -> list[int]:
        """The candidates that have no key yet and were given none."""
        return [
            number
            for number, candidate in enumerate(self.candidates)
            if self.keys[number] is None and candidate.given is None
        ]

    def _take(self, number: int, key: str) -> None:
        self.keys[number] = key
        self.owners[key] = number
        self.free.pop(key, None)

    def _unchanged(self) -> None:
        """The same text at the same place is the same piece, whatever else happens."""
        at_place = {(row.kind, row.source, row.body_hash): row.key for row in self.free.values()}
        for number in self._open():
            candidate = self.candidates[number]
            key = at_place.get((candidate.kind, candidate.source, self.hashes[number][0]))
            if key in self.free:
                self._take(number, key)

    def _given(self) -> None:
        by_source = {(row.kind, row.source): row.key for row in self.free.values()}
        for number in sorted(range(len(self.candidates)), key=lambda each: self.candidates[each].taken_back):
            candidate = self.candidates[number]
            key = candidate.given
            if key is None:
                continue
            if key in self.owners:
                self.clashes[number] = self.owners[key]
                continue
            before = by_source.get((candidate.kind, candidate.source))
            if key not in self.known_keys and before is not None:
                self.renamed[number] = before
            self._take(number, key)

    def _alike(self, part: int, *, taken_back: bool) -> None:
        """Match what has the same text (0) or title and date (1), and is the only one of its like."""
        open_ = [number for number in self._open() if self.candidates[number].taken_back is taken_back]
        rows = _grouped(self.free.values(), lambda row: (row.kind, (row.body_hash, row.head_hash)[part]))
        groups = _grouped(open_, lambda number: (self.candidates[number].kind, self.hashes[number][part]))
        for likeness, numbers in groups.items():
            matching = rows.get(likeness, [])
            if len(numbers) == 1 and len(matching) == 1:
                self._take(numbers[0], matching[0].key)

    def _same_place(self) -> None:
        """An edited file is the same piece; but a new text where a withdrawn one was is a new piece."""
        at_place = {(row.kind, row.source): row for row in self.free.values()}
        for number in self._open():
            candidate = self.candidates[number]
            row = at_place.get((candidate.kind, candidate.source))
            if row is None or row.key not in self.free:
                continue
            body_hash, head_hash = self.hashes[number]
            alike = body_hash == row.body_hash or head_hash == row.head_hash
            if row.withdrawn is None or alike or candidate.taken_back:
                self._take(number, row.key)

    def _new(self) -> None:
        """Make a key of the place, so that a lost database gives the same keys again."""
        taken = {*self.known_keys, *self.owners}
        for number in self._open():
            key = new_key(self.candidates[number].kind, self.candidates[number].source, taken)
            taken.add(key)
            self._take(number, key)


def new_key(kind: str, source: str, taken: Collection[str]) -> str:
    """Make the key of a piece that is new at a place."""
    counter = 1
    while True:
        name = source if counter == 1 else f"{source}\0{counter}"
        key = sha256(f"{kind}\0{name}".encode()).hexdigest()[:KEY_LENGTH]
        if key not in taken:
            return key
        counter += 1


def _grouped(values: Iterable[T], likeness: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    groups: dict[Hashable, list[T]] = defaultdict(list)
    for value in values:
        groups[likeness(value)].append(value)
    return groups
