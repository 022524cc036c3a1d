"""Which pieces are in which document."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from content.newsroom import Item
from feeds.selection import Division, divide, month, newest_first, pieces
from tests.scenarios import NOW, a_newsroom, an_item


def items(*days: float) -> tuple[Item, ...]:
    return newest_first(an_item(key=f"k{day}", published=NOW - timedelta(days=day)) for day in days)


def keys(found: tuple[Item, ...]) -> list[str]:
    return [item.key for item in found]


def months(division: Division) -> dict[str, list[str]]:
    return {period: keys(group) for period, group in division.archives}


def test_pieces_are_newest_first_whatever_their_order_was() -> None:
    shuffled = [an_item(key=key, published=NOW - timedelta(days=int(key))) for key in "3142"]
    assert keys(newest_first(shuffled)) == ["1", "2", "3", "4"]


def test_a_category_has_its_own_items_and_all_has_every_one() -> None:
    newsroom = a_newsroom(items=[an_item(key="a", category="press"), an_item(key="b"), an_item(key="c")])
    assert keys(pieces(newsroom, "press")) == ["a"]
    assert len(pieces(newsroom, "all")) == 3


def test_few_items_need_no_archive() -> None:
    assert divide(items(1, 2, 3), 3).archives == ()


def test_an_archive_holds_its_whole_month_even_what_is_still_current() -> None:
    """So that nothing changes in it while the rest slides out of the current document."""
    division = divide(items(3, 4, 5, 6), 2)
    assert keys(division.current) == ["k3", "k4"]
    assert months(division) == {"2026-09": ["k3", "k4", "k5", "k6"]}


def test_archives_go_from_the_oldest_month_to_the_newest() -> None:
    assert list(months(divide(items(1, 40, 80), 1))) == ["2026-07", "2026-08"]


def test_months_are_counted_in_utc() -> None:
    late = datetime.fromisoformat("2026-10-01T00:30:00+02:00")
    assert month(an_item(published=late)) == "2026-09"


def test_a_new_item_changes_no_archive_of_the_months_before() -> None:
    before = months(divide(items(2, 35, 40, 70), 2))
    after = months(divide(items(1, 2, 35, 40, 70), 2))
    assert {period: after[period] for period in before} == before


def test_a_late_item_changes_the_archive_of_its_own_month_alone() -> None:
    before = months(divide(items(1, 35, 40, 70), 1))
    after = months(divide(items(1, 35, 37, 40, 70), 1))
    assert {period for period in after if after[period] != before.get(period)} == {"2026-08"}


def test_the_notice_of_an_old_withdrawn_item_is_in_the_current_document() -> None:
    """Readers poll no archive, so a notice there would reach nobody."""
    gone = an_item(key="gone", published=NOW - timedelta(days=300), withdrawn=NOW)
    division = divide(newest_first([*items(1, 2, 3), gone]), 2)
    assert keys(division.current) == ["k1", "k2", "gone"]
    assert months(division)["2025-12"] == ["gone"]


def test_a_thousand_withdrawn_items_do_not_flood_the_current_document() -> None:
    gone = [an_item(key=f"g{n:04}", published=NOW - timedelta(days=9), withdrawn=NOW) for n in range(1000)]
    assert len(divide(newest_first([*items(1, 2), *gone]), 2).current) == 4


def appeared(key: str, days: float, since: int, **over: object) -> Item:
    """An item dated `days` ago, and seen by the public for the first time in the build number `since`."""
    seen = NOW - timedelta(days=100) + timedelta(minutes=since)
    return an_item(key=key, published=NOW - timedelta(days=days), visible_since=seen, **over)


def in_current(found: list[Item], size: int) -> list[str]:
    return keys(divide(newest_first(found), size).current)


def test_what_comes_with_an_old_date_is_in_the_current_document_until_as_many_others_have_come() -> None:
    found = [appeared(f"k{day}", day, 0) for day in (5, 6, 7, 8)]
    assert in_current([*found, appeared("late", 300, 1)], 2) == ["k5", "k6", "late"]
    found += [appeared("late", 300, 1), appeared("k4", 4, 2)]
    assert in_current(found, 2) == ["k4", "k5", "late"]
    assert in_current([*found, appeared("k3", 3, 3)], 2) == ["k3", "k4"]


def test_of_a_crowd_that_comes_at_once_none_is_left_out_up_to_twice_the_size() -> None:
    found = [appeared(f"old{day}", day, 0) for day in (50, 51)]
    crowd = [appeared(f"new{day}", day, 1) for day in (1, 2, 3, 4, 5, 6, 7)]
    assert in_current([*found, *crowd], 3) == ["new1", "new2", "new3", "new4", "new5", "new6"]


def test_what_was_there_when_a_feed_began_is_not_late() -> None:
    assert in_current([appeared(f"k{day}", day, 0) for day in range(9)], 3) == ["k0", "k1", "k2"]
    assert in_current([appeared("new", 0, 1), *(appeared(f"k{day}", day, 0) for day in (1, 2, 3))], 2) == [
        "new",
        "k1",
    ]


def test_a_late_item_changes_no_archive_but_its_own_months() -> None:
    found = [appeared(f"k{day}", day, 0) for day in (5, 45, 85)]
    before = months(divide(newest_first(found), 1))
    after = months(divide(newest_first([*found, appeared("late", 86, 1)]), 1))
    assert {period for period in after if after[period] != before.get(period)} == {"2026-07"}


@given(st.lists(st.tuples(st.integers(0, 24 * 300), st.integers(0, 5)), max_size=40), st.integers(1, 8))
def test_whoever_looks_after_every_build_sees_every_piece(arrivals: list[tuple[int, int]], size: int) -> None:
    """As long as no build brings more than the current document takes, whatever the dates are."""
    every = [appeared(f"k{n}", hours / 24, since) for n, (hours, since) in enumerate(arrivals)]
    seen: set[str] = set()
    for build in range(6):
        there = [item for n, item in enumerate(every) if arrivals[n][1] <= build]
        seen |= set(in_current(there, size))
        came = [item.key for n, item in enumerate(every) if arrivals[n][1] == build]
        if min((since for _, since in arrivals), default=0) < build and len(came) <= size:
            assert seen >= set(came)


@given(st.lists(st.integers(0, 24 * 800), max_size=60), st.integers(1, 20))
def test_every_piece_is_in_the_current_document_or_in_its_months_archive(hours: list[int], size: int) -> None:
    moments = [NOW - timedelta(hours=age) for age in hours]
    found = newest_first(an_item(key=f"k{n}", published=moment) for n, moment in enumerate(moments))
    division = divide(found, size)
    archived = [piece.key for _, group in division.archives for piece in group]
    assert len(archived) == len(set(archived))
    assert {*archived, *keys(division.current)} == set(keys(found))
    assert list(division.current) == list(newest_first(division.current))
    for period, group in division.archives:
        assert list(group) == [piece for piece in found if month(piece) == period]
