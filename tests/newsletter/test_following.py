"""Confirming, choosing, pausing, moving, leaving and vanishing, by the links in mails."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from newsletter import following, people, tokens
from newsletter.errors import AddressError, ChoiceError, UnknownSubscriber, UnwantedMail
from newsletter.following import Changed, Choices, LinkBad, LinkExpired, Preferences, Reception
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Wish
from newsletter.tickets import settings_ticket
from storage import leases, letters, signups, subscribers, suppressions
from storage.engine import reading, writing
from storage.leases import Lease
from storage.schema import metadata
from storage.subscribers import Group
from tests.mailing import queue_issue, states
from tests.newsletter.followers import (
    CLICK,
    KEY,
    OFFER,
    confirmed,
    letters_to,
    sign_up,
    ticket,
)
from tests.scenarios import NOW

DAY = timedelta(days=1)
ANNA = "anna@example.org"


def page(conn: Connection, token: str, now: datetime = NOW) -> Preferences:
    return following.preferences(conn, KEY, token, OFFER, now)


def shown(found: Preferences) -> dict[str, tuple[str, tuple[str, ...] | None]]:
    return {row.newsletter: (row.state, row.categories) for row in found.following}


def change(conn: Connection, token: str, language: str | None = None, **newsletters: Any) -> Changed:
    return following.change(conn, KEY, token, Choices(newsletters, language), CLICK, offer=OFFER, now=NOW)


def way_out(conn: Connection, newsletter: str = "weekly", address: str = ANNA) -> str:
    person = subscribers.find(conn, address)
    assert person is not None
    return tokens.make(KEY, person.id, newsletter)


def settings_of(conn: Connection, address: str = ANNA) -> str:
    """Give the token of somebody's settings, as a mail of now would bring it."""
    person = subscribers.find(conn, address)
    assert person is not None
    return settings_ticket(KEY, person.id, "weekly", person.address, NOW)


def everything(conn: Connection) -> dict[str, list[Any]]:
    return {table.name: list(conn.execute(select(table))) for table in metadata.sorted_tables}


# -- confirming


def test_a_confirmed_sign_up_is_a_subscription_with_its_proof_and_a_welcome(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn, language="sv", newsletters={"weekly": ("news",), "monthly": None})
        done = following.confirm(conn, KEY, ticket(conn), CLICK, NOW + DAY)
        person = subscribers.find(conn, ANNA)
        assert person is not None
        assert person.evidence == (
            {
                "source": "sign-up form",
                "by": "the subscriber",
                "asked": "2026-10-02T05:00:00+00:00",
                "client": "192.0.2.7",
                "form": "https://www.example.org/about",
                "wording": "sign-up-1",
                "at": "2026-10-03T05:00:00+00:00",
                "confirmed_client": "198.51.100.7",
                "confirmed_wording": "confirm-1",
                "newsletters": ["weekly", "monthly"],
            },
        )
        assert (done.address, done.language, done.already) == (ANNA, "sv", False)
        assert shown(page(conn, done.preferences)) == {
            "weekly": ("active", ("news",)),
            "monthly": ("active", None),
        }
        assert letters_to(conn) == ["confirm", "welcome"]


def test_a_second_click_says_that_it_was_done_and_does_nothing(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        link = ticket(conn)
        first = following.confirm(conn, KEY, link, CLICK, NOW)
        before = everything(conn)
        for later in (NOW, NOW + DAY, NOW + 6 * DAY):
            again = following.confirm(conn, KEY, link, CLICK, later)
            assert (again.already, again.newsletters) == (True, first.newsletters)
            assert page(conn, again.preferences, later).address == ANNA
        assert everything(conn) == before


def test_of_many_clicks_at_once_one_confirms(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        link = ticket(conn)

    def click(_: int) -> bool:
        with writing(database) as conn:
            return _confirm(conn, link, NOW).already

    with ThreadPoolExecutor(4) as clicks:
        assert sorted(clicks.map(click, range(4))) == [False, True, True, True]
    with reading(database) as conn:
        assert letters_to(conn) == ["confirm", "welcome"]
        person = subscribers.find(conn, ANNA)
        assert person is not None
        assert len(person.evidence) == 1


def test_of_many_sign_ups_at_once_one_is_written_to(database: Engine) -> None:
    def ask(number: int) -> Reception:
        with writing(database) as conn:
            return sign_up(conn, client=f"192.0.2.{number}")

    with ThreadPoolExecutor(4) as forms:
        assert sorted(forms.map(ask, range(4))) == [*[Reception.ADDRESS] * 3, Reception.LETTER]
    with reading(database) as conn:
        assert letters_to(conn) == ["confirm"]


def test_who_left_since_is_not_brought_back_by_the_old_link(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        link = ticket(conn)
        following.confirm(conn, KEY, link, CLICK, NOW)
        following.unsubscribe(conn, KEY, way_out(conn), NOW)
        assert following.confirm(conn, KEY, link, CLICK, NOW).already
        assert subscribers.groups(conn, "weekly", NOW) == []


def test_a_link_that_is_too_old_says_until_when_it_was_good(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        link, end = ticket(conn), NOW + timedelta(hours=72)
        assert not following.look(conn, KEY, "confirm", link, end - timedelta(seconds=1)).done
        for act in (
            lambda: following.look(conn, KEY, "confirm", link, end),
            lambda: _confirm(conn, link, end),
        ):
            with pytest.raises(LinkExpired) as caught:
                act()
            assert (caught.value.when, caught.value.purpose) == (end, "confirm")
        assert subscribers.find(conn, ANNA) is None


def test_the_letter_of_an_earlier_day_does_nothing_when_somebody_signed_up_anew(database: Engine) -> None:
    """It may have been somebody else, who chose otherwise: the click means what its own letter asked."""
    with writing(database) as conn:
        sign_up(conn)
        old = ticket(conn)
        sign_up(conn, now=NOW + DAY, newsletters={"monthly": None})
        with pytest.raises(LinkExpired):
            _confirm(conn, old, NOW + DAY)
        sign_up(conn, now=NOW + 2 * DAY)
        with pytest.raises(LinkExpired):
            _confirm(conn, old, NOW + 2 * DAY)
        assert not _confirm(conn, ticket(conn), NOW + 2 * DAY).already


def test_a_letter_that_was_answered_brings_nobody_back(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        used = ticket(conn)
        _confirm(conn, used, NOW)
        following.unsubscribe(conn, KEY, way_out(conn), NOW)
        sign_up(conn, client="203.0.113.66", now=NOW + DAY)
        with pytest.raises(LinkExpired):
            _confirm(conn, used, NOW + DAY)


def test_who_comes_back_gets_what_they_ask_for_now(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn, newsletters={"weekly": ("news",)})
        following.unsubscribe(conn, KEY, way_out(conn), NOW)
        again = confirmed(conn, now=NOW + DAY, newsletters={"weekly": ("blog",)}, language="en")
        assert shown(page(conn, done.preferences)) == shown(page(conn, again.preferences))
        assert shown(page(conn, done.preferences))["weekly"] == ("active", ("blog",))
        person = subscribers.find(conn, ANNA)
        assert person is not None
        assert (person.language, len(person.evidence)) == ("en", 2)


# -- looking


def test_looking_changes_nothing(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        sign_up(conn, "bo@example.org")
        links = [("confirm", ticket(conn, "bo@example.org")), ("unsubscribe", way_out(conn))]
        before = everything(conn)
    with reading(database) as conn:  # PostgreSQL would refuse to write here
        for purpose, link in links:
            following.look(conn, KEY, purpose, link, NOW)  # type: ignore[arg-type]
        page(conn, done.preferences)
        following.export(conn, KEY, done.preferences, NOW)
        assert everything(conn) == before


def test_a_look_tells_what_the_button_would_do(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn, language="sv", newsletters={"weekly": None, "monthly": None})
        link = ticket(conn)
        seen = following.look(conn, KEY, "confirm", link, NOW)
        assert (seen.address, seen.language, seen.newsletters, seen.done) == (
            *(ANNA, "sv", ("weekly", "monthly")),
            False,
        )
        _confirm(conn, link, NOW)
        assert following.look(conn, KEY, "confirm", link, NOW).done
        out = way_out(conn, "monthly")
        seen = following.look(conn, KEY, "unsubscribe", out, NOW)
        assert (seen.newsletters, seen.done) == (("monthly",), False)
        following.unsubscribe(conn, KEY, out, NOW)
        assert following.look(conn, KEY, "unsubscribe", out, NOW).done


# -- tokens


ACTS: dict[str, Callable[[Connection, str], object]] = {
    "confirm": lambda conn, token: following.confirm(conn, KEY, token, CLICK, NOW),
    "change": lambda conn, token: following.confirm_move(conn, KEY, token, CLICK, NOW),
    "preferences": lambda conn, token: following.preferences(conn, KEY, token, OFFER, NOW),
    "save": change,
    "pause": lambda conn, token: following.pause(conn, KEY, token, 2, NOW),
    "resume": lambda conn, token: following.resume(conn, KEY, token, NOW),
    "move": lambda conn, token: following.request_address_change(conn, KEY, token, "x@y.se", NOW),
    "export": lambda conn, token: following.export(conn, KEY, token, NOW),
    "erase": lambda conn, token: following.erase(conn, KEY, token, NOW),
    "unsubscribe": lambda conn, token: following.unsubscribe(conn, KEY, token, NOW),
    "look confirm": lambda conn, token: following.look(conn, KEY, "confirm", token, NOW),
    "look change": lambda conn, token: following.look(conn, KEY, "change", token, NOW),
    "renew": lambda conn, token: following.renew(conn, KEY, token, NOW),
    "look unsubscribe": lambda conn, token: following.look(conn, KEY, "unsubscribe", token, NOW),
}
LATER_ACTS: dict[str, Callable[[Connection, str, datetime], object]] = {
    "preferences": lambda conn, token, now: following.preferences(conn, KEY, token, OFFER, now),
    "export": lambda conn, token, now: following.export(conn, KEY, token, now),
    "erase": lambda conn, token, now: following.erase(conn, KEY, token, now),
}
FITS = {
    "confirm": {"confirm", "look confirm"},
    "change": {"change", "look change"},
    "unsubscribe": {"unsubscribe", "look unsubscribe"},
    "preferences": {"preferences", "save", "pause", "resume", "move", "export", "erase", "renew"},
}


@pytest.mark.parametrize("act", ACTS)
def test_no_link_does_what_another_is_for(sqlite_engine: Engine, act: str) -> None:
    with writing(sqlite_engine) as conn:
        done = confirmed(conn)
        sign_up(conn, "bo@example.org")
        following.request_address_change(conn, KEY, done.preferences, "new@example.org", NOW)
        links = {
            "confirm": ticket(conn, "bo@example.org"),
            "change": _move_link(conn),
            "preferences": done.preferences,
            "unsubscribe": way_out(conn),
        }
        before = everything(conn)
        for purpose, link in links.items():
            if act not in FITS[purpose]:
                with pytest.raises(LinkBad):
                    ACTS[act](conn, link)
        assert everything(conn) == before


@pytest.mark.parametrize("act", ACTS)
@given(text=st.one_of(st.text(max_size=60), st.text("ABab01-_=", min_size=38, max_size=44)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_else_is_a_bad_link(sqlite_engine: Engine, act: str, text: str) -> None:
    with reading(sqlite_engine) as conn, pytest.raises(LinkBad):
        ACTS[act](conn, text)


def test_a_link_is_one_person_s_and_one_newsletter_s(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as conn:
        confirmed(conn)
        person = subscribers.find(conn, ANNA)
        assert person is not None
        links = {
            "unsubscribe": [
                tokens.make(KEY, person.id, "monthly"),
                tokens.make(b"other", person.id, "weekly"),
            ],
            "preferences": [
                settings_ticket(KEY, person.id, "monthly", ANNA, NOW),
                settings_ticket(KEY, person.id, "weekly", "bo@example.org", NOW),
                settings_ticket(b"other", person.id, "weekly", ANNA, NOW),
            ],
        }
        for purpose, wrong in links.items():
            for token in wrong:
                with pytest.raises(LinkBad):
                    ACTS[purpose](conn, token)


def test_a_link_to_the_settings_expires_and_a_new_one_comes_by_mail_once_a_day(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        end = NOW + timedelta(days=180)
        assert page(conn, done.preferences, end - timedelta(seconds=1)).address == ANNA
        for act in ("preferences", "export", "erase"):
            with pytest.raises(LinkExpired) as caught:
                LATER_ACTS[act](conn, done.preferences, end)
            assert (caught.value.when, caught.value.purpose) == (end, "preferences")
        assert following.renew(conn, KEY, done.preferences, end)
        assert not following.renew(conn, KEY, done.preferences, end + timedelta(hours=23))
        assert letters_to(conn) == ["confirm", "welcome", "settings"]
        assert following.unsubscribe(conn, KEY, way_out(conn), end).newsletters, "the way out never expires"


def test_the_links_of_an_old_mailbox_open_nothing_after_a_change_of_address(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        following.request_address_change(conn, KEY, done.preferences, "new@example.org", NOW)
        following.confirm_move(conn, KEY, _move_link(conn), CLICK, NOW)
        for act in ("preferences", "export", "erase", "renew"):
            with pytest.raises(LinkBad):
                ACTS[act](conn, done.preferences)
        assert letters_to(conn, "new@example.org") == ["change", "settings"]
        assert page(conn, settings_of(conn, "new@example.org")).address == "new@example.org"


# -- preferences


def test_the_page_shows_what_there_is_and_what_one_has(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn, language="sv")
        found = page(conn, done.preferences)
    assert (found.address, found.language, found.newsletter) == (ANNA, "sv", "weekly")
    assert shown(found) == {"weekly": ("active", None), "monthly": ("offered", None)}


def test_what_only_the_operator_gives_is_shown_to_who_has_it_and_cannot_be_taken(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        with pytest.raises(ChoiceError):
            change(conn, done.preferences, weekly=None, members=None)
        people.add(
            conn, parse_address(ANNA), Wish(("members",)), OFFER, Consent("command line", "operator", NOW)
        )
        assert shown(page(conn, done.preferences))["members"] == ("active", None)
        assert change(conn, done.preferences, members=None) == Changed((), ("weekly",))
        assert change(conn, done.preferences) == Changed((), ("members",))
        with pytest.raises(ChoiceError):
            change(conn, done.preferences, members=None)


def test_choices_are_saved_and_saving_again_changes_nothing(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        wish: dict[str, Any] = {"weekly": ("press", "news"), "monthly": ("news",)}
        assert change(conn, done.preferences, "en", **wish) == Changed(("monthly",), ())
        assert shown(page(conn, done.preferences)) == {
            "weekly": ("active", ("news", "press")),
            "monthly": ("active", None),
        }
        before = everything(conn)
        assert change(conn, done.preferences, "en", **wish) == Changed((), ())
        assert everything(conn) == before
        assert subscribers.groups(conn, "weekly", NOW) == [Group("news,press", "en", 1)]
        person = subscribers.find(conn, ANNA)
        assert person is not None
        assert person.evidence[-1] == {
            "source": "preferences page",
            "by": "the subscriber",
            "at": "2026-10-02T05:00:00+00:00",
            "client": "198.51.100.7",
            "wording": "confirm-1",
            "newsletters": ["monthly"],
        }


@pytest.mark.parametrize(
    ("newsletters", "language"),
    [
        ({"daily": None}, None),
        ({"weekly": ("sport",)}, None),
        ({"weekly": ()}, None),
        ({"weekly": None}, "tlh"),
    ],
)
def test_what_is_not_offered_is_not_saved(
    sqlite_engine: Engine, newsletters: dict[str, Any], language: str | None
) -> None:
    with writing(sqlite_engine) as conn:
        done = confirmed(conn)
        before = everything(conn)
        with pytest.raises(ChoiceError):
            change(conn, done.preferences, language, **newsletters)
        assert everything(conn) == before


def test_a_pause_ends_by_itself_or_when_it_is_ended(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn, newsletters={"weekly": None, "monthly": None})
        until = following.pause(conn, KEY, done.preferences, 3, NOW)
        assert until == NOW + timedelta(weeks=3)
        assert [row.paused_until for row in page(conn, done.preferences).following] == [until, until]
        assert [row.paused_until for row in page(conn, done.preferences, until).following] == [None, None]
        assert following.resume(conn, KEY, done.preferences, NOW, "monthly") == 1
        assert subscribers.groups(conn, "monthly", NOW) == [Group("*", None, 1)]
    assert states(database, queue_issue(database)) == {}


@pytest.mark.parametrize("weeks", [-1, 0, 27, 10**9])
def test_a_pause_of_no_time_or_for_ever_is_none(sqlite_engine: Engine, weeks: int) -> None:
    with writing(sqlite_engine) as conn:
        done = confirmed(conn)
        with pytest.raises(ChoiceError):
            following.pause(conn, KEY, done.preferences, weeks, NOW)


def test_leaving_ends_the_pause(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        following.pause(conn, KEY, done.preferences, 3, NOW)
        following.unsubscribe(conn, KEY, way_out(conn), NOW)
        confirmed(conn, now=NOW + DAY)
        assert subscribers.groups(conn, "weekly", NOW + DAY) == [Group("*", None, 1)]


# -- leaving


def test_a_link_leaves_its_newsletter_for_ever_and_as_often_as_one_likes(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn, newsletters={"weekly": None, "monthly": None}, language="sv")
        link = way_out(conn)
        years = NOW + timedelta(days=4000)
        assert following.unsubscribe(conn, KEY, link, years) == following.Left(("weekly",), "sv")
        before = everything(conn)
        assert following.unsubscribe(conn, KEY, link, years).newsletters == ()
        assert everything(conn) == before
        assert shown(page(conn, done.preferences))["monthly"] == ("active", None)
        all_ = following.unsubscribe(conn, KEY, link, years, everything=True)
        assert all_.newsletters == ("monthly",)


def test_who_has_left_gets_nothing_that_was_queued(database: Engine) -> None:
    with writing(database) as conn:
        confirmed(conn)
    issue = queue_issue(database)
    assert states(database, issue) == {"queued": 1}
    from_this = Lease("me", NOW, NOW + timedelta(minutes=10))
    with writing(database) as conn:
        (claimed,) = leases.claim(conn, issue, from_this, 9)
        following.unsubscribe(conn, KEY, way_out(conn), NOW)
        done = leases.start(conn, issue, "weekly", [claimed.subscriber_id], from_this)
    assert (done.ready, len(done.suppressed)) == (frozenset(), 1)


# -- moving


def test_a_new_address_is_asked_and_takes_everything_along(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn, language="sv")
        received = following.request_address_change(conn, KEY, done.preferences, "New@Example.org", NOW)
        assert received is Reception.LETTER
        assert page(conn, done.preferences).moving_to == "New@example.org"
        assert letters_to(conn, "New@example.org") == ["change"]
        link = _move_link(conn)
        assert following.look(conn, KEY, "change", link, NOW).address == "New@example.org"
        assert following.confirm_move(conn, KEY, link, CLICK, NOW) == following.Moved("New@example.org")
        again = following.confirm_move(conn, KEY, link, CLICK, NOW + 9 * DAY)
        assert again == following.Moved("New@example.org", already=True)
        found = page(conn, settings_of(conn, "new@example.org"))
        assert (found.address, found.moving_to) == ("New@example.org", None)
        assert following.unsubscribe(conn, KEY, way_out(conn, address="new@example.org"), NOW).newsletters
        kept = subscribers.find(conn, "new@example.org")
        assert kept is not None
        assert ANNA not in str(kept)
        assert subscribers.find(conn, ANNA) is None


def test_a_change_of_address_is_good_for_a_day(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        following.request_address_change(conn, KEY, done.preferences, "new@example.org", NOW)
        link = _move_link(conn)
        with pytest.raises(LinkExpired) as caught:
            following.confirm_move(conn, KEY, link, CLICK, NOW + DAY)
        assert caught.value.when == NOW + DAY
        following.request_address_change(conn, KEY, done.preferences, "other@example.org", NOW)
        with pytest.raises(LinkExpired):
            following.confirm_move(conn, KEY, link, CLICK, NOW)


def test_an_address_that_somebody_has_is_asked_too_and_not_taken(database: Engine) -> None:
    """Who asks must not learn who else is here; the owner of that address may."""
    with writing(database) as conn:
        done = confirmed(conn)
        confirmed(conn, "bo@example.org")
        later = NOW + DAY
        received = following.request_address_change(conn, KEY, done.preferences, "bo@example.org", later)
        assert received is Reception.LETTER
        moved = following.confirm_move(conn, KEY, _move_link(conn), CLICK, later)
        assert (moved.taken, moved.already) == (True, False)
        assert page(conn, done.preferences).address == ANNA


def test_nobody_can_have_strangers_written_to(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        ask = [
            following.request_address_change(conn, KEY, done.preferences, f"x{n}@example.org", NOW)
            for n in range(5)
        ]
        assert ask == [Reception.LETTER] * 3 + [Reception.ADDRESS] * 2
        other = confirmed(conn, "bo@example.org")
        twice = following.request_address_change(conn, KEY, other.preferences, "x0@example.org", NOW)
        assert twice is Reception.ADDRESS, "one letter a day to an address, whoever asks"
        hash_ = suppressions.address_hash("gone@example.org")
        suppressions.add(conn, hash_, reason="complaint", now=NOW)
        refused = following.request_address_change(conn, KEY, other.preferences, "gone@example.org", NOW)
        assert refused is Reception.SUPPRESSED
        assert letters_to(conn, "gone@example.org") == []
        with pytest.raises(AddressError):
            following.request_address_change(conn, KEY, other.preferences, "no address", NOW)


# -- taking along, and vanishing


def test_the_own_data_are_whole_and_plain(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn, newsletters={"weekly": ("news",)}, language="sv")
        following.pause(conn, KEY, done.preferences, 1, NOW)
        following.request_address_change(conn, KEY, done.preferences, "new@example.org", NOW)
        data = following.export(conn, KEY, done.preferences, NOW)
    again = json.loads(json.dumps(data))
    assert again == data
    assert data["subscriptions"] == [
        {
            "newsletter": "weekly",
            "state": "active",
            "categories": ["news"],
            "since": "2026-10-02T05:00:00+00:00",
            "ended": None,
        }
    ]
    assert data["new_address"]["address"] == "new@example.org"
    (asked,) = data["sign_ups"]
    assert asked["confirmed"] == "2026-10-02T05:00:00+00:00"
    assert data["pauses"] == {"weekly": "2026-10-09T05:00:00+00:00"}
    assert [piece["source"] for piece in data["consent"]] == ["sign-up form"]


def test_an_erased_person_is_nowhere_but_in_a_hash(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        link = way_out(conn)
        queue = letters.claim(conn, Lease("me", NOW, NOW + DAY), 9)
        following.request_address_change(conn, KEY, done.preferences, "new@example.org", NOW)
        following.erase(conn, KEY, done.preferences, NOW)
        left = {name: rows for name, rows in everything(conn).items() if rows and name != "quotas"}
        assert list(left) == ["suppressions"]
        assert [(row.newsletter, row.reason) for row in left["suppressions"]] == [("", "erased")]
        assert "anna" not in str(left)
        assert not letters.start(conn, queue[0].id, Lease("me", NOW, NOW + DAY))
        assert following.unsubscribe(conn, KEY, link, NOW) == following.Left((), None)
        assert following.look(conn, KEY, "unsubscribe", link, NOW).done
        for act in ("preferences", "export", "erase"):
            with pytest.raises(LinkBad):
                ACTS[act](conn, done.preferences)


def test_an_address_that_somebody_had_before_is_forgotten_with_them(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        following.request_address_change(conn, KEY, done.preferences, "new@example.org", NOW)
        following.confirm_move(conn, KEY, _move_link(conn), CLICK, NOW)
        token = settings_of(conn, "new@example.org")
        assert [asked["address"] for asked in following.export(conn, KEY, token, NOW)["sign_ups"]] == [ANNA]
        following.erase(conn, KEY, token, NOW)
        assert "anna" not in str(everything(conn))


def test_an_old_list_does_not_bring_back_who_was_erased_but_they_may_come_back(database: Engine) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        following.erase(conn, KEY, done.preferences, NOW)
        consent = Consent("import", "operator", NOW)
        with pytest.raises(UnwantedMail):
            people.add(conn, parse_address(ANNA), Wish(("monthly",)), OFFER, consent)
        again = confirmed(conn, now=NOW + DAY)
        assert shown(page(conn, again.preferences))["weekly"] == ("active", None)
        assert again.preferences != done.preferences


def test_the_operator_s_erasure_forgets_letters_and_sign_ups_too(database: Engine) -> None:
    with writing(database) as conn:
        confirmed(conn)
        people.erase(conn, parse_address(ANNA), NOW)
        assert (letters_to(conn), signups.counts(conn)) == ([], {})


def test_the_operator_can_erase_who_has_only_asked(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        people.erase(conn, parse_address(ANNA), NOW)
        assert (letters_to(conn), signups.counts(conn)) == ([], {})
        with pytest.raises(UnknownSubscriber):
            people.erase(conn, parse_address(ANNA), NOW)


def _confirm(conn: Connection, link: str, now: datetime) -> following.Confirmed:
    return following.confirm(conn, KEY, link, CLICK, now)


def _move_link(conn: Connection) -> str:
    """Give the token of the newest letter about a change of address."""
    table = metadata.tables["letters"]
    row = conn.execute(select(table).where(table.c.kind == "change").order_by(table.c.id)).all()[-1]
    key = parse_address(row.address).key
    return tokens.make_ticket(KEY, "change", row.number, key, row.expires)
