"""Counting uses within a window, on both databases."""

from datetime import timedelta

from sqlalchemy import Engine, select

from storage import quotas
from storage.engine import writing
from storage.schema import quotas as table
from tests.scenarios import NOW

HOUR = timedelta(hours=1)


def take(engine: Engine, minutes: float = 0, *, scope: str = "network", key: str = "a") -> int | None:
    with writing(engine) as conn:
        now = NOW + timedelta(minutes=minutes)
        return quotas.take(conn, scope, key, now=now, window=HOUR, limit=3)


def test_uses_are_counted_up_to_the_limit(database: Engine) -> None:
    assert [take(database) for _ in range(5)] == [1, 2, 3, None, None]


def test_scopes_and_keys_are_counted_apart(database: Engine) -> None:
    assert [take(database), take(database, key="b"), take(database, scope="domain")] == [1, 1, 1]


def test_a_window_begins_with_its_first_use_and_ends_by_itself(database: Engine) -> None:
    assert [take(database, minutes) for minutes in (0, 30, 59, 59.9, 60, 61)] == [1, 2, 3, None, 1, 2]


def test_a_refused_use_does_not_lengthen_the_window(database: Engine) -> None:
    assert [take(database, minutes) for minutes in (0, 0, 0, 50, 60)] == [1, 2, 3, None, 1]


def test_what_is_used_can_be_asked_without_counting(database: Engine) -> None:
    take(database)
    with writing(database) as conn:
        for _ in range(2):
            assert quotas.used(conn, "network", "a", NOW, HOUR) == 1
        assert quotas.used(conn, "network", "a", NOW + HOUR, HOUR) == 0
        assert quotas.used(conn, "network", "b", NOW, HOUR) == 0


def test_what_is_over_is_forgotten(database: Engine) -> None:
    take(database)
    take(database, 90, key="b")
    with writing(database) as conn:
        assert quotas.forget(conn, NOW + HOUR, NOW + 2 * HOUR) == 1
        assert conn.execute(select(table.c.key)).scalars().all() == ["b"]


def test_a_window_of_the_future_is_over_when_the_clock_is_put_right(database: Engine) -> None:
    assert take(database, minutes=60 * 24 * 365) == 1
    with writing(database) as conn:
        assert quotas.used(conn, "network", "a", NOW, HOUR) == 0
        assert quotas.forget(conn, NOW - HOUR, NOW) == 1
    assert take(database, minutes=60 * 24 * 365) == 1
    assert take(database) == 1
