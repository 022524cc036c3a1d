"""One issue per slot, or one reason; on the real ledger, of both kinds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from newsletter import lifecycle
from newsletter.errors import IssueError
from newsletter.issue import from_json
from newsletter.planning import Task, preview
from storage import deliveries, editions, issues, newsletters, slots, subscribers
from storage.engine import reading, writing
from storage.slots import SlotRow
from tests.newsletter.issuers import FakeRenderer, run
from tests.scenarios import NOW, a_newsroom, an_event, an_item, newsletter_settings, subscribe

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


def history(database: Engine) -> list[tuple[str, str]]:
    with reading(database) as conn:
        return [(row.slot, row.outcome) for row in reversed(slots.recent(conn, "weekly", 100))]


def mailed(database: Engine) -> dict[str, int]:
    with reading(database) as conn:
        return issues.mailed_items(conn, "weekly")


def begin(database: Engine) -> None:
    """Let the newsletter have started long before NOW."""
    with writing(database) as conn:
        newsletters.meet(conn, "weekly", NOW - 3 * WEEK, ["news", "press", "blog"])


def test_the_issue_of_a_slot_has_its_items_editions_and_deliveries(database: Engine) -> None:
    anna, sven = (
        subscribe(database, "anna@example.org"),
        subscribe(database, "sven@example.org", language="en"),
    )
    decision = run(database, [an_item(key="a")])
    assert (decision.outcome, decision.slot, decision.queued) == ("issue", "2026-10-02T07:00", 2)
    assert decision.issue is not None
    assert (decision.issue.number, decision.issue.state) == (1, "queued")
    assert decision.issue.subject == "Veckobrevet 1: a"
    with reading(database) as conn:
        row = issues.find(conn, "weekly", 1)
        made = editions.of_issue(conn, decision.issue.id)
        assert row is not None
        frozen = from_json(row.content)
        assert deliveries.counts(conn, row.id) == {"queued": 2}
    assert frozen.items == (an_item(key="a"),)
    assert sorted((edition.choice, edition.language) for edition in made) == [("*", "en"), ("*", "sv")]
    assert anna != sven


def test_a_slot_is_issued_once_however_often_it_fires(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item()])
    again = run(database, [an_item(), an_item(key="new")], now=NOW + HOUR)
    assert (again.outcome, again.slot, again.issue) == ("not-due", None, None)
    assert history(database) == [("2026-10-02T07:00", "issue")]


def test_who_loses_the_race_gets_what_the_winner_made(database: Engine) -> None:
    subscribe(database)
    slow, fast = FakeRenderer(), FakeRenderer()
    slow.then = lambda: won.append(run(database, [an_item(key="a")], renderer=fast))
    won: list[object] = []
    lost = run(database, [an_item(key="a")], renderer=slow)
    assert not lost.won
    assert lost.issue is not None
    assert [lost.issue.id] == [decision.issue.id for decision in won]  # type: ignore[attr-defined]
    with reading(database) as conn:
        assert len(issues.listed(conn)) == 1


def test_a_group_that_appears_while_rendering_gets_its_edition(database: Engine) -> None:
    subscribe(database)
    renderer = FakeRenderer(
        then=lambda: subscribe(database, "eva@example.org", categories=("news",)) and None
    )
    decision = run(database, [an_item()], renderer=renderer)
    assert decision.queued == 2
    assert renderer.asked == [(1, "*", "sv"), (1, "news", "sv")], "each edition is rendered once"


def test_who_unsubscribes_while_rendering_gets_no_delivery(database: Engine) -> None:
    subscribe(database)
    sven = subscribe(database, "sven@example.org", language="en")

    def leave() -> None:
        with writing(database) as conn:
            subscribers.unsubscribe(conn, sven, "weekly", NOW)

    assert run(database, [an_item()], renderer=FakeRenderer(then=leave)).queued == 1


def test_nothing_new_is_recorded_and_mails_nobody(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item()])
    decision = run(database, [an_item()], now=NOW + WEEK)
    assert (decision.outcome, decision.issue) == ("nothing-new", None)
    assert history(database)[-1] == ("2026-10-09T07:00", "nothing-new")


def test_a_new_event_is_a_reason_for_an_issue_and_an_old_one_is_not(database: Engine) -> None:
    subscribe(database)
    room = a_newsroom(events=[an_event(key="e")])
    assert run(database, newsroom=room).outcome == "issue"
    assert run(database, newsroom=room, now=NOW + WEEK).outcome == "nothing-new"


def test_without_subscribers_no_item_is_spent(database: Engine) -> None:
    assert run(database, [an_item(key="a")]).outcome == "no-subscribers"
    assert mailed(database) == {}
    subscribe(database)
    assert run(database, [an_item(key="a")], now=NOW + WEEK).outcome == "issue"


def test_a_group_for_whom_there_is_nothing_new_gets_no_mail(database: Engine) -> None:
    subscribe(database)
    subscribe(database, "bo@example.org", categories=("blog",))
    renderer = FakeRenderer()
    decision = run(
        database,
        newsroom=a_newsroom(items=[an_item()], events=[an_event(category="news")]),
        renderer=renderer,
    )
    assert decision.queued == 1
    assert renderer.asked == [(1, "*", "sv")]


def test_when_nobody_chose_what_is_new_no_item_is_spent(database: Engine) -> None:
    subscribe(database, categories=("blog",))
    decision = run(database, [an_item(key="a")])
    assert (decision.outcome, mailed(database)) == ("no-subscribers", {})
    assert "chose" in decision.detail


def test_missed_slots_are_recorded_and_the_newest_is_made_within_the_grace(database: Engine) -> None:
    subscribe(database)
    begin(database)
    decision = run(database, [an_item()], now=NOW + HOUR)
    assert decision.outcome == "issue"
    assert history(database) == [
        ("2026-09-11T07:00", "missed"),
        ("2026-09-18T07:00", "missed"),
        ("2026-09-25T07:00", "missed"),
        ("2026-10-02T07:00", "issue"),
    ]
    assert [row.slot for row in decision.earlier] == [slot for slot, _ in history(database)[:-1]]


def test_beyond_the_grace_the_slot_is_missed_and_its_items_go_with_the_next(database: Engine) -> None:
    subscribe(database)
    begin(database)
    assert run(database, [an_item(key="a")], now=NOW + 7 * HOUR).outcome == "missed"
    assert run(database, [an_item(key="a")], now=NOW + WEEK).outcome == "issue"
    assert mailed(database) == {"a": 1}


def test_a_paused_newsletter_records_its_slots_and_mails_nothing(database: Engine) -> None:
    subscribe(database)
    begin(database)
    assert lifecycle.pause(database, "weekly", NOW - WEEK)
    assert run(database, [an_item(key="a")]).outcome == "paused"
    assert history(database)[-1] == ("2026-10-02T07:00", "paused")
    assert lifecycle.resume(database, "weekly")
    assert run(database, [an_item(key="a")], now=NOW + HOUR).outcome == "not-due"
    assert run(database, [an_item(key="a")], now=NOW + WEEK).outcome == "issue"


def test_an_issue_by_hand_has_its_own_slot_and_spends_its_items(database: Engine) -> None:
    subscribe(database)
    tuesday = NOW - timedelta(days=3)
    item = an_item(key="a", published=tuesday - HOUR)
    decision = run(database, [item], now=tuesday, by_hand=True)
    assert (decision.outcome, decision.slot) == ("issue", "2026-09-29T07:00")
    assert run(database, [item]).outcome == "nothing-new"


def test_an_issue_by_hand_supersedes_the_slot_that_is_due(database: Engine) -> None:
    subscribe(database)
    begin(database)
    run(database, [an_item()], now=NOW + HOUR, by_hand=True)
    assert history(database)[-2:] == [("2026-10-02T07:00", "superseded"), ("2026-10-02T08:00", "issue")]
    assert run(database, [an_item()], now=NOW + 2 * HOUR).outcome == "not-due"


def test_an_issue_by_hand_without_a_reason_leaves_no_trace(database: Engine) -> None:
    subscribe(database)
    assert run(database, [], by_hand=True).outcome == "nothing-new"
    assert history(database) == []


def test_an_issue_by_hand_twice_in_a_minute_is_one(database: Engine) -> None:
    subscribe(database)
    first = run(database, [an_item(key="a")], by_hand=True)
    second = run(
        database, [an_item(key="a"), an_item(key="b")], now=NOW + timedelta(seconds=20), by_hand=True
    )
    assert not second.won
    assert first.issue is not None
    assert second.issue is not None
    assert first.issue.id == second.issue.id


def test_an_unapproved_issue_mails_nobody_and_gives_way_to_the_next(database: Engine) -> None:
    subscribe(database)
    first = run(database, [an_item(key="a")], approval="required")
    assert first.issue is not None
    assert (first.issue.state, first.queued) == ("awaiting-approval", 0)
    second = run(database, [an_item(key="a"), an_item(key="b")], now=NOW + WEEK, approval="required")
    assert second.issue is not None
    assert mailed(database) == {"a": 2, "b": 2}
    assert history(database) == [("2026-10-02T07:00", "not-approved"), ("2026-10-09T07:00", "issue")]
    with reading(database) as conn:
        old = issues.get(conn, first.issue.id)
        assert old is not None
        assert (old.state, old.reason) == ("cancelled", "not approved before the next issue")
        assert deliveries.counts(conn, first.issue.id) == {}


def test_an_error_while_rendering_leaves_nothing_behind(database: Engine) -> None:
    subscribe(database)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(database, [an_item()], renderer=FakeRenderer(then=fail))
    assert (history(database), mailed(database)) == ([], {})
    assert run(database, [an_item()]).outcome == "issue"


def test_the_slot_is_free_again_when_the_transaction_breaks(database: Engine) -> None:
    """A crash between the first and the last statement: nothing of it stays."""
    subscribe(database)

    def crash() -> None:
        with writing(database) as conn:
            newsletters.meet(conn, "weekly", NOW)
            row = SlotRow("weekly", "2026-10-02T07:00", NOW, NOW, "issue")
            slots.decide(conn, [row])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert run(database, [an_item()]).outcome == "issue"


def test_numbers_go_up_and_are_not_used_again(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item(key="a")])
    lifecycle.cancel(database, "weekly", 1, NOW)
    second = run(database, [an_item(key="a")], now=NOW + WEEK)
    assert second.issue is not None
    assert second.issue.number == 2


def test_a_clock_that_is_far_behind_is_said(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item(key="a")], now=NOW + 52 * WEEK)
    decision = run(database, [an_item(key="b")], now=NOW)
    assert decision.outcome == "not-due"
    assert "the clock is behind" in decision.detail


def test_ceaseless_change_ends_in_an_error_and_not_in_a_loop(database: Engine) -> None:
    subscribe(database)
    number = iter(range(1000))

    class Restless(FakeRenderer):
        def __call__(self, issue, choice, language):  # type: ignore[no-untyped-def]
            subscribe(
                database, f"p{next(number)}@example.org", categories=("news",), language=f"x{next(number)}"
            )
            return super().__call__(issue, choice, language)

    with pytest.raises(IssueError, match="try again"):
        run(database, [an_item()], renderer=Restless())
    assert history(database) == []


def test_a_preview_is_what_the_issue_becomes_and_changes_nothing(database: Engine) -> None:
    subscribe(database)
    room = a_newsroom(items=[an_item(key="a")], events=[an_event()])
    task = Task("weekly", newsletter_settings(), room, {"a": NOW}, NOW)
    shown = preview(database, task)
    with reading(database) as conn:
        assert newsletters.find(conn, "weekly") is None
    decision = run(database, newsroom=room, visible_since={"a": NOW})
    assert decision.issue is not None
    with reading(database) as conn:
        row = issues.get(conn, decision.issue.id)
        assert row is not None
    assert from_json(row.content) == replace(shown.issue, slot=row.slot)  # type: ignore[type-var]
    assert shown.readers == decision.queued


def test_a_preview_between_slots_is_of_the_next_one(database: Engine) -> None:
    shown = preview(database, Task("weekly", newsletter_settings(), a_newsroom(), {}, NOW + HOUR))
    assert shown.slot is not None
    assert (shown.outcome, shown.slot.slot) == ("nothing-new", "2026-10-09T07:00")


def test_two_newsletters_do_not_share_their_items(database: Engine) -> None:
    subscribe(database)
    run(database, [an_item(key="a")])
    with writing(database) as conn:
        newsletters.meet(conn, "daily", NOW)
        assert issues.mailed_items(conn, "daily") == {}
        assert issues.next_number(conn, "daily") == 1
        row = SlotRow("daily", "2026-10-02T07:00", NOW, NOW, "missed")
        assert slots.decide(conn, [row]) == 1
