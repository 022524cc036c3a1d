from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from storage import newsletters, slots
from storage.engine import reading, writing
from storage.errors import DatabaseError
from storage.slots import SlotRow
from tests.scenarios import NOW

FIRST = SlotRow("weekly", "2026-10-02T07:00", NOW, NOW + timedelta(minutes=1), "missed", "found late")
SECOND = SlotRow("weekly", "2026-10-09T07:00", NOW, NOW, "nothing-new")


@pytest.fixture(autouse=True)
def _weekly(database: Engine) -> None:
    with writing(database) as conn:
        newsletters.meet(conn, "weekly", NOW)


def test_a_slot_is_decided_once_and_the_first_stays(database: Engine) -> None:
    with writing(database) as conn:
        assert slots.decide(conn, [FIRST]) == 1
        assert slots.decide(conn, [replace(FIRST, outcome="paused")]) == 0
        assert slots.find(conn, "weekly", FIRST.slot) == FIRST


def test_many_are_decided_and_those_that_were_before_stay(database: Engine) -> None:
    with writing(database) as conn:
        assert slots.decide(conn, [SECOND]) == 1
        assert slots.decide(conn, [FIRST, SlotRow("weekly", SECOND.slot, NOW, NOW, "paused")]) == 1
    with reading(database) as conn:
        assert slots.recent(conn, "weekly", 10) == [SECOND, FIRST]
        assert slots.recent(conn, "weekly", 1) == [SECOND]
        assert slots.latest(conn, "weekly") == SECOND.slot
        assert slots.latest(conn, "daily") is None


def test_what_is_said_of_a_slot_can_be_revised(database: Engine) -> None:
    with writing(database) as conn:
        slots.decide(conn, [FIRST, SECOND])
        slots.revise(conn, "weekly", SECOND.slot, outcome="not-approved", detail="too late")
        assert [row.outcome for row in slots.recent(conn, "weekly", 2)] == ["not-approved", "missed"]


def test_an_outcome_that_is_no_word_of_ours_is_refused(database: Engine) -> None:
    def invent() -> None:
        with writing(database) as conn:
            slots.decide(conn, [SlotRow("weekly", "2026-10-02T07:00", NOW, NOW, "forgotten")])

    with pytest.raises(DatabaseError):
        invent()
