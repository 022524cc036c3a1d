"""Forms and their stamps; and every form and token of the pages, with whatever somebody may send."""

import asyncio
import string
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from pressroom.web import circle as circle_module
from pressroom.web import forms
from pressroom.web.forms import Age
from tests.mails import HOSTILE
from tests.pressroom.web.circles import ANNA, Following, following
from tests.scenarios import NOW

KEY = b"k" * 32
URLENCODED = "application/x-www-form-urlencoded"
FIELDS = [
    "address",
    "newsletter",
    "category-weekly",
    "language",
    "page",
    "stamp",
    "via",
    "website",
    "chooses",
    "do",
    "weeks",
    "sure",
    "scope",
    "done",
]
KNOWN = ["weekly", "news", "sv", "save", "pause", "move", "erase", "leave", "export", "resume", "all", "2"]
TEXTS = st.one_of(st.text(max_size=60), st.sampled_from([*HOSTILE, *KNOWN, ANNA, "=1+1@example.org"]))
FORMS = st.dictionaries(st.sampled_from(FIELDS), st.lists(TEXTS, max_size=3), max_size=8)
TOKENS = st.text(string.ascii_letters + string.digits + "-_=.%~å\x00'\"<", min_size=1, max_size=60)


@pytest.fixture(scope="module")
def circle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Following]:
    with pytest.MonkeyPatch.context() as patch, following(tmp_path_factory.mktemp("circle")) as found:
        patch.setattr(circle_module, "EVEN_SECONDS", 0.0)
        yield found


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("passed", "age"),
    [
        (0.0, Age.QUICK),
        (1.9, Age.QUICK),
        (2.0, Age.GOOD),
        (86_400.0, Age.GOOD),
        (86_401.0, Age.STALE),
        (-60.0, Age.QUICK),
    ],
)
def test_a_stamp_tells_how_old_a_form_is(passed: float, age: Age) -> None:
    stamp = forms.stamp(KEY, NOW, "https://example.org/")
    assert forms.age(KEY, stamp, "https://example.org/", NOW + timedelta(seconds=passed)) is age


@given(stamp=st.text(max_size=60), via=st.text(max_size=60))
def test_nobody_else_makes_a_stamp(stamp: str, via: str) -> None:
    assert forms.age(KEY, stamp, via, NOW) is Age.UNKNOWN
    ours = forms.stamp(KEY, NOW, via)
    assert forms.age(b"x" * 32, ours, via, NOW) is Age.UNKNOWN
    assert forms.age(KEY, ours, f"{via}x", NOW) is Age.UNKNOWN


@pytest.mark.parametrize(
    ("referer", "via"),
    [
        ("https://www.example.org/start?who=anna#top", "https://www.example.org/start"),
        ("https://anna:secret@www.example.org:8443/a", "https://www.example.org:8443/a"),
        ("https://news.example.org/preferences/AAAA", "https://news.example.org/"),
        ("https://example.org/news/unsubscribe/AAAA/x", "https://example.org/news/"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://[x", ""),
        ("https://example.org/å", ""),
        ("https://example.org/\r\nX: y", ""),
        ("about:client", ""),
    ],
)
def test_where_a_reader_comes_from_is_kept_without_what_may_be_personal(referer: str, via: str) -> None:
    assert forms.came_from(request(referer=referer)) == via


def test_without_a_referer_the_origin_is_where_somebody_comes_from() -> None:
    assert forms.came_from(request(origin="https://www.example.org")) == "https://www.example.org"
    assert forms.came_from(request(origin="null")) == ""
    assert len(forms.came_from(request(referer=f"https://example.org/{'a' * 900}"))) == forms.LONGEST_VIA


@given(form=FORMS, path=st.sampled_from(["subscribe", "preferences", "unsubscribe", "confirm"]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_form_breaks_a_page_or_brings_its_text_along(
    circle: Following, form: dict[str, list[str]], path: str
) -> None:
    asyncio.run(_sends_a_form(circle, form, path))


async def _sends_a_form(circle: Following, form: dict[str, list[str]], path: str) -> None:
    number = circle.subscribe(f"reader-{circle.clock.now.timestamp():.0f}@example.net")
    if path == "subscribe":
        shown = await circle.reader.get("/subscribe")
        circle.clock.wait(seconds=5)
        address, form = "/subscribe", {**shown.form(), **form}
    elif path == "confirm":
        circle.clock.wait(seconds=5)
        address = "/confirm/x"
    else:
        circle.clock.wait(seconds=5)
        address = f"/{path}/{circle.token(path, number)}"  # type: ignore[arg-type]
    sent = {name: [text.encode("utf-8", "replace") for text in texts] for name, texts in form.items()}
    answer = await circle.reader.post(address, sent, follow=False)
    assert answer.status < 500, (address, form)
    assert "\n" not in "".join(answer.headers.values())
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert answer.page.mistakes == []
        assert not answer.page.find("script")
        assert not [each for _, each in answer.page.elements if any(name.startswith("on") for name in each)]
    for row in circle.letters():
        assert {"\r", "\n", "\x00"}.isdisjoint(row.address)


@given(token=TOKENS, path=st.sampled_from(["preferences", "unsubscribe", "confirm"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_token_that_somebody_makes_up_opens_a_page(circle: Following, token: str, path: str) -> None:
    for method in ("GET", "POST"):
        answer = asyncio.run(circle.reader.ask(method, f"/{path}/{quote(token, safe='')}"))
        assert answer.status == 404, token


@given(place=st.integers(0, 37), letter=st.sampled_from(string.ascii_letters + string.digits + "-_="))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_token_with_one_letter_changed_is_none(circle: Following, place: int, letter: str) -> None:
    number = circle.subscribe("changed@example.org")
    token = circle.token("preferences", number)
    changed = token[:place] + letter + token[place + 1 :]
    answer = asyncio.run(circle.reader.get(f"/preferences/{changed}"))
    assert answer.status == (200 if changed == token else 404)


@given(
    body=st.binary(max_size=400),
    boundary=st.sampled_from(["", "; boundary=b", '; boundary="', "; charset=x"]),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_breaks_the_reading_of_forms(circle: Following, body: bytes, boundary: str) -> None:
    for type_ in (URLENCODED, f"multipart/form-data{boundary}", "text/plain", "\xff"):
        given = {"content-type": type_}
        answer = asyncio.run(circle.reader.ask("POST", "/subscribe", b"--b\r\n" + body, given))
        assert answer.status in {200, 400, 422}, type_


@given(
    charset=st.sampled_from(
        [
            "undefined",
            "punycode",
            "idna",
            "unicode_escape",
            "rot13",
            "utf-7",
            "utf-16",
            "utf-8",
            "US-ASCII",
            "\xff",
        ]
    ),
    value=st.one_of(st.binary(max_size=80), st.sampled_from([rb"\ud800", b"\xed\xa0\x80", b"+2AA-"])),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_charset_breaks_the_reading_of_forms(circle: Following, charset: str, value: bytes) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="address"\r\n\r\n' + value + b"\r\n--b--\r\n"
    given = {"content-type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = asyncio.run(circle.reader.ask("POST", "/subscribe", body, given))
    assert answer.status in ({200, 400, 422} if charset in ("utf-8", "US-ASCII") else {400})


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7"])
def test_the_largest_form_takes_no_time_in_any_charset(circle: Following, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="address"\r\n\r\n' + b"a" * 60_000 + b"\r\n--b--\r\n"
    given = {"content-type": f"multipart/form-data; boundary=b; charset={charset}"}
    began = time.process_time()
    for _ in range(10):
        asyncio.run(circle.reader.ask("POST", "/subscribe", body, given))
    assert time.process_time() - began < 1.0


def test_a_form_with_a_file_or_with_thousands_of_fields_is_refused(circle: Following) -> None:
    file = b'--b\r\nContent-Disposition: form-data; name="address"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    given = {"content-type": "multipart/form-data; boundary=b"}
    assert asyncio.run(circle.reader.ask("POST", "/subscribe", file, given)).status == 400
    many = "&".join(f"a{number}=" for number in range(3000)).encode()
    answer = asyncio.run(circle.reader.ask("POST", "/subscribe", many, {"content-type": URLENCODED}))
    assert answer.status == 400


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(circle: Following) -> None:
    given = {"content-type": URLENCODED, "content-length": str(100_000_000)}
    assert asyncio.run(circle.reader.ask("POST", "/subscribe", b"a=b", given)).status == 413


def test_what_was_written_into_the_form_is_shown_as_text(circle: Following) -> None:
    for text in ('"><script>alert(1)</script>', "{{ 7*7 }}", "=HYPERLINK(1)"):
        answer = asyncio.run(circle.reader.post("/subscribe", {"address": text}))
        (field,) = answer.page.find("input", type="email")
        assert field["value"] == text
        assert not answer.page.find("script")
