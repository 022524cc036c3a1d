import csv
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from newsletter import following, people
from newsletter.errors import AddressError, ChoiceError, UnknownSubscriber, UnwantedMail
from newsletter.exports import csv_lines, harmless, json_objects
from newsletter.following import Reception
from newsletter.mailaddress import parse_address
from newsletter.people import Consent, Offer, Wish
from newsletter.tickets import settings_ticket
from storage import leases, subscribers, suppressions
from storage.engine import reading, writing
from storage.schema import metadata
from storage.suppressions import address_hash
from tests.mailing import queue_issue
from tests.newsletter.followers import CLICK, KEY, sign_up, ticket
from tests.scenarios import NOW

OFFER = Offer({"weekly": ("news", "press"), "monthly": ("news",)}, ("sv", "en"))
CONSENT = Consent("command line", "anna", NOW)
LATER = NOW + timedelta(days=1)
WEEKLY = Wish(("weekly",))
EVIDENCE = {"source": "command line", "by": "anna", "at": "2026-10-02T05:00:00+00:00"}


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("anna@example.org", "anna@example.org", "anna@example.org"),
        ("  Anna.Ek@Example.ORG ", "Anna.Ek@example.org", "anna.ek@example.org"),
        ("anna+brev@example.org", "anna+brev@example.org", "anna+brev@example.org"),
        (
            "anna@räksmörgås.example.se",
            "anna@xn--rksmrgs-5wao1o.example.se",
            "anna@xn--rksmrgs-5wao1o.example.se",
        ),
        ("Åsa@example.org", "Åsa@example.org", "åsa@example.org"),
        ("A\u030asa@example.org", "Åsa@example.org", "åsa@example.org"),
    ],
)
def test_an_address_is_kept_for_sending_and_for_comparing(text: str, address: str, key: str) -> None:
    assert (parse_address(text).address, parse_address(text).key) == (address, key)


@pytest.mark.parametrize(
    "text",
    [
        "", "anna", "anna@", "@example.org", "anna@example", "a b@example.org", "anna@exam ple.org",
        "Anna <anna@example.org>", "<anna@example.org>", "anna@example.org\r\nBcc: x@example.org",
        "anna@example.org\n", "anna\x00@example.org", "anna@example.org\u2028", '"anna ek"@example.org',
        "anna@[192.0.2.1]", "anna@@example.org", "anna.@example.org", ".anna@example.org",
        "an..na@example.org", "anna@localhost",
        "anna@example.org, b@example.org", "anna@-example.org", "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org", "anna@" + "a." * 130 + "org", "mailto:anna@example.org>",
        "anna@example..org", "anna(comment)@example.org", "å" * 33 + "@example.org",
    ],
)  # fmt: skip
def test_what_is_no_bare_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert str(caught.value)
    assert "anna" not in str(caught.value)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=30), st.emails()))
def test_an_address_is_refused_or_stands_on_one_line_and_reads_as_itself(text: str) -> None:
    try:
        found = parse_address(text)
    except AddressError:
        return
    assert not any(
        character.isspace() or ord(character) < 0x20 or character in "<>" for character in found.address
    )
    assert found.address.count("@") == 1
    assert found.address.rpartition("@")[2].isascii()
    assert parse_address(found.address) == found
    assert parse_address(found.key).key == found.key


def add(engine: Engine, text: str = "anna@example.org", wish: Wish = WEEKLY, **over: bool) -> people.Addition:
    with writing(engine) as conn:
        return people.add(conn, parse_address(text), wish, OFFER, CONSENT, **over)


def profile(engine: Engine, text: str = "anna@example.org") -> people.Profile:
    with reading(engine) as conn:
        return people.show(conn, parse_address(text), NOW)


def test_adding_keeps_the_evidence_of_consent(database: Engine) -> None:
    added = add(database, wish=Wish(("weekly", "monthly"), ("news",), "sv"))
    assert (added.added, added.already) == (("weekly", "monthly"), ())
    found = profile(database)
    assert found.subscriber.language == "sv"
    assert [(row.newsletter, row.state, row.categories) for row in found.subscriptions] == [
        ("monthly", "active", ("news",)),
        ("weekly", "active", ("news",)),
    ]
    assert list(found.subscriber.evidence) == [
        {
            "source": "command line",
            "by": "anna",
            "at": "2026-10-02T05:00:00+00:00",
            "newsletters": ["weekly", "monthly"],
        }
    ]


def test_adding_again_adds_only_what_is_new(database: Engine) -> None:
    add(database)
    added = add(database, "ANNA@example.org", Wish(("weekly", "monthly")))
    assert (added.added, added.already) == (("monthly",), ("weekly",))
    assert add(database).added == ()
    assert len(profile(database).subscriber.evidence) == 2


@pytest.mark.parametrize(
    ("wish", "kind", "given"),
    [
        (Wish(("wekly",)), "newsletter", "wekly"),
        (Wish(("monthly",), ("press",)), "category", "press"),
        (Wish(("weekly",), None, "fi"), "language", "fi"),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(
    database: Engine, wish: Wish, kind: str, given: str
) -> None:
    with pytest.raises(ChoiceError, match=f"there is no {kind} '{given}'; there are: ") as caught:
        add(database, wish=wish)
    assert (caught.value.kind, caught.value.given) == (kind, given)
    with reading(database) as conn:
        assert list(subscribers.listed(conn)) == []


def test_who_has_left_comes_back_only_by_saying_so(database: Engine) -> None:
    add(database)
    with writing(database) as conn:
        assert people.remove(conn, parse_address("Anna@example.org"), None, LATER) == 1
    with pytest.raises(UnwantedMail, match="unsubscribed from weekly"):
        add(database)
    assert add(database, wish=Wish(("monthly",))).added == ("monthly",), "only that newsletter was left"
    assert add(database, again=True).added == ("weekly",)
    assert profile(database).subscriber.evidence[-1]["lifted"] == ["unsubscribed from weekly"]


def test_a_suppressed_address_is_added_only_by_saying_so(database: Engine) -> None:
    with writing(database) as conn:
        suppressions.add(conn, address_hash("anna@example.org"), reason="hard bounce", now=NOW)
    with pytest.raises(UnwantedMail, match=r"suppressed \(hard bounce\)"):
        add(database)
    add(database, again=True)
    assert profile(database).suppressions == ()


def test_what_waits_for_a_person_is_shown_and_so_is_why_nothing_comes(database: Engine) -> None:
    with writing(database) as conn:
        assert sign_up(conn, "anna@example.org") is Reception.LETTER
        waiting = people.show(conn, parse_address("anna@example.org"), NOW)
        assert (waiting.subscriber, waiting.subscriptions) == (None, ())
        assert waiting.signup is not None
        assert list(waiting.signup.newsletters) == ["weekly"]
        following.confirm(conn, KEY, ticket(conn), CLICK, NOW)
        found = people.show(conn, parse_address("anna@example.org"), NOW)
        assert found.subscriber is not None
        assert found.signup is None, "it is a subscription now"
        page = settings_ticket(KEY, found.subscriber.id, "weekly", "anna@example.org", NOW)
        until = following.pause(conn, KEY, page, 2, NOW)
        following.request_address_change(conn, KEY, page, "new@example.org", NOW)
        found = people.show(conn, parse_address("anna@example.org"), NOW)
        assert found.pauses == {"weekly": until}
        assert found.move is not None
        assert found.move.address == "new@example.org"
        following.erase(conn, KEY, page, NOW)
        (kept,) = people.show(conn, parse_address("anna@example.org"), NOW).suppressions
        assert kept.reason == "erased"


def test_removing_or_showing_a_stranger_is_an_error(database: Engine) -> None:
    with writing(database) as conn:
        for action in (
            lambda: people.remove(conn, parse_address("x@example.org"), None, NOW),
            lambda: people.erase(conn, parse_address("x@example.org"), NOW),
            lambda: people.show(conn, parse_address("x@example.org"), NOW),
        ):
            with pytest.raises(UnknownSubscriber):
                action()


def erase(engine: Engine, text: str = "anna@example.org") -> None:
    with writing(engine) as conn:
        people.erase(conn, parse_address(text), LATER)


def everything(engine: Engine) -> str:
    """The whole database as text."""
    with reading(engine) as conn:
        return "\n".join(str(row) for table in metadata.sorted_tables for row in conn.execute(table.select()))


def test_an_erased_person_is_nowhere_in_the_database(database: Engine) -> None:
    add(database)
    issue = queue_issue(database)
    with writing(database) as conn:
        lease = leases.Lease("me", NOW, LATER)
        [row] = leases.claim(conn, issue, lease, 1)
        leases.start(conn, issue, "weekly", [row.subscriber_id], lease)
        said = leases.Finish(row.subscriber_id, "failed", "550 <anna@example.org> unknown", NOW)
        leases.finish(conn, issue, [said], "me", NOW)
    assert "anna@example.org" in everything(database)
    erase(database)
    assert "anna@example" not in everything(database)


def test_erasing_who_had_left_keeps_them_from_coming_back_by_an_old_list(database: Engine) -> None:
    add(database, wish=Wish(("weekly", "monthly")))
    with writing(database) as conn:
        people.remove(conn, parse_address("anna@example.org"), "weekly", NOW)
    erase(database)
    with pytest.raises(UnwantedMail, match=r"suppressed \(unsubscribed\)"):
        add(database)
    assert add(database, wish=Wish(("monthly",))).added == ("monthly",)


def test_erasing_who_had_not_left_leaves_nothing(database: Engine) -> None:
    add(database)
    erase(database)
    with reading(database) as conn:
        assert suppressions.of(conn, address_hash("anna@example.org")) == []


@pytest.mark.parametrize("cell", ["=1+1", "+46", "-x", "@x", "\tx", "\rx"])
def test_no_exported_cell_begins_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_an_export_holds_everybody_with_state_and_consent(database: Engine) -> None:
    add(database, wish=Wish(("weekly", "monthly"), ("news",), "sv"))
    add(database, "=cmd@example.org")
    with writing(database) as conn:
        people.remove(conn, parse_address("anna@example.org"), "weekly", LATER)
    with reading(database) as conn:
        lines = list(csv.DictReader(csv_lines(subscribers.listed(conn))))
        objects = list(json_objects(subscribers.listed(conn)))
    assert [(line["address"], line["newsletter"], line["state"], line["categories"]) for line in lines] == [
        ("anna@example.org", "monthly", "active", "news"),
        ("anna@example.org", "weekly", "unsubscribed", "news"),
        ("'=cmd@example.org", "weekly", "active", ""),
    ]
    assert lines[0]["consent"] == "2026-10-02T05:00:00+00:00 command line anna"
    assert json.loads(json.dumps(objects))[1] == {
        "address": "=cmd@example.org",
        "language": None,
        "created": "2026-10-02T05:00:00+00:00",
        "evidence": [
            {
                "source": "command line",
                "by": "anna",
                "at": "2026-10-02T05:00:00+00:00",
                "newsletters": ["weekly"],
            }
        ],
        "subscriptions": [
            {
                "newsletter": "weekly",
                "state": "active",
                "categories": None,
                "since": "2026-10-02T05:00:00+00:00",
                "ended": None,
            }
        ],
    }
