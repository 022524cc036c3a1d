"""Following by mail over its pages: what a reader, a mail program, a scanner and a bot meet."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressroom.sending import token_key
from pressroom.web import circle as circle_module
from pressroom.web.circle import Circle, until_even
from storage import pauses, suppressions
from storage.engine import reading, writing
from storage.errors import DatabaseError
from storage.suppressions import address_hash
from tests.pressroom.newsrooms import CONFIG
from tests.pressroom.web.asking import BASE, HOST, Reader
from tests.pressroom.web.circles import ANNA, TWO, Following, following
from tests.pressroom.web.sockets import send, served

CUT_SHORT = [
    b"Content-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=b",
    b"Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nzz\r\nabc\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n3\r\n--b\r\n",
]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def circle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Following]:
    monkeypatch.setattr(circle_module, "EVEN_SECONDS", 0.0)
    with following(tmp_path) as found:
        yield found


async def subscriber(circle: Following, *newsletters: str) -> tuple[int, str]:
    number = circle.subscribe(ANNA, *newsletters)
    return number, f"/preferences/{circle.token('preferences', number)}"


async def test_somebody_signs_up_confirms_and_is_a_subscriber(circle: Following) -> None:
    sent = await circle.sign_up()
    assert (sent.status, sent.heading) == (200, "Check your mail")
    assert [letter.kind for letter in circle.letters()] == ["confirm"]
    assert circle.states() == {}
    asked = await circle.reader.get(circle.link())
    assert (asked.status, asked.heading) == (200, "Confirm that you want to follow us")
    assert ANNA in asked.text
    done = await circle.reader.post(circle.link(), {})
    assert (done.status, done.heading) == (200, "You follow us now")
    assert circle.states() == {"weekly": "active"}
    assert [letter.kind for letter in circle.letters()] == ["confirm", "welcome"]
    again = await circle.reader.post(circle.link(), {})
    assert (again.status, "already" in again.text) == (200, True)
    assert len(circle.letters()) == 2


async def test_what_was_ticked_is_what_is_subscribed_to(circle: Following) -> None:
    await circle.sign_up(newsletter=["weekly", "monthly"], language="sv", **{"category-weekly": ["press"]})
    await circle.reader.post(circle.link(), {})
    page = await circle.reader.get(f"/preferences/{circle.token('preferences', 1)}")
    assert page.heading == "Dina inställningar"
    ticked = {
        (each["name"], each["value"])
        for each in page.page.find("input", type="checkbox")
        if "checked" in each
    }
    assert ticked == {
        ("newsletter", "weekly"),
        ("category-weekly", "press"),
        ("newsletter", "monthly"),
    }
    assert [each["value"] for each in page.page.find("option", selected="")] == ["sv"]


async def test_the_form_of_another_page_leads_to_our_own_with_the_address_filled_in(
    circle: Following,
) -> None:
    elsewhere = {"origin": "https://www.example.org", "referer": "https://www.example.org/start?who=anna"}
    shown = await circle.reader.post(
        "/subscribe", {"address": ANNA, "newsletter": "weekly"}, sec_fetch_site="cross-site", **elsewhere
    )
    assert (shown.status, shown.heading) == (200, "Follow by mail")
    assert circle.letters() == []
    (field,) = shown.page.find("input", type="email")
    assert field["value"] == ANNA
    hidden = shown.form()
    assert hidden["via"] == ["https://www.example.org/start"]
    circle.clock.wait(seconds=5)
    form = {**hidden, "newsletter": "weekly", "address": ANNA, "category-weekly": ["news"]}
    await circle.reader.post("/subscribe", form)
    assert len(circle.letters()) == 1
    await circle.reader.post(circle.link(), {})
    page = f"/preferences/{circle.token('preferences', 1)}"
    given = json.loads((await circle.reader.post(page, {"do": "export"})).text)
    proof = given["consent"][0]
    assert (proof["form"], proof["via"]) == (f"{BASE}/subscribe", "https://www.example.org/start")
    assert (proof["wording"], proof["confirmed_wording"]) == ("sign-up-1", "confirm-1")
    assert (proof["client"], proof["confirmed_client"]) == ("192.0.2.7", "192.0.2.7")
    assert proof["asked"] == "2026-10-02T05:00:05+00:00"
    assert proof["at"] == "2026-10-02T05:00:05+00:00"


async def test_a_signed_form_that_is_sent_from_elsewhere_is_shown_once_more(circle: Following) -> None:
    form = await circle.reader.get("/subscribe?newsletter=weekly")
    circle.clock.wait(seconds=5)
    values = {**form.form(), "address": ANNA, "category-weekly": "news"}
    shown = await circle.reader.post("/subscribe", values, sec_fetch_site="cross-site")
    assert shown.heading == "Follow by mail"
    assert circle.letters() == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "quicker than people"), (25 * 3600, "open for a long time")]
)
async def test_a_form_sent_too_soon_or_too_late_is_shown_once_more_and_then_taken(
    circle: Following, seconds: int, words: str
) -> None:
    form = await circle.reader.get("/subscribe?newsletter=weekly")
    circle.clock.wait(seconds=seconds)
    values = {"address": ANNA, "category-weekly": ["news"]}
    shown = await circle.reader.post("/subscribe", {**form.form(), **values})
    assert words in shown.text
    assert circle.letters() == []
    circle.clock.wait(seconds=5)
    await circle.reader.post("/subscribe", {**shown.form(), **values})
    assert len(circle.letters()) == 1


async def test_a_stamp_that_is_not_ours_is_worth_nothing(circle: Following) -> None:
    form = await circle.reader.get("/subscribe?newsletter=weekly")
    circle.clock.wait(seconds=5)
    second, _, signature = form.form()["stamp"][0].partition(".")
    for stamp in ("", "x", f"{int(second, 16) - 60:x}.{signature}", f"{second}.{'0' * 32}"):
        values = {**form.form(), "stamp": stamp, "address": ANNA, "category-weekly": "news"}
        assert (await circle.reader.post("/subscribe", values)).heading == "Follow by mail"
    other_page = {
        **form.form(),
        "via": "https://elsewhere.example/",
        "address": ANNA,
        "category-weekly": "news",
    }
    assert (await circle.reader.post("/subscribe", other_page)).heading == "Follow by mail"
    assert circle.letters() == []


async def test_what_fills_in_the_hidden_field_is_answered_like_everybody_and_nothing_is_done(
    circle: Following,
) -> None:
    usual = await circle.sign_up("bo@example.org")
    caught = await circle.sign_up("bot@example.org", website="https://spam.example")
    assert (caught.status, caught.heading) == (usual.status, usual.heading)
    assert len(circle.letters()) == 1


async def test_mistakes_are_told_beside_their_fields_and_nothing_that_was_filled_in_is_lost(
    circle: Following,
) -> None:
    form = await circle.reader.get("/subscribe?newsletter=weekly")
    circle.clock.wait(seconds=5)
    values = {name: value for name, value in form.form().items() if name != "newsletter"}
    mistaken = {**values, "address": "anna@", "language": "sv"}
    shown = await circle.reader.post("/subscribe", mistaken)
    assert shown.status == 422
    assert shown.page.find("a", href="#address")
    (field,) = shown.page.find("input", type="email")
    assert (field["value"], field["aria-invalid"], field["aria-describedby"]) == (
        "anna@",
        "true",
        "address-error",
    )
    (group,) = shown.page.find("fieldset", id="newsletters")
    assert group["aria-invalid"] == "true"
    assert [each["value"] for each in shown.page.find("option", selected="")] == ["sv"]
    assert shown.page.mistakes == []


async def test_a_newsletter_of_which_nothing_is_ticked_is_a_mistake_of_its_own(circle: Following) -> None:
    form = await circle.reader.get("/subscribe?newsletter=weekly&newsletter=monthly")
    circle.clock.wait(seconds=5)
    values = {name: value for name, value in form.form().items() if name != "category-weekly"}
    shown = await circle.reader.post("/subscribe", {**values, "address": ANNA})
    assert shown.status == 422
    assert "Choose at least one subject of The week." in shown.text
    (group,) = shown.page.find("fieldset", id="subjects-weekly")
    assert group["aria-invalid"] == "true"
    assert shown.page.find("a", href="#subjects-weekly")
    assert circle.letters() == []


async def test_too_many_from_one_network_are_told_to_come_later(circle: Following) -> None:
    for number in range(20):
        assert (await circle.sign_up(f"a{number}@d{number}.example")).status == 200
    known = circle.subscribe("known@example.org")
    assert known
    for address in ("new@example.org", "known@example.org"):
        refused = await circle.sign_up(address)
        assert (refused.status, refused.headers["retry-after"]) == (429, "3600")
        assert refused.heading == "Try again later"
    assert len(circle.letters()) == 20
    circle.after(hours=1)
    assert (await circle.sign_up("new@example.org")).status == 200


async def test_the_limits_are_those_of_the_configuration(tmp_path: Path) -> None:
    with following(tmp_path, CONFIG + "signups:\n  per_network: 1\n  confirm_within: 1d\n") as circle:
        assert (await circle.sign_up()).status == 200
        (letter,) = circle.letters()
        assert letter.expires - letter.queued == timedelta(days=1)
        assert (await circle.sign_up("bo@example.org")).status == 429


async def test_known_unknown_suppressed_and_repeated_addresses_are_answered_alike(circle: Following) -> None:
    circle.subscribe("known@example.org")
    with writing(circle.room.engine) as connection:
        hash_ = address_hash("barred@example.org")
        suppressions.add(connection, hash_, reason="complaint", now=circle.clock())
    pages = set()
    for address in ("new@example.org", "known@example.org", "barred@example.org", "new@example.org"):
        answer = await circle.sign_up(address)
        pages.add((answer.status, answer.text.replace(address, "…"), tuple(sorted(answer.headers))))
    assert len(pages) == 1
    assert "barred@example.org" not in {letter.address for letter in circle.letters()}


async def test_the_answer_takes_the_same_time_whatever_the_ledger_knows(tmp_path: Path) -> None:
    with following(tmp_path) as circle:
        circle.subscribe("known@example.org")
        for address in ("new@example.org", "known@example.org", "new@example.org"):
            began = time.monotonic()
            await circle.sign_up(address)
            assert time.monotonic() - began >= circle_module.EVEN_SECONDS


async def test_what_takes_longer_takes_the_next_multiple_of_the_time(
    circle: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circle_module, "EVEN_SECONDS", 0.2)
    even = Circle(circle.room, circle.clock).evenly
    for seconds, whole in ((0.0, 0.2), (0.21, 0.4), (0.41, 0.6)):
        began = time.monotonic()
        async with even():
            await asyncio.sleep(seconds)
        assert whole <= time.monotonic() - began < whole + 0.15
    began = time.monotonic()
    with pytest.raises(DatabaseError):
        async with even():
            raise DatabaseError
    assert time.monotonic() - began >= 0.2


@given(passed=st.floats(0, 1000), step=st.floats(0.01, 10))
def test_no_time_but_whole_steps_can_be_told(passed: float, step: float) -> None:
    whole = (passed + until_even(passed, step)) / step
    assert whole == pytest.approx(round(whole), abs=1e-6)
    assert 0 <= until_even(passed, step) <= step


async def test_looking_goes_on_while_a_locked_ledger_keeps_all_who_write_waiting(circle: Following) -> None:
    number, settings = await subscriber(circle)
    form = (await circle.reader.get("/subscribe?newsletter=weekly")).form()
    circle.clock.wait(seconds=8)
    with locked(circle):
        asked = {**form, "category-weekly": ["news"]}
        posts = [
            asyncio.create_task(
                circle.reader.post("/subscribe", {**asked, "address": f"a{each}@example.org"})
            )
            for each in range(60)
        ]
        await asyncio.sleep(0.3)
        began = time.monotonic()
        for path in ("/subscribe", settings, f"/unsubscribe/{circle.token('unsubscribe', number)}"):
            assert (await circle.reader.get(path)).status == 200
        assert time.monotonic() - began < 2
        assert not any(each.done() for each in posts)
    assert {answer.status for answer in await asyncio.gather(*posts)} <= {200, 429}


async def test_a_page_that_is_the_first_to_be_asked_for_waits_for_no_writer(circle: Following) -> None:
    token_key(circle.room)
    with locked(circle):
        began = time.monotonic()
        assert (await circle.reader.get("/subscribe")).status == 200
        assert time.monotonic() - began < 2


@contextmanager
def locked(circle: Following) -> Iterator[None]:
    """Hold the ledger as a long transaction of another process does."""
    with closing(sqlite3.connect(str(circle.room.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_an_address_gets_one_letter_a_day(circle: Following) -> None:
    for _ in range(3):
        await circle.sign_up()
    await circle.sign_up("Anna@Example.ORG")
    assert len(circle.letters()) == 1
    circle.after(days=1, seconds=1)
    await circle.sign_up()
    assert len(circle.letters()) == 2


async def test_an_expired_link_says_until_when_it_was_good_and_how_to_get_another(circle: Following) -> None:
    await circle.sign_up()
    link = circle.link()
    circle.after(days=3, seconds=1)
    for method in ("GET", "POST"):
        answer = await circle.reader.ask(method, link)
        assert (answer.status, answer.heading) == (410, "This link has expired")
        assert "7:00" in answer.text
        assert answer.page.find("a", href="../subscribe")
    assert circle.states() == {}


async def test_a_link_that_is_not_ours_is_the_same_page_whatever_it_is(circle: Following) -> None:
    number = circle.subscribe()
    wrong = circle.token("preferences", number)
    pages = set()
    for path in ("confirm", "preferences", "unsubscribe"):
        for token in ("x", "A" * 38, "A" * 44, "%00", "å", wrong if path != "preferences" else "y" * 38):
            for method in ("GET", "POST"):
                answer = await circle.reader.ask(method, f"/{path}/{token}")
                pages.add((answer.status, answer.body))
    assert len(pages) == 1
    assert {status for status, _ in pages} == {404}
    assert circle.states() == {"weekly": "active"}


async def test_no_token_of_one_purpose_or_person_fits_another(circle: Following) -> None:
    anna, bo = circle.subscribe(), circle.subscribe("bo@example.org")
    await circle.sign_up("new@example.org")
    ticket = circle.link().removeprefix("/confirm/")
    tokens = {
        "unsubscribe": circle.token("unsubscribe", anna),
        "preferences": circle.token("preferences", anna),
        "confirm": ticket,
    }
    for purpose, token in tokens.items():
        for path in ("confirm", "preferences", "unsubscribe"):
            answer = await circle.reader.get(f"/{path}/{token}")
            assert answer.status == (200 if path == purpose else 404), (purpose, path)
    await circle.reader.post(f"/unsubscribe/{circle.token('unsubscribe', anna)}", ONE_CLICK)
    assert circle.states() == {"weekly": "unsubscribed"}
    assert circle.states("bo@example.org") == {"weekly": "active"}
    # a newsletter that somebody never had
    answer = await circle.reader.get(f"/unsubscribe/{circle.token('unsubscribe', bo, 'monthly')}")
    assert answer.status == 404


async def test_looking_changes_no_row(circle: Following) -> None:
    number, settings = await subscriber(circle)
    await circle.sign_up("new@example.org")
    paths = [
        "/subscribe",
        "/subscribe?newsletter=weekly&language=sv",
        circle.link(),
        settings,
        f"{settings}?done=saved",
        f"/unsubscribe/{circle.token('unsubscribe', number)}",
        "/unsubscribe/nothing",
    ]
    before = circle.everything()
    for path in paths:
        for method in ("GET", "HEAD"):
            await circle.reader.ask(method, path)
            await circle.reader.ask(method, f"{path}{'&' if '?' in path else '?'}do=erase&sure=yes")
    assert circle.everything() == before


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        ),
        ("multipart/form-data", b"damaged"),
        ("multipart/form-data; boundary=b", b"--b\r\nnot closed"),
        ("multipart/form-data; boundary=b; charset=undefined", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("application/x-www-form-urlencoded; charset=undefined", b"List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=%ff%ed%a0%80"),
        ("text/plain", b"anything"),
        ("", b""),
    ],
)
async def test_one_click_leaves_whatever_the_body_is_like(circle: Following, type_: str, body: bytes) -> None:
    number = circle.subscribe(ANNA, "weekly", "monthly")
    link = f"/unsubscribe/{circle.token('unsubscribe', number)}"
    for _ in range(2):
        answer = await circle.reader.ask("POST", link, body, {"content-type": type_})
        assert answer.status == 200
        assert not {"set-cookie", "location"} & set(answer.headers)
    assert circle.states() == {"weekly": "unsubscribed", "monthly": "active"}


@pytest.mark.parametrize("body", CUT_SHORT)
async def test_one_click_leaves_even_when_the_body_breaks_off(circle: Following, body: bytes) -> None:
    number = circle.subscribe()
    async with served(circle.reader.app) as port:
        head = f"POST /unsubscribe/{circle.token('unsubscribe', number)} HTTP/1.1\r\nHost: {HOST}\r\n"
        assert (await send(port, head.encode() + body, end=True)).status == 200
    assert circle.states() == {"weekly": "unsubscribed"}


@pytest.mark.parametrize("body", CUT_SHORT)
async def test_a_form_that_breaks_off_is_refused_like_any_other(circle: Following, body: bytes) -> None:
    async with served(circle.reader.app) as port:
        answer = await send(port, f"POST /subscribe HTTP/1.1\r\nHost: {HOST}\r\n".encode() + body, end=True)
    assert answer.status == 400
    assert b"<h1>" in answer.body


async def test_one_click_is_never_limited(circle: Following) -> None:
    numbers = [circle.subscribe(f"reader{each}@example.org") for each in range(60)]
    for number in numbers:
        link = f"/unsubscribe/{circle.token('unsubscribe', number)}"
        assert (await circle.reader.post(link, ONE_CLICK)).status == 200


async def test_the_page_of_the_link_has_a_button_and_one_for_all(circle: Following) -> None:
    number = circle.subscribe(ANNA, "weekly", "monthly")
    link = f"/unsubscribe/{circle.token('unsubscribe', number)}"
    shown = await circle.reader.get(link)
    assert shown.heading == "Leave The week"
    assert circle.states()["weekly"] == "active"
    done = await circle.reader.post(link, {"scope": "all"})
    assert done.heading == "You have left"
    assert set(circle.states().values()) == {"unsubscribed"}
    assert (await circle.reader.get(link)).heading == "You have left"


async def test_whom_we_have_erased_may_still_press_the_button(circle: Following) -> None:
    number, settings = await subscriber(circle)
    link = f"/unsubscribe/{circle.token('unsubscribe', number)}"
    await circle.reader.post(settings, {"do": "erase", "sure": "yes"})
    answer = await circle.reader.post(link, ONE_CLICK)
    assert (answer.status, answer.heading) == (200, "You have left")
    assert (await circle.reader.get(settings)).status == 404


async def test_settings_are_saved_and_shown_as_they_are(circle: Following) -> None:
    _, settings = await subscriber(circle)
    form = {"do": "save", "newsletter": ["weekly", "monthly"], "category-weekly": ["press"], "language": "sv"}
    shown = await circle.reader.post(settings, form)
    assert (shown.status, shown.heading) == (200, "Dina inställningar")
    assert "Dina inställningar är sparade." in shown.text
    assert circle.states() == {"weekly": "active", "monthly": "active"}
    shown = await circle.reader.post(settings, {"do": "save", "newsletter": "monthly", "language": "en"})
    assert circle.states() == {"weekly": "unsubscribed", "monthly": "active"}
    assert "Your settings are saved." in shown.text


async def test_a_newsletter_without_a_subject_is_not_saved(circle: Following) -> None:
    _, settings = await subscriber(circle, "weekly", "monthly")
    before = circle.everything()
    shown = await circle.reader.post(settings, {"do": "save", "newsletter": "weekly"})
    assert shown.status == 422
    assert "Choose at least one subject" in shown.text
    assert not [each for each in shown.page.find("input", value="monthly") if "checked" in each]
    assert circle.everything() == before


async def test_a_pause_and_its_end(circle: Following) -> None:
    number, settings = await subscriber(circle)
    shown = await circle.reader.post(settings, {"do": "pause", "weeks": "2"})
    assert "October 16, 2026" in shown.text
    with reading(circle.room.engine) as connection:
        assert set(pauses.of(connection, number, circle.clock())) == {"weekly"}
    shown = await circle.reader.post(settings, {"do": "resume"})
    assert "October 16, 2026" not in shown.text
    with reading(circle.room.engine) as connection:
        assert pauses.of(connection, number, circle.clock()) == {}


@pytest.mark.parametrize("weeks", ["", "0", "-1", "5", "1000", "\uff11", "1e3", "x"])
async def test_only_the_lengths_on_offer_can_be_asked_for(circle: Following, weeks: str) -> None:
    _, settings = await subscriber(circle)
    assert (await circle.reader.post(settings, {"do": "pause", "weeks": weeks})).status == 400


async def test_a_new_address_is_changed_when_it_is_confirmed_there(circle: Following) -> None:
    _, settings = await subscriber(circle)
    shown = await circle.reader.post(settings, {"do": "move", "address": "new@example.org"})
    assert "on its way to the new address" in shown.text
    assert circle.states() == {"weekly": "active"}
    assert [(each.kind, each.address) for each in circle.letters()] == [("change", "new@example.org")]
    link = circle.link()
    assert (await circle.reader.get(link)).heading == "Confirm your new address"
    done = await circle.reader.post(link, {})
    assert (done.status, done.heading) == (200, "Your address is changed")
    assert (circle.states(), circle.states("new@example.org")) == ({}, {"weekly": "active"})
    assert (await circle.reader.post(link, {})).status == 200


async def test_the_answer_to_a_new_address_tells_nothing_of_it(circle: Following) -> None:
    _, settings = await subscriber(circle)
    circle.subscribe("known@example.org")
    pages = set()
    for address in ("known@example.org", "new@example.org", ANNA):
        pages.add((await circle.reader.post(settings, {"do": "move", "address": address})).text)
    assert len(pages) == 1


async def test_an_expired_change_of_address_changes_nothing(circle: Following) -> None:
    _, settings = await subscriber(circle)
    await circle.reader.post(settings, {"do": "move", "address": "new@example.org"})
    link = circle.link()
    circle.after(days=1, seconds=1)
    answer = await circle.reader.post(link, {})
    assert (answer.status, "still comes to your old address" in answer.text) == (410, True)
    assert circle.states() == {"weekly": "active"}


async def test_one_s_data_comes_as_a_file_and_by_post_alone(circle: Following) -> None:
    _, settings = await subscriber(circle)
    answer = await circle.reader.post(settings, {"do": "export"})
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["content-type"] == "application/json"
    given = json.loads(answer.text)
    assert given["address"] == ANNA
    assert given["subscriptions"][0]["newsletter"] == "weekly"


async def test_everything_is_erased_after_a_second_question(circle: Following) -> None:
    _, settings = await subscriber(circle)
    asked = await circle.reader.post(settings, {"do": "erase"})
    assert asked.heading == "Erase everything?"
    assert circle.states() == {"weekly": "active"}
    done = await circle.reader.post(settings, {"do": "erase", "sure": "yes"})
    assert done.heading == "Everything is erased"
    assert ANNA not in str(circle.everything())
    assert (await circle.reader.get(settings)).status == 404


async def test_leaving_all_by_the_settings(circle: Following) -> None:
    _, settings = await subscriber(circle, "weekly", "monthly")
    shown = await circle.reader.post(settings, {"do": "leave"})
    assert "You have left all our newsletters." in shown.text
    assert set(circle.states().values()) == {"unsubscribed"}


async def test_pages_speak_the_language_that_is_asked_for(circle: Following) -> None:
    swedish = Reader(circle.reader.app, headers={"accept-language": "sv-FI, en;q=0.5"})
    page = await swedish.get("/subscribe")
    assert page.heading == "Följ via e-post"
    assert page.headers["content-language"] == "sv"
    assert (await swedish.get("/subscribe?language=en")).heading == "Follow by mail"
    assert (await swedish.get("/subscribe?language=tlh")).heading == "Följ via e-post"
    number = circle.subscribe(ANNA, language="en")
    assert (await swedish.get(f"/unsubscribe/{circle.token('unsubscribe', number)}")).heading.startswith(
        "Leave"
    )


async def test_a_closed_newsletter_is_on_no_form(tmp_path: Path) -> None:
    closed = TWO.replace("  monthly:\n", "    signup: closed\n  monthly:\n")
    with following(tmp_path, closed) as circle:
        page = await circle.reader.get("/subscribe")
        assert "The week" not in page.text
        circle.clock.wait(seconds=5)
        form = {**page.form(), "newsletter": "weekly", "address": ANNA}
        assert (await circle.reader.post("/subscribe", form)).status == 400
        assert circle.letters() == []


async def test_without_an_open_newsletter_there_is_no_form(tmp_path: Path) -> None:
    closed = CONFIG.replace("smtp:\n", "    signup: closed\nsmtp:\n", 1)
    with following(tmp_path, closed) as circle:
        page = await circle.reader.get("/subscribe")
        assert page.status == 200
        assert not page.page.find("form")
        assert "no newsletter to sign up to" in page.text


async def test_nobody_keeps_lists_or_passes_on_a_page_of_ours(circle: Following) -> None:
    number, settings = await subscriber(circle)
    leave = f"/unsubscribe/{circle.token('unsubscribe', number)}"
    for path in ("/subscribe", settings, leave, "/confirm/nobody-s"):
        answer = await circle.reader.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert path.rpartition("/")[2] not in answer.text or path == "/subscribe"
        assert "set-cookie" not in answer.headers
        assert answer.page.mistakes == []
        assert not answer.page.find("script")


async def test_no_address_and_no_token_comes_into_the_log(
    circle: Following, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await circle.sign_up()
    await circle.reader.post(circle.link(), {})
    settings, link = f"/preferences/{circle.token('preferences', 1)}", circle.link()
    for form in (
        {"do": "move", "address": "new@example.org"},
        {"do": "leave"},
        {"do": "erase", "sure": "yes"},
    ):
        await circle.reader.post(settings, form)
    said = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "sign-up-confirmed" in said
    for secret in (ANNA, "anna", "new@example", link[9:], settings[13:], "192.0.2"):
        assert secret not in said, secret


async def test_a_ledger_that_does_not_answer_is_told_as_what_it_is(
    circle: Following, caplog: pytest.LogCaptureFixture
) -> None:
    form = await circle.reader.get("/subscribe?newsletter=weekly")
    circle.clock.wait(seconds=5)
    circle.room.engine.dispose()
    Path(str(circle.room.engine.url.database)).unlink()
    values = {**form.form(), "address": ANNA, "category-weekly": "news"}
    answer = await circle.reader.post("/subscribe", values)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert answer.heading == "It does not work just now"
    assert ANNA not in str([record.__dict__ for record in caplog.records])


async def test_many_confirm_the_same_link_at_once_and_one_welcome_is_sent(circle: Following) -> None:
    await circle.sign_up()
    answers = await asyncio.gather(*(circle.reader.post(circle.link(), {}) for _ in range(8)))
    assert {answer.status for answer in answers} == {200}
    assert [letter.kind for letter in circle.letters()] == ["confirm", "welcome"]
