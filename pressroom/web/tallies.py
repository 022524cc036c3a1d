"""What is counted while the service runs, to be shown by `metrics`; it begins anew with the process.

Filled by the parts that do the work, with words that come from a fixed set: never from what a client sent.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Tallies:
    """`served`: kind of file and status; `signups`: reception; `failed`: a job's name and its last error."""

    served: Counter[tuple[str, int]] = field(default_factory=Counter)
    signups: Counter[str] = field(default_factory=Counter)
    failed: dict[str, datetime] = field(default_factory=dict)

    def answered(self) -> int:
        """Give how many answers there were from the public tree; asked from any thread."""
        return sum(tuple(self.served.values()))
