"""The figures of the service for Prometheus: what was counted, and what the ledger says.

Labels hold words of ours alone (kinds, states, outcomes, names from the configuration), so that nobody from
outside can make them many. Called by `health`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from pressroom.bootstrap import Pressroom
from pressroom.web.tallies import Tallies
from storage import letters, signups
from storage.engine import reading
from storage.schema import deliveries, issues, slots, subscriptions

Family = CounterMetricFamily | GaugeMetricFamily
Row = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ledger said at a moment: newsletter (of letters: kind), state or outcome, how many.

    `waiting` counts the sign-ups that nobody has confirmed yet.
    """

    at: datetime
    deliveries: Sequence[Row]
    slots: Sequence[Row]
    subscriptions: Sequence[Row]
    letters: Sequence[Row]
    waiting: int
    last_slots: Sequence[tuple[str, datetime]]


def look(room: Pressroom, now: datetime) -> Seen:
    """Ask the ledger."""
    sent = (
        select(issues.c.newsletter, deliveries.c.state, func.count())
        .join(issues, issues.c.id == deliveries.c.issue_id)
        .group_by(issues.c.newsletter, deliveries.c.state)
    )
    decided = select(slots.c.newsletter, slots.c.outcome, func.count()).group_by(
        slots.c.newsletter, slots.c.outcome
    )
    people = select(subscriptions.c.newsletter, subscriptions.c.state, func.count()).group_by(
        subscriptions.c.newsletter, subscriptions.c.state
    )
    last = select(slots.c.newsletter, func.max(slots.c.decided)).group_by(slots.c.newsletter)
    with reading(room.engine) as connection:
        of_deliveries, of_slots, of_people = (
            [(str(name), str(word), int(number)) for name, word, number in connection.execute(query)]
            for query in (sent, decided, people)
        )
        of_letters = [(kind, state, number) for (kind, state), number in letters.counts(connection).items()]
        waiting = signups.counts(connection).get("waiting", 0)
        last_slots = [(str(name), moment) for name, moment in connection.execute(last)]
    return Seen(now, of_deliveries, of_slots, of_people, of_letters, waiting, last_slots)


class Figures(Collector):
    """Gives all figures at every scrape; `seen` is put there before it."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies
        self.seen: Seen | None = None

    def collect(self) -> Iterator[Family]:
        served = CounterMetricFamily(
            "pressroom_served", "Answers from the public tree.", labels=["kind", "status"]
        )
        for (kind, status), number in sorted(self._tallies.served.items()):
            served.add_metric([str(kind), str(status)], number)
        yield served
        signups = CounterMetricFamily(
            "pressroom_signups", "Sign-ups, by what became of them.", labels=["reception"]
        )
        for reception, number in sorted(self._tallies.signups.items()):
            signups.add_metric([reception], number)
        yield signups
        failed = GaugeMetricFamily(
            "pressroom_job_last_error_timestamp_seconds", "When a job last failed.", labels=["job"]
        )
        for job, moment in sorted(self._tallies.failed.items()):
            failed.add_metric([job], moment.timestamp())
        yield failed
        yield _gauge("pressroom_database_up", "Whether the ledger answered.", 1.0 if self.seen else 0.0)
        if self.seen is not None:
            yield from _of_ledger(self.seen)


def _of_ledger(seen: Seen) -> Iterator[Family]:
    yield _by_word("pressroom_deliveries", "Deliveries, by state.", "state", seen.deliveries)
    yield _by_word(
        "pressroom_slots", "Slots of the schedules, by what became of them.", "outcome", seen.slots
    )
    yield _by_word("pressroom_subscriptions", "Subscriptions, by state.", "state", seen.subscriptions)
    yield _by_word("pressroom_letters", "Single mails, by kind and state.", "state", seen.letters, "kind")
    yield _gauge("pressroom_signups_waiting", "Sign-ups that nobody has confirmed yet.", float(seen.waiting))
    last = GaugeMetricFamily(
        "pressroom_last_slot_timestamp_seconds", "When a slot was last decided.", labels=["newsletter"]
    )
    for newsletter, moment in seen.last_slots:
        last.add_metric([newsletter], moment.timestamp())
    yield last


def _by_word(name: str, help_: str, word: str, rows: Sequence[Row], of: str = "newsletter") -> Family:
    family = GaugeMetricFamily(name, help_, labels=[of, word])
    for subject, value, number in rows:
        family.add_metric([subject, value], number)
    return family


def _gauge(name: str, help_: str, value: float) -> Family:
    family = GaugeMetricFamily(name, help_)
    family.add_metric([], value)
    return family
