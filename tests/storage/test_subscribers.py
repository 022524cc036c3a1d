from datetime import timedelta

import pytest
from sqlalchemy import Engine

from storage import subscribers, suppressions
from storage.engine import reading, writing
from storage.subscribers import Group, NewSubscriber, Subscription, categories_of, choice_of
from tests.scenarios import NOW

LATER = NOW + timedelta(days=1)


def a_person(name: str, language: str | None = None) -> NewSubscriber:
    address = f"{name}@example.org"
    return NewSubscriber(address, address, language, NOW, ({"source": "command line"},))


def join(
    engine: Engine,
    name: str,
    *,
    language: str | None = None,
    categories: tuple[str, ...] | None = None,
    newsletter: str = "weekly",
    state: str = "active",
) -> int:
    with writing(engine) as conn:
        number = subscribers.add(conn, [a_person(name, language)])[f"{name}@example.org"]
        subscribers.subscribe(conn, [Subscription(number, newsletter, state, NOW, categories)])
    return number


def groups(engine: Engine, newsletter: str = "weekly") -> list[Group]:
    with reading(engine) as conn:
        return subscribers.groups(conn, newsletter, NOW)


def test_groups_are_choices_and_languages_of_those_who_may_be_mailed(database: Engine) -> None:
    join(database, "a", language="sv", categories=("press", "news"))
    join(database, "b", language="sv", categories=("news", "press"))
    join(database, "c", language="en", categories=("news",))
    join(database, "d")
    join(database, "e", language="sv")
    join(database, "left", state="unsubscribed")
    join(database, "elsewhere", newsletter="monthly")
    join(database, "suppressed")
    join(database, "suppressed-elsewhere")
    with writing(database) as conn:
        hashes = [
            suppressions.address_hash(f"{name}@example.org")
            for name in ("suppressed", "suppressed-elsewhere")
        ]
        suppressions.add(conn, hashes[0], reason="complaint", now=NOW)
        suppressions.add(conn, hashes[1], reason="complaint", newsletter="monthly", now=NOW)

    assert groups(database) == [
        Group("*", None, 2),
        Group("*", "sv", 1),
        Group("news", "en", 1),
        Group("news,press", "sv", 2),
    ]
    assert groups(database, "monthly") == [Group("*", None, 1)]
    assert groups(database, "unheard-of") == []


@pytest.mark.parametrize("categories", [None, (), ("news",), ("blog", "news")])
def test_a_choice_is_spelled_in_one_way_and_read_back(categories: tuple[str, ...] | None) -> None:
    assert categories_of(choice_of(categories)) == categories


def test_adding_somebody_again_changes_nothing(database: Engine) -> None:
    first = join(database, "anna", language="sv", categories=("news",))
    again = join(database, "anna", language="en", categories=("press",))
    assert first == again
    with reading(database) as conn:
        [person] = list(subscribers.listed(conn))
    assert person.subscriber.language == "sv"
    assert [row.categories for row in person.subscriptions] == [("news",)]


def test_leaving_is_remembered(database: Engine) -> None:
    number = join(database, "anna")
    join(database, "anna", newsletter="monthly")
    with writing(database) as conn:
        assert subscribers.unsubscribe(conn, number, "weekly", LATER) == 1
        assert subscribers.unsubscribe(conn, number, "weekly", LATER) == 0
        rows = {row.newsletter: row for row in subscribers.subscriptions_among(conn, [number])[number]}
        assert (rows["weekly"].state, rows["weekly"].ended) == ("unsubscribed", LATER)
        assert rows["monthly"].state == "active"
        assert subscribers.unsubscribe(conn, number, None, LATER) == 1
        assert subscribers.counts(conn) == {("weekly", "unsubscribed"): 1, ("monthly", "unsubscribed"): 1}


def test_coming_back_begins_anew(database: Engine) -> None:
    number = join(database, "anna", state="unsubscribed")
    with writing(database) as conn:
        assert subscribers.reactivate(conn, number, "weekly", ("news",), LATER)
        assert not subscribers.reactivate(conn, number, "weekly", None, LATER)
        [row] = subscribers.subscriptions_among(conn, [number])[number]
    assert row == Subscription(number, "weekly", "active", LATER, ("news",))


def test_the_number_of_an_erased_person_is_never_given_to_another(database: Engine) -> None:
    """Old mails hold tokens, and the ledger deliveries, with that number."""
    number = join(database, "anna")
    with writing(database) as conn:
        assert subscribers.erase(conn, number)
        assert not subscribers.erase(conn, number)
        assert subscribers.find(conn, "anna@example.org") is None
    assert join(database, "berit") != number


def test_people_are_listed_in_pages_without_losing_any(database: Engine) -> None:
    for number in range(7):
        join(database, f"reader{number}", state="unsubscribed" if number == 3 else "active")
    join(database, "other", newsletter="monthly")
    with reading(database) as conn:
        assert len(list(subscribers.listed(conn, page=2))) == 8
        assert len(list(subscribers.listed(conn, "weekly", page=3))) == 7
        left = list(subscribers.listed(conn, "weekly", "unsubscribed"))
    assert [person.subscriber.address for person in left] == ["reader3@example.org"]
