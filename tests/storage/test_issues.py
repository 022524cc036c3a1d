from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from newsletter.issue import from_json, to_json
from storage import editions, issues, newsletters, secrets
from storage.engine import reading, writing
from storage.errors import DatabaseError
from storage.issues import IssueRow
from tests.scenarios import NOW, an_issue

WEEK = timedelta(days=7)


def made(conn: Connection, number: int = 1, **over: Any) -> IssueRow:
    newsletter = over.get("newsletter", "weekly")
    newsletters.meet(conn, newsletter, NOW)
    values: dict[str, Any] = {
        "newsletter": newsletter,
        "number": number,
        "slot": f"2026-10-{number:02}T07:00",
        "state": "queued",
        "subject": f"Issue {number}",
        "composed": NOW + number * WEEK,
        "content": {"number": number},
    }
    return issues.create(conn, **values | over)


def test_an_issue_is_found_by_its_id_and_number(database: Engine) -> None:
    with writing(database) as conn:
        row = made(conn, 3)
        assert issues.get(conn, row.id) == row
        assert issues.find(conn, "weekly", 3) == row
        assert issues.find(conn, "weekly", 4) is issues.find(conn, "daily", 3) is None


def test_the_frozen_content_comes_back_as_it_was(database: Engine) -> None:
    issue = an_issue(title="Å\u2028\U0001f600")
    with writing(database) as conn:
        made(conn, content=to_json(issue))
    with reading(database) as conn:
        row = issues.find(conn, "weekly", 1)
    assert row is not None
    assert from_json(row.content) == issue


def test_issues_are_listed_newest_first_without_content(database: Engine) -> None:
    with writing(database) as conn:
        for number in (1, 2):
            made(conn, number)
        made(conn, 1, newsletter="daily", state="sent", composed=NOW)
    with reading(database) as conn:
        assert [(row.newsletter, row.number) for row in issues.listed(conn)] == [
            ("weekly", 2),
            ("weekly", 1),
            ("daily", 1),
        ]
        assert [row.number for row in issues.listed(conn, "weekly", 1)] == [2]
        assert [row.newsletter for row in issues.listed(conn, states=("sent",))] == ["daily"]
        assert all(row.content is None for row in issues.listed(conn))


def test_numbers_are_counted_per_newsletter(database: Engine) -> None:
    with writing(database) as conn:
        assert issues.next_number(conn, "weekly") == 1
        made(conn, 7)
        assert issues.next_number(conn, "weekly") == 8
        assert issues.next_number(conn, "daily") == 1
        assert issues.last_composed(conn, "weekly") == NOW + 7 * WEEK
        assert issues.last_composed(conn, "daily") is None


def test_a_state_changes_only_from_where_it_may(database: Engine) -> None:
    with writing(database) as conn:
        row = made(conn)
        assert not issues.set_state(conn, row.id, "sent", only_from=("sending",), now=NOW)
        assert issues.set_state(conn, row.id, "cancelled", only_from=("queued",), now=NOW, reason="why")
        found = issues.get(conn, row.id)
    assert found is not None
    assert (found.state, found.finished, found.reason) == ("cancelled", NOW, "why")


def test_an_item_is_in_one_issue_of_a_newsletter_and_in_one_of_another(database: Engine) -> None:
    def twice() -> None:
        with writing(database) as conn:
            issues.record_contents(conn, made(conn, 2), ["a"], [])

    with writing(database) as conn:
        issues.record_contents(conn, made(conn, 1), ["a", "b"], ["e"])
        issues.record_contents(conn, made(conn, 1, newsletter="daily"), ["a"], [])
    with pytest.raises(DatabaseError):
        twice()
    with reading(database) as conn:
        assert issues.mailed_items(conn, "weekly") == {"a": 1, "b": 1}


def test_an_event_may_be_in_many_issues(database: Engine) -> None:
    with writing(database) as conn:
        rows = [made(conn, 1), made(conn, 2)]
        for row in rows:
            issues.record_contents(conn, row, [], ["e", f"only-{row.number}"])
        assert issues.shown_events(conn, "weekly") == {"e", "only-1", "only-2"}
        assert issues.shown_events(conn, "weekly", apart_from=rows[1].id) == {"e", "only-1"}
        assert issues.shown_events(conn, "daily") == set()


def test_what_an_issue_gives_back_is_new_again(database: Engine) -> None:
    with writing(database) as conn:
        first, second = made(conn, 1), made(conn, 2)
        issues.record_contents(conn, first, ["a", "b"], ["e"])
        issues.record_contents(conn, second, ["c"], [])
        assert issues.mailed_items(conn, "weekly", apart_from=first.id) == {"c": 2}
        assert issues.release_items(conn, first.id) == 2
        assert issues.mailed_items(conn, "weekly") == {"c": 2}
        assert issues.shown_events(conn, "weekly") == set()


def test_editions_keep_their_bytes(database: Engine) -> None:
    message = bytes(range(256)) * 400
    with writing(database) as conn:
        row = made(conn)
        edition = editions.add(conn, row.id, "news,press", "sv", "Å subject", message)
        found = editions.find(conn, edition)
        assert found is not None
        assert (found.message, found.subject, found.choice) == (message, "Å subject", "news,press")
        assert [(one.id, one.message) for one in editions.of_issue(conn, row.id)] == [(edition, b"")]
        assert editions.find(conn, edition + 1) is None


def test_a_secret_is_made_once(database: Engine) -> None:
    with writing(database) as conn:
        assert secrets.key(conn, "tokens", lambda: b"\x00one") == b"\x00one"
        assert secrets.key(conn, "tokens", lambda: b"two") == b"\x00one"
        assert secrets.key(conn, "others", lambda: b"two") == b"two"
    with reading(database) as conn:
        assert secrets.key(conn, "tokens", lambda: b"three") == b"\x00one"
