"""What is in an issue, what waits and what is out: pure rules, so no ledger here."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from content.newsroom import Event, Item
from newsletter.compose import Composition, History, compose, end, offered, start
from tests.scenarios import NOW, STOCKHOLM, a_newsroom, an_event, an_item, newsletter_settings

STARTED = NOW - timedelta(days=30)
LAST_WEEK = NOW - timedelta(days=7)


def composed(
    items: list[Item] | None = None,
    events: list[Event] | None = None,
    settings: dict[str, Any] | None = None,
    now: datetime = NOW,
    **history: Any,
) -> Composition:
    return compose(
        a_newsroom(items=items or [], events=events or []),
        newsletter_settings(**settings or {}),
        History(**{"started": STARTED} | history),
        due=NOW,
        now=now,
    )


def keys(pieces: tuple[Item, ...] | tuple[Event, ...]) -> list[str]:
    return [piece.key for piece in pieces]


def reasons(made: Composition) -> dict[str, str]:
    return {left.key: left.reason for left in made.left}


def test_an_item_that_was_in_no_issue_is_in() -> None:
    assert keys(composed([an_item(key="a")]).items) == ["a"]


def test_an_item_that_was_in_an_issue_is_out_however_it_was_edited_since() -> None:
    made = composed([an_item(key="a", updated=NOW, title="New title")], mailed={"a": 12})
    assert made.nothing_new
    assert reasons(made) == {"a": "already in issue 12"}


def test_a_late_item_is_in_however_far_it_is_back_dated() -> None:
    made = composed([an_item(key="a", published=NOW - timedelta(days=3000))], visible_since={"a": NOW})
    assert keys(made.items) == ["a"]


def test_a_new_newsletter_does_not_mail_the_archive_but_looks_back() -> None:
    old = an_item(key="old", published=NOW - timedelta(days=8))
    recent = an_item(key="recent", published=NOW - timedelta(days=6))
    seen = dict.fromkeys(("old", "recent"), NOW)
    made = composed([old, recent], started=NOW, visible_since=seen)
    assert keys(made.items) == ["recent"]
    assert reasons(made) == {"old": "older than the look-back"}


def test_an_item_of_the_look_back_still_goes_when_it_had_to_wait_for_weeks() -> None:
    made = composed(
        [an_item(key="a", published=STARTED - timedelta(days=6))],
        visible_since={"a": STARTED},
        last_composed=LAST_WEEK,
    )
    assert keys(made.items) == ["a"]


def test_the_archive_of_a_category_that_joins_later_is_not_mailed() -> None:
    joined = {"news": STARTED, "blog": LAST_WEEK}
    archive = an_item(key="archive", category="blog", published=LAST_WEEK - timedelta(days=8))
    recent = an_item(key="recent", category="blog", published=LAST_WEEK - timedelta(days=6))
    late = an_item(key="late", category="blog", published=LAST_WEEK - timedelta(days=900))
    seen = {"archive": STARTED, "recent": STARTED, "late": LAST_WEEK + timedelta(days=1)}
    made = composed([archive, recent, late], categories=joined, visible_since=seen)
    assert sorted(keys(made.items)) == ["late", "recent"]


def test_withdrawn_items_and_other_categories_are_out() -> None:
    made = composed(
        [an_item(key="gone", withdrawn=NOW), an_item(key="blog", category="blog")],
        settings={"categories": ["news", "press"]},
    )
    assert reasons(made) == {"gone": "withdrawn", "blog": "category not in this newsletter"}


def test_no_categories_configured_means_all_of_them() -> None:
    newsroom = a_newsroom()
    assert offered(newsroom, newsletter_settings()) == newsroom.categories
    chosen = offered(newsroom, newsletter_settings(categories=["blog", "news"]))
    assert [category.name for category in chosen] == ["blog", "news"]


def test_on_the_page_items_go_by_category_then_pinned_then_newest() -> None:
    day = timedelta(days=1)
    made = composed(
        [
            an_item(key="press", category="press", published=NOW - day),
            an_item(key="old", published=NOW - 3 * day),
            an_item(key="new", published=NOW - 2 * day),
            an_item(key="pinned", published=NOW - 5 * day, pinned=True),
        ],
        settings={"categories": ["news", "press"]},
    )
    assert keys(made.items) == ["pinned", "new", "old", "press"]


def test_overflow_waits_the_oldest_of_the_new_ones() -> None:
    items = [an_item(key=f"k{day}", published=NOW - timedelta(days=day)) for day in range(5)]
    made = composed(items, settings={"max_items": 3})
    assert keys(made.items) == ["k0", "k1", "k2"]
    assert keys(made.waiting) == ["k3", "k4"]
    assert reasons(made) == dict.fromkeys(("k3", "k4"), "waits: the issue is full")


def test_who_waited_goes_before_the_newest_and_pinned_before_both() -> None:
    waited = an_item(key="waited", published=LAST_WEEK - timedelta(days=1))
    fresh = an_item(key="fresh", published=NOW)
    pinned = an_item(key="pinned", published=NOW - timedelta(days=1), pinned=True)
    made = composed([waited, fresh, pinned], settings={"max_items": 2}, last_composed=LAST_WEEK)
    assert sorted(keys(made.items)) == ["pinned", "waited"]
    assert keys(made.waiting) == ["fresh"]


def test_who_waited_longest_goes_first() -> None:
    items = [an_item(key=f"k{day}", published=LAST_WEEK - timedelta(days=day)) for day in range(5)]
    made = composed(items, settings={"max_items": 2}, last_composed=LAST_WEEK)
    assert sorted(keys(made.items)) == ["k3", "k4"]


def test_an_event_within_the_horizon_is_listed_and_new_once() -> None:
    made = composed(events=[an_event(key="e")])
    assert (keys(made.events), made.new_events, made.nothing_new) == (["e"], ("e",), False)
    again = composed(events=[an_event(key="e")], shown={"e"})
    assert (keys(again.events), again.new_events, again.nothing_new) == (["e"], (), True)


def test_events_that_are_over_too_late_withdrawn_or_of_other_categories_are_out() -> None:
    day = timedelta(days=1)
    made = composed(
        events=[
            an_event(key="over", starts=NOW - 2 * day, ends=NOW - day),
            an_event(key="far", starts=NOW + 31 * day),
            an_event(key="gone", withdrawn=NOW),
            an_event(key="blog", category="blog"),
        ],
        settings={"categories": ["news"]},
    )
    assert reasons(made) == {
        "over": "over",
        "far": "beyond the horizon",
        "gone": "withdrawn",
        "blog": "category not in this newsletter",
    }


def test_a_cancelled_event_is_listed_only_where_it_was_announced() -> None:
    cancelled = an_event(key="e", cancelled=True)
    assert reasons(composed(events=[cancelled])) == {"e": "cancelled before it was announced here"}
    assert keys(composed(events=[cancelled], shown={"e"}).events) == ["e"]


def test_an_event_that_runs_for_days_is_listed_until_its_last_day_is_over() -> None:
    fair = an_event(key="e", starts=None, first_day=date(2026, 9, 30), last_day=date(2026, 10, 2))
    assert keys(composed(events=[fair]).events) == ["e"]
    tomorrow = datetime(2026, 10, 3, 0, 0, tzinfo=STOCKHOLM)
    assert reasons(composed(events=[fair], now=tomorrow)) == {"e": "over"}
    assert start(fair) == datetime(2026, 9, 30, tzinfo=STOCKHOLM)
    assert end(fair) == tomorrow


def test_an_event_without_an_end_is_over_with_its_day() -> None:
    talk = an_event(starts=datetime(2026, 10, 2, 8, 0, tzinfo=UTC))
    assert end(talk) == datetime(2026, 10, 2, 22, 0, tzinfo=UTC)


def test_the_soonest_events_are_listed_and_the_others_counted() -> None:
    events = [an_event(key=f"e{day}", starts=NOW + timedelta(days=day)) for day in (9, 3, 6, 1)]
    made = composed(events=events, settings={"events": {"max": 2}})
    assert keys(made.events) == ["e1", "e3"]
    assert made.more_events == 2
    assert made.new_events == ("e1", "e3")


def test_an_event_beyond_the_maximum_is_no_reason_for_an_issue() -> None:
    events = [an_event(key=f"e{day}", starts=NOW + timedelta(days=day)) for day in (1, 2)]
    assert composed(events=events, settings={"events": {"max": 1}}, shown={"e1"}).nothing_new


item_lists = st.lists(
    st.builds(
        an_item,
        key=st.uuids().map(str),
        published=st.integers(0, 40).map(lambda day: NOW - timedelta(days=day)),
        category=st.sampled_from(["news", "press", "other"]),
        pinned=st.booleans(),
        withdrawn=st.sampled_from([None, None, NOW]),
    ),
    max_size=12,
    unique_by=lambda item: item.key,
)


@given(item_lists, st.integers(1, 6), st.data())
def test_every_item_is_in_or_has_exactly_one_reason(
    items: list[Item], room: int, data: st.DataObject
) -> None:
    mailed = {item.key: 1 for item in items if data.draw(st.booleans())}
    settings = {"categories": ["news", "press"], "max_items": room}
    made = composed(items, settings=settings, mailed=mailed, last_composed=LAST_WEEK)
    assert sorted([*keys(made.items), *(left.key for left in made.left)]) == sorted(
        item.key for item in items
    )
    assert len(made.items) <= room
    assert len(made.items) == room or not made.waiting
    assert not mailed.keys() & set(keys(made.items))
