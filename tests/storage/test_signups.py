"""What was asked for: one row an address, confirmed once, forgotten in time."""

from datetime import timedelta

from sqlalchemy import Engine

from storage import signups, subscribers
from storage.engine import writing
from storage.signups import Move
from tests.mailing import subscribe
from tests.scenarios import NOW

DAY = timedelta(days=1)


def ask(conn, address: str = "anna@example.org", now=NOW, **over):  # type: ignore[no-untyped-def]
    values = {"language": None, "newsletters": {"weekly": None}, "evidence": {"source": "form"}}
    return signups.ask(conn, address=address, address_key=address, now=now, **values | over)


def test_a_sign_up_is_kept_as_it_was_asked(database: Engine) -> None:
    with writing(database) as conn:
        number = ask(conn, language="sv", newsletters={"weekly": ("news", "blog"), "monthly": None})
        found = signups.find(conn, number)
    assert found is not None
    assert (found.newsletters, found.language) == ({"weekly": ("blog", "news"), "monthly": None}, "sv")
    assert (found.asked, found.confirmed, found.evidence) == (NOW, None, {"source": "form"})


def test_a_later_one_of_the_same_address_takes_its_place(database: Engine) -> None:
    with writing(database) as conn:
        first = ask(conn)
        signups.confirm(conn, first, NOW)
        assert ask(conn, now=NOW + DAY, newsletters={"monthly": None}) == first
        found = signups.of_address(conn, "anna@example.org")
        assert found is not None
        assert (found.newsletters, found.asked, found.confirmed) == ({"monthly": None}, NOW + DAY, None)


def test_an_id_is_never_given_twice(database: Engine) -> None:
    """A token in somebody's mailbox carries it."""
    with writing(database) as conn:
        first = ask(conn)
        signups.forget(conn, "anna@example.org")
        assert ask(conn) > first


def test_it_is_confirmed_once(database: Engine) -> None:
    with writing(database) as conn:
        number = ask(conn)
        assert [signups.confirm(conn, number, NOW) for _ in range(2)] == [True, False]
        assert not signups.confirm(conn, number + 1, NOW)


def test_what_is_old_is_forgotten(database: Engine) -> None:
    ids = subscribe(database, ["me@example.org"])
    with writing(database) as conn:
        for address in ("a@example.org", "b@example.org"):
            ask(conn, address)
        signups.confirm(conn, ask(conn, "b@example.org"), NOW)
        signups.ask_move(conn, ids["me@example.org"], "new@example.org", "new@example.org", NOW)
        ask(conn, "c@example.org", NOW + DAY)
        assert signups.forget_old(conn, NOW + DAY) == 1
        assert signups.counts(conn) == {"waiting": 1}
        assert signups.find_move(conn, ids["me@example.org"]) is None


def test_a_move_is_kept_until_it_is_ended_or_its_person_is_gone(database: Engine) -> None:
    number = subscribe(database, ["me@example.org"])["me@example.org"]
    with writing(database) as conn:
        for address in ("one@example.org", "two@example.org"):
            signups.ask_move(conn, number, address, address, NOW)
        assert signups.find_move(conn, number) == Move(number, "two@example.org", "two@example.org", NOW)
        assert [signups.end_move(conn, number) for _ in range(2)] == [True, False]
        signups.ask_move(conn, number, "one@example.org", "one@example.org", NOW)
        subscribers.erase(conn, number)
        assert signups.find_move(conn, number) is None
