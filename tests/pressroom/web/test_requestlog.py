"""The log of requests names pages, and neither people nor tokens."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from pressroom.web.requestlog import Logged, told
from tests.pressroom.web.sockets import ask, served

TOKEN = "q7Zk3-vVtoken"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/", "/"),
        ("/feeds/all/atom.xml", "/feeds/all/atom.xml"),
        ("/subscribe", "/subscribe"),
        (f"/confirm/{TOKEN}", "/confirm/..."),
        (f"/preferences/{TOKEN}/export", "/preferences/..."),
        (f"/Confirm/{TOKEN}", "/..."),
        (f"/{TOKEN}", "/..."),
        ("/anna@example.org", "/..."),
        ("", "/"),
        (f"//unsubscribe/{TOKEN}", "/..."),
        (f"///confirm/{TOKEN}", "/..."),
        (f"/%75nsubscribe/{TOKEN}", "/..."),
        (f"/./unsubscribe/{TOKEN}", "/..."),
        (f"unsubscribe/{TOKEN}", "/unsubscribe/..."),
        (f"/feeds/../unsubscribe/{TOKEN}", "/feeds/..."),
        (f"/feeds//unsubscribe/{TOKEN}", "/feeds/..."),
        (f"/items/Unsubscribe/{TOKEN}", "/items/..."),
        (f"/items/unsubscribe%2F{TOKEN}", "/items/..."),
        (f"/items\\unsubscribe\\{TOKEN}", "/..."),
        (f"/items/\\unsubscribe\\{TOKEN}", "/items/..."),
    ],
)
def test_a_path_is_told_as_far_as_it_is_nobodys(path: str, line: str) -> None:
    assert told(path) == line


@given(st.text(max_size=30))
def test_what_follows_a_page_with_a_token_is_never_told(rest: str) -> None:
    assert told(f"/unsubscribe/{rest}") in {"/unsubscribe/...", "/unsubscribe/"}


@given(
    before=st.text("/.%5cC\\ ;", max_size=8),
    word=st.sampled_from(["unsubscribe", "%75nsubscribe", "Preferences", "confirm", "items/confirm"]),
)
def test_no_spelling_of_an_address_brings_a_token_into_the_log(before: str, word: str) -> None:
    assert TOKEN not in told(f"/{before}{word}/{TOKEN}")


async def test_a_line_for_each_request(caplog: pytest.LogCaptureFixture) -> None:
    app = Logged(PlainTextResponse("hello"), "/news")
    with caplog.at_level(logging.INFO, logger="pressroom"):
        async with served(app) as port:
            await ask(port, "/news/feeds/?anna=1")
            await ask(port, f"/news/confirm/{TOKEN}", x_forwarded_for="192.0.2.77")
            for path in ("//confirm", "/news//confirm", "/news/%63onfirm", "/%6eews/feeds/%2e%2e/confirm"):
                await ask(port, f"{path}/{TOKEN}")
    lines = [record.fields for record in caplog.records if record.getMessage() == "request"]  # type: ignore[attr-defined]
    assert [(line["path"], line["status"], line["bytes"]) for line in lines[:2]] == [
        ("/feeds/", 200, 5),
        ("/confirm/...", 200, 5),
    ]
    assert TOKEN not in str(lines)
    assert "192.0.2.77" not in str(lines)
    assert "anna" not in str(lines)
