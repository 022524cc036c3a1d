"""Which pieces are gone, and whether that can be meant. Pure.

A folder that is not mounted and a checkout that failed look like hundreds of withdrawals; published notices
cannot be called back from readers, so such a loading stops before anything is changed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from content.errors import TooManyWithdrawn
from content.newsroom import Known

FEW = 3
"""Fewer than so many pieces are withdrawn without a question, whatever their share."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The rows that no file answers to.

    `now` were public until now; `before` are withdrawn already; `kept` are public, and their files are there
    but cannot be used just now.
    """

    now: tuple[Known, ...]
    before: tuple[Known, ...]
    kept: tuple[Known, ...]

    def refuse_accidents(self, known: Iterable[Known], labels: Sequence[str], share: float) -> None:
        """Raise TooManyWithdrawn when a source lost all its public pieces, or a large share of them."""
        if not self.now:
            return
        visible = Counter(
            label_of(row.source, labels) for row in known if row.visible_since and row.withdrawn is None
        )
        lost: dict[str, list[str]] = {}
        for row in self.now:
            lost.setdefault(label_of(row.source, labels), []).append(row.source)
        for label, sources in lost.items():
            total, gone = visible[label], len(sources)
            if (gone == total and gone > 1) or (gone >= FEW and gone >= share * total):
                raise TooManyWithdrawn(label, sorted(sources), total)


def sort_out(unmatched: Iterable[Known], is_kept: Callable[[Known], bool]) -> Gone:
    """Sort the rows that no manuscript has; what the public never saw vanishes without a word."""
    now, before, kept = [], [], []
    for row in unmatched:
        if row.visible_since is None:
            continue
        if row.withdrawn is not None:
            before.append(row)
        elif is_kept(row):
            kept.append(row)
        else:
            now.append(row)
    return Gone(tuple(now), tuple(before), tuple(kept))


def label_of(source: str, labels: Sequence[str]) -> str:
    """Name the source that a piece is of; of one that is configured no more, the name of its folder."""
    matching = [label for label in labels if source.startswith(f"{label}/")]
    return max(matching, key=len) if matching else source.partition("/")[0]
