import threading
from datetime import timedelta

from sqlalchemy import Engine

from storage import newsletters, slots
from storage.engine import reading, writing
from storage.slots import SlotRow
from tests.scenarios import NOW

DAY = timedelta(days=1)


def test_a_newsletter_starts_when_it_is_first_met(database: Engine) -> None:
    with writing(database) as conn:
        assert newsletters.find(conn, "weekly") is None
        first = newsletters.meet(conn, "weekly", NOW, ["news"])
        again = newsletters.meet(conn, "weekly", NOW + DAY, ["news"])
    assert first == again
    assert (first.started, first.paused, first.categories) == (NOW, None, {"news": NOW})


def test_a_category_that_joins_counts_from_the_last_slot_decided_without_it(database: Engine) -> None:
    with writing(database) as conn:
        newsletters.meet(conn, "weekly", NOW, ["news"])
        slots.decide(conn, [SlotRow("weekly", "2026-10-09T07:00", NOW, NOW + 7 * DAY, "missed")])
        met = newsletters.meet(conn, "weekly", NOW + 9 * DAY, ["news", "blog"])
    assert met.categories == {"news": NOW, "blog": NOW + 7 * DAY}
    with reading(database) as conn:
        assert newsletters.find(conn, "weekly") == met


def test_a_newsletter_rests_and_runs_again(database: Engine) -> None:
    with writing(database) as conn:
        newsletters.meet(conn, "weekly", NOW)
        assert newsletters.pause(conn, "weekly", NOW + DAY)
        assert not newsletters.pause(conn, "weekly", NOW + 2 * DAY)
        found = newsletters.find(conn, "weekly")
        assert found is not None
        assert found.paused == NOW + DAY
        assert newsletters.resume(conn, "weekly")
        assert not newsletters.resume(conn, "weekly")
        assert not newsletters.pause(conn, "unknown", NOW)


def test_who_holds_a_newsletter_lets_the_next_one_wait(database: Engine) -> None:
    told: list[str] = []

    def other() -> None:
        with writing(database) as conn:
            newsletters.hold(conn, "weekly")
            told.append("other")

    with writing(database) as conn:
        newsletters.meet(conn, "weekly", NOW)
    with writing(database) as conn:
        newsletters.hold(conn, "weekly")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.3)
        told.append("first")
    thread.join()
    assert told == ["first", "other"]
