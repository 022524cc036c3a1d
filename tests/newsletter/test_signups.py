"""Signing up: what is kept, what goes out, what a form may not ask for, and what a flood comes up against."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from newsletter import following
from newsletter.errors import AddressError, ChoiceError
from newsletter.following import Reception
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Wish, add
from newsletter.settings import SignupSettings
from newsletter.signups import NEIGHBOURHOODS, NETWORKS, around
from storage import letters, signups, suppressions
from storage.engine import writing
from storage.leases import Lease
from storage.schema import letters as letter_table
from storage.schema import quotas as quota_table
from storage.schema import signups as signup_table
from tests.newsletter.followers import CLICK, KEY, OFFER, confirmed, letters_to, pending, sign_up, ticket
from tests.scenarios import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_sign_up_is_kept_with_its_evidence_and_asked_about_by_a_letter(database: Engine) -> None:
    with writing(database) as conn:
        assert sign_up(conn, "Anna@Example.ORG", language="sv") is Reception.LETTER
        kept = signups.of_address(conn, "anna@example.org")
        (letter,) = letters.claim(conn, Lease("me", NOW, NOW + HOUR), 9)
    assert kept is not None
    assert kept.evidence == {
        "source": "sign-up form",
        "by": "the subscriber",
        "asked": "2026-10-02T05:00:00+00:00",
        "client": "192.0.2.7",
        "form": "https://www.example.org/about",
        "wording": "sign-up-1",
    }
    assert (letter.kind, letter.address, letter.language) == ("confirm", "Anna@example.org", "sv")
    assert (letter.number, letter.newsletters) == (kept.id, ("weekly",))
    assert letter.expires == NOW + timedelta(hours=72)


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        (None, None),
        (("news",), ("news",)),
        (("press", "news"), ("news", "press")),
        (("blog", "news", "press"), None),
    ],
)
def test_categories_are_kept_in_the_order_of_the_newsletter_and_all_of_them_as_all(
    sqlite_engine: Engine, chosen: tuple[str, ...] | None, kept: tuple[str, ...] | None
) -> None:
    with writing(sqlite_engine) as conn:
        sign_up(conn, newsletters={"weekly": chosen, "monthly": ("news",)})
        found = signups.of_address(conn, "anna@example.org")
    assert found is not None
    assert found.newsletters == {"weekly": kept, "monthly": None}


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"newsletters": {}}, "newsletter"),
        ({"newsletters": {"daily": None}}, "newsletter"),
        ({"newsletters": {"weekly": None, "members": None}}, "newsletter"),
        ({"newsletters": {"weekly": ("sport",)}}, "category"),
        ({"newsletters": {"weekly": ()}}, "category"),
        ({"newsletters": {"monthly": ("press",)}}, "category"),
        ({"language": "tlh"}, "language"),
    ],
)
def test_what_is_not_offered_is_refused_and_leaves_nothing(
    sqlite_engine: Engine, wrong: dict[str, object], kind: str
) -> None:
    with writing(sqlite_engine) as conn:
        with pytest.raises(ChoiceError) as caught:
            sign_up(conn, **wrong)
        assert caught.value.kind == kind
        assert (pending(conn), _rows(conn)) == (0, 0)


@given(address=st.text(max_size=80))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_as_an_address_is_taken_or_refused(sqlite_engine: Engine, address: str) -> None:
    with writing(sqlite_engine) as conn, suppress(AddressError):
        assert sign_up(conn, address) in Reception


@given(text=st.text(max_size=400), client=st.text(max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_evidence_is_one_short_printable_line_whatever_was_sent(
    sqlite_engine: Engine, text: str, client: str
) -> None:
    numbers = count()
    with writing(sqlite_engine) as conn:
        address = f"a{next(numbers)}@example.org"
        signups.forget(conn, address)
        conn.execute(quota_table.delete())
        sign_up(conn, address, form=text, wording=text, client=client)
        found = signups.of_address(conn, address)
    assert found is not None
    for value in found.evidence.values():
        assert len(value) <= 300
        assert value.isprintable() or not any(ord(character) < 32 for character in value)


def test_one_letter_a_day_goes_to_an_address_however_it_is_spelled(database: Engine) -> None:
    with writing(database) as conn:
        spellings = ("anna@example.org", "ANNA@example.org", "anna@EXAMPLE.org")
        received = [sign_up(conn, each, client=f"192.0.2.{n}") for n, each in enumerate(spellings)]
        assert received == [Reception.LETTER, Reception.ADDRESS, Reception.ADDRESS]
        last = NOW + DAY - timedelta(seconds=1)
        assert sign_up(conn, now=last, newsletters={"monthly": None}) is Reception.ADDRESS
        found = signups.of_address(conn, "anna@example.org")
        assert found is not None
        assert list(found.newsletters) == ["weekly"], "what the letter asks about stays"
        assert sign_up(conn, now=NOW + DAY) is Reception.LETTER


def test_known_and_unknown_addresses_are_written_to_alike(database: Engine) -> None:
    with writing(database) as conn:
        confirmed(conn)
        consent = Consent("command line", "op", NOW)
        add(conn, parse_address("bo@example.org"), Wish(("weekly",)), OFFER, consent)
        assert sign_up(conn, now=NOW + DAY) is Reception.LETTER
        assert sign_up(conn, "bo@example.org") is Reception.LETTER
        assert sign_up(conn, "nobody@example.org") is Reception.LETTER
        assert letters_to(conn) == ["confirm", "welcome", "confirm"]


@pytest.mark.parametrize("newsletter", ["", "weekly"])
def test_a_suppressed_address_gets_nothing(database: Engine, newsletter: str) -> None:
    with writing(database) as conn:
        hash_ = suppressions.address_hash("anna@example.org")
        suppressions.add(conn, hash_, reason="hard bounce", now=NOW, newsletter=newsletter)
        assert sign_up(conn) is Reception.SUPPRESSED
        assert (letters_to(conn), pending(conn)) == ([], 0)


@pytest.mark.parametrize("reason", ["unsubscribed", "erased"])
def test_who_left_or_was_erased_may_come_back_by_their_own_wish(database: Engine, reason: str) -> None:
    with writing(database) as conn:
        hash_ = suppressions.address_hash("anna@example.org")
        where = "" if reason == "erased" else "weekly"
        suppressions.add(conn, hash_, reason=reason, now=NOW, newsletter=where)
        suppressions.add(conn, hash_, reason="unsubscribed", now=NOW, newsletter="monthly")
        confirmed(conn)
        assert [row.newsletter for row in suppressions.of(conn, hash_)] == ["monthly"]


def test_a_network_is_stopped_but_for_an_hour(database: Engine) -> None:
    with writing(database) as conn:
        received = [sign_up(conn, f"a{number}@d{number}.example") for number in range(25)]
        assert received == [Reception.LETTER] * 20 + [Reception.NETWORK] * 5
        assert sign_up(conn, "b@example.org", client="203.0.113.9") is Reception.LETTER
        assert sign_up(conn, "c@example.org", now=NOW + HOUR) is Reception.LETTER


def test_neighbours_are_stopped_together_and_of_ipv6_no_network_passes(database: Engine) -> None:
    """Who has a /48 has 65,536 networks, of each of which one sign-up would be the first."""
    limits = SignupSettings(per_neighbourhood=4)
    with writing(database) as conn:
        received = [
            sign_up(conn, f"a{n}@d{n}.example", client=f"2001:db8:1:{n % 3}::{n}", limits=limits)
            for n in range(9)
        ]
        assert received == [Reception.LETTER] * 4 + [Reception.NETWORK] * 5
        beside = sign_up(conn, "b@example.org", client="2001:db8:1:99::1", limits=limits)
        elsewhere = sign_up(conn, "c@example.org", client="2001:db8:2::1", limits=limits)
        assert (beside, elsewhere) == (Reception.NETWORK, Reception.LETTER)


def test_neighbours_of_ipv4_are_stopped_but_for_the_first_of_each(database: Engine) -> None:
    limits = SignupSettings(per_neighbourhood=2)
    with writing(database) as conn:
        received = [
            sign_up(conn, f"a{n}@d{n}.example", client=f"192.0.2.{n // 2}", limits=limits) for n in range(6)
        ]
    assert received == [Reception.LETTER] * 3 + [Reception.NETWORK, Reception.LETTER, Reception.NETWORK]


def test_a_mailbox_gets_one_letter_whatever_stands_behind_its_plus_sign(database: Engine) -> None:
    with writing(database) as conn:
        received = [sign_up(conn, f"anna+{n}@example.org", client=f"192.0.2.{n}") for n in range(3)]
        assert received == [Reception.LETTER, Reception.ADDRESS, Reception.ADDRESS]


@pytest.mark.parametrize(
    ("client", "network", "neighbourhood"),
    [
        ("192.0.2.7", "192.0.2.7/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("unknown", "unknown", "unknown"),
        ("", "", ""),
    ],
)
def test_a_network_is_what_one_client_can_change_at_will(
    client: str, network: str, neighbourhood: str
) -> None:
    assert (around(client, NETWORKS), around(client, NEIGHBOURHOODS)) == (network, neighbourhood)


def test_a_domain_is_spared_but_a_person_from_elsewhere_still_gets_through(database: Engine) -> None:
    limits = SignupSettings(per_domain=5)
    with writing(database) as conn:
        bots = [sign_up(conn, f"a{n}@example.org", limits=limits) for n in range(8)]
        assert bots == [Reception.LETTER] * 5 + [Reception.DOMAIN] * 3
        person = sign_up(conn, "person@example.org", client="203.0.113.9", limits=limits)
        assert person is Reception.LETTER
        again = sign_up(conn, "bot@example.org", client="203.0.113.9", limits=limits)
        assert again is Reception.DOMAIN


def test_who_was_refused_for_the_domain_may_try_again_the_same_day(database: Engine) -> None:
    limits = SignupSettings(per_domain=1)
    with writing(database) as conn:
        received = [
            sign_up(conn, "a@example.org", limits=limits),
            sign_up(conn, "b@example.org", limits=limits),
            sign_up(conn, "b@example.org", limits=limits, now=NOW + HOUR),
        ]
    assert received == [Reception.LETTER, Reception.DOMAIN, Reception.LETTER]


def test_what_nobody_confirmed_is_forgotten_after_a_week(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn, "nobody@example.org")
        link = ticket(conn, "nobody@example.org")
        (letter,) = letters.claim(conn, Lease("me", NOW, NOW + HOUR), 1)
        letters.finish(conn, letter.id, "me", state="sent", reply="", next_attempt=NOW, now=NOW)
        week = NOW + timedelta(days=7)
        early = following.tidy(conn, week, SignupSettings())
        assert (early.unconfirmed, early.letters) == (0, 1), "letters are kept for less"
        assert following.tidy(conn, week + timedelta(seconds=1), SignupSettings()).unconfirmed == 1
        assert _rows(conn) == 0
        with pytest.raises(following.LinkExpired):
            following.confirm(conn, KEY, link, CLICK, week)


def test_counters_name_nobody(database: Engine) -> None:
    with writing(database) as conn:
        sign_up(conn)
        for row in conn.execute(select(quota_table)):
            assert "anna" not in str(row)
            assert "192" not in row.key or len(row.key) == 32


def test_a_flood_of_bots_sends_one_letter_a_day_and_lets_the_person_through(database: Engine) -> None:
    """20,000 sign-ups of 2,000 addresses from 100 networks in two days, a person at one of their domains.

    On PostgreSQL a fifth of it: the rules are the same, and every statement is a round trip.
    """
    bots, letters_sent, memory = 2_000 if database.dialect.name == "sqlite" else 400, 0, []
    for number in range(bots * 10):
        if number % 500 == 0:
            with writing(database) as conn:
                memory.append(_resident())
                following.tidy(conn, NOW + number * timedelta(seconds=16_000 / bots), SignupSettings())
        if number % 100 == 0:
            batch = writing(database)
            conn = batch.__enter__()
        moment = NOW + number * timedelta(seconds=16_000 / bots)
        address = f"bot{number % bots}@d{number % 25}.example"
        received = sign_up(conn, address, client=f"198.{number % 100}.100.7", now=moment)
        letters_sent += received is Reception.LETTER
        if number == bots * 6 + 7:
            person = sign_up(conn, "person@d1.example", client="203.0.113.9", now=moment)
            assert person is Reception.LETTER
            link = ticket(conn, "person@d1.example")
            following.confirm(conn, KEY, link, CLICK, moment)
        if number % 100 == 99:
            batch.__exit__(None, None, None)
    with writing(database) as conn:
        sent = conn.execute(
            select(letter_table.c.address, letter_table.c.queued).where(letter_table.c.kind == "confirm")
        ).all()
        counters = conn.execute(select(func.count()).select_from(quota_table)).scalar_one()
    times: dict[str, list[datetime]] = {}
    for address, queued in sorted(sent):
        times.setdefault(address, []).append(queued)
    assert all(later - earlier >= DAY for each in times.values() for earlier, later in pairwise(each))
    assert (letters_sent, len(times)) == (2 * bots, bots + 1)
    assert counters < 2_500
    assert memory[-1] - memory[len(memory) // 4] < 10_000_000


def test_a_burst_is_stopped_and_writes_next_to_nothing(database: Engine) -> None:
    """Everything in one minute, at one domain: what is beyond the limits leaves no row behind."""
    with writing(database) as conn:
        received = Counter(
            sign_up(conn, f"bot{n}@example.org", client=f"198.{n % 100}.100.7") for n in range(3_000)
        )
        person = sign_up(conn, "person@example.org", client="203.0.113.9")
        assert person is Reception.LETTER
        assert received[Reception.LETTER] <= 300 + 100
        assert received[Reception.NETWORK] == 1_000
        assert _rows(conn) == 2 * (received[Reception.LETTER] + 1)


def _resident() -> int:
    """Give the octets of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


def _rows(conn: Connection) -> int:
    """Count what signing up leaves behind, apart from the counters."""
    tables = (letter_table, signup_table)
    return sum(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
