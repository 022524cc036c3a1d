"""Following by mail at the level of functions, from the first form to the last link."""

from datetime import timedelta

from sqlalchemy import Engine

from newsletter import following, tokens
from newsletter.bearers import subject_of
from newsletter.following import Choices, Evidence, Limits, Reception, SignUp
from newsletter.people import Offer
from storage import subscribers
from storage.engine import writing
from tests.scenarios import NOW

KEY = b"k" * 32
LIMITS = Limits()
OFFER = Offer({"weekly": ("news", "press", "blog"), "monthly": ("news",)}, ("en", "sv"))
CLICK = Evidence("192.0.2.7", "confirm-1")


def a_signup(address: str = "anna@example.org", **over: object) -> SignUp:
    values = {
        "address": address,
        "newsletters": ("weekly",),
        "network": "192.0.2.7",
        "form": "https://news.example.org/subscribe",
        "wording": "sign-up-1",
    }
    return SignUp(**(values | over))  # type: ignore[arg-type]


def test_the_circle_is_closed(database: Engine) -> None:
    with writing(database) as conn:
        received = following.sign_up(conn, a_signup(), OFFER, KEY, NOW, LIMITS)
        assert received is Reception.LETTER
        ticket = tokens.make_ticket(KEY, "confirm", 1, subject_of(("weekly",)), NOW + timedelta(hours=72))
        assert not following.look(conn, KEY, "confirm", ticket, NOW).done
        done = following.confirm(conn, KEY, ticket, CLICK, NOW)
        assert (done.newsletters, done.already) == (("weekly",), False)
        assert following.confirm(conn, KEY, ticket, CLICK, NOW).already
        page = following.preferences(conn, KEY, done.preferences, OFFER, NOW)
        assert [(row.newsletter, row.state) for row in page.following] == [
            ("weekly", "active"),
            ("monthly", "offered"),
        ]
        changed = following.change(
            conn,
            KEY,
            done.preferences,
            Choices({"weekly": ("news",), "monthly": None}, "en"),
            CLICK,
            offer=OFFER,
            now=NOW,
        )
        assert changed.begun == ("monthly",)
        following.pause(conn, KEY, done.preferences, 2, NOW)
        assert subscribers.groups(conn, "weekly", NOW) == []
        assert following.resume(conn, KEY, done.preferences) == 2
        way_out = tokens.make(KEY, "unsubscribe", 1, "weekly")
        assert following.unsubscribe(conn, KEY, way_out, NOW).newsletters == ("weekly",)
        assert following.unsubscribe(conn, KEY, way_out, NOW).newsletters == ()
        assert following.export(conn, KEY, done.preferences)["address"] == "anna@example.org"
        following.erase(conn, KEY, done.preferences, NOW)
        assert following.unsubscribe(conn, KEY, way_out, NOW).newsletters == ()
