"""The SMTP courier against a server that speaks real SMTP and answers as the script wants it."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter import smtp
from newsletter.courier import Envelope
from newsletter.errors import CourierDown, NoConnection
from newsletter.outcome import Kind, Suppress
from newsletter.settings import SmtpSettings
from newsletter.smtp import SmtpCourier, parse_server
from pressroom.sink import Received, Sink
from pressroom.sink_session import Answer, SinkSettings
from tests.mailing import TEMPLATE

CERTIFICATES = Path(__file__).parent / "certificates"
SENDER = "news@example.org"
LOGGED_IN = SinkSettings(users={"news": "s3cret word"})


class Script:
    """Answers given moments otherwise, once or always, and remembers what was asked."""

    def __init__(self, **answers: Answer | list[Answer | None] | Callable[[str], Answer | None]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    def __call__(self, stage: str, recipient: str) -> Answer | None:
        self.asked.append((stage, recipient))
        answer = self.answers.get(stage)
        if isinstance(answer, list):
            return answer.pop(0) if answer else None
        return answer(recipient) if callable(answer) else answer


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    return context


def settings(sink: Sink, scheme: str = "smtp", user: str = "", **over: Any) -> SmtpSettings:
    who = f"{user}@" if user else ""
    return SmtpSettings(
        **{
            "url": f"{scheme}://{who}127.0.0.1:{sink.port}",
            "local_hostname": "mail.example.org",
            "timeout": timedelta(seconds=5),
        }
        | over
    )


def courier_to(sink: Sink, *args: str, **over: Any) -> SmtpCourier:
    return SmtpCourier(parse_server(settings(sink, *args, **over)))


def an_envelope(recipient: str = "anna@example.com", message: bytes = TEMPLATE) -> Envelope:
    return Envelope(SENDER, recipient, message)


async def deliver_one(courier: SmtpCourier, envelope: Envelope | None = None) -> Any:
    await courier.ready()
    return await courier.deliver(envelope or an_envelope())


@pytest.fixture
def mails() -> list[Received]:
    return []


async def test_the_bytes_arrive_exactly_as_they_were_made(mails: list[Received]) -> None:
    message = b".\r\nline\r\n.\r\n..dots\r\n\r\n.end\r\n" + b"x" * 70_000 + b"\r\n" + TEMPLATE
    async with Sink(mails.append).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier, an_envelope(message=message))
        await courier.close()

    assert outcome.kind is Kind.SENT
    assert [mail.message for mail in mails] == [message]
    assert mails[0].wire == b"." + message.replace(b"\r\n.", b"\r\n..")
    assert (mails[0].sender, mails[0].recipient) == (SENDER, "anna@example.com")
    assert mails[0].options == (f"SIZE={len(message)}",)


async def test_an_empty_message_is_a_message(mails: list[Received]) -> None:
    async with Sink(mails.append).listening() as sink:
        courier = courier_to(sink)
        assert (await deliver_one(courier, an_envelope(message=b""))).kind is Kind.SENT
        assert (await deliver_one(courier)).kind is Kind.SENT
        await courier.close()
    assert [mail.message for mail in mails] == [b"\r\n", TEMPLATE]


async def test_the_connection_is_kept_and_renewed_after_a_hundred_mails(mails: list[Received]) -> None:
    async with Sink(mails.append).listening() as sink:
        courier = courier_to(sink)
        for _ in range(smtp.MAILS_PER_CONNECTION + 1):
            assert (await deliver_one(courier)).kind is Kind.SENT
        await courier.close()
        assert sink.connections == 2
    assert [mail.connection for mail in mails] == [1] * 100 + [2]


async def test_a_refused_recipient_leaves_the_connection_good(mails: list[Received]) -> None:
    script = Script(rcpt=[Answer("550 5.1.1 <anna@example.com>: user unknown"), Answer("450 4.2.1 later")])
    async with Sink(mails.append, script).listening() as sink:
        courier = courier_to(sink)
        never, again, sent = [await deliver_one(courier) for _ in range(3)]
        await courier.close()
        assert sink.connections == 1
    assert (never.kind, never.suppress) == (Kind.NEVER, Suppress.NOW)
    assert never.reply == "550 5.1.1 <anna@example.com>: user unknown"
    assert (again.kind, sent.kind) == (Kind.AGAIN, Kind.SENT)
    assert len(mails) == 1


@pytest.mark.parametrize("stage", ["rcpt", "data", "end"])
async def test_a_421_ends_the_connection_and_is_tried_again_later(stage: str, mails: list[Received]) -> None:
    script = Script(**{stage: [Answer("421 4.7.0 too many messages, come back later")]})
    async with Sink(mails.append, script).listening() as sink:
        courier = courier_to(sink)
        first = await deliver_one(courier)
        second = await deliver_one(courier)
        await courier.close()
        assert sink.connections == 2
    assert (first.kind, first.slow, second.kind) == (Kind.AGAIN, True, Kind.SENT)


async def test_a_kept_connection_that_the_server_ends_costs_no_attempt(mails: list[Received]) -> None:
    script = Script(mail=[None, Answer("421 4.4.2 idle too long"), None, None, Answer(drop=True)])
    async with Sink(mails.append, script).listening() as sink:
        courier = courier_to(sink)
        outcomes = [await deliver_one(courier) for _ in range(4)]
        await courier.close()
        assert sink.connections == 3
    assert [outcome.kind for outcome in outcomes] == [Kind.SENT] * 4
    assert len(mails) == 4


async def test_a_421_to_a_new_connection_is_no_reason_to_open_one_after_the_other() -> None:
    async with Sink(script=Script(mail=Answer("421 4.3.2 too busy"))).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier)
        assert sink.connections == 1
    assert (outcome.kind, outcome.slow) == (Kind.AGAIN, True)


@pytest.mark.parametrize(
    ("stage", "kind"),
    [("rcpt", Kind.AGAIN), ("data", Kind.AGAIN), ("content", Kind.UNCERTAIN), ("end", Kind.UNCERTAIN)],
)
async def test_a_break_is_uncertain_only_once_the_message_is_under_way(stage: str, kind: Kind) -> None:
    async with Sink(script=Script(**{stage: [Answer(drop=True)]})).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier)
        after = await deliver_one(courier)
        await courier.close()
    assert (outcome.kind, outcome.suppress) == (kind, Suppress.NO)
    assert "broke the connection" in outcome.reply
    assert after.kind is Kind.SENT


@pytest.mark.parametrize(("stage", "kind"), [("rcpt", Kind.AGAIN), ("end", Kind.UNCERTAIN)])
async def test_a_server_that_never_answers_is_like_a_break(stage: str, kind: Kind) -> None:
    async with Sink(script=Script(**{stage: [Answer(delay=30)]})).listening() as sink:
        courier = courier_to(sink, timeout=timedelta(milliseconds=60))
        outcome = await deliver_one(courier)
        after = await deliver_one(courier)
        await courier.close()
    assert outcome.kind is kind
    assert "took too long" in outcome.reply
    assert after.kind is Kind.SENT, "the late answer to the first was taken for one to the second"


async def test_an_answer_that_is_no_smtp_is_uncertain_after_the_message() -> None:
    async with Sink(script=Script(end=[Answer("hello?")])).listening() as sink:
        courier = courier_to(sink)
        assert (await deliver_one(courier)).kind is Kind.UNCERTAIN
        assert (await deliver_one(courier)).kind is Kind.SENT
        await courier.close()


async def test_a_cancelled_delivery_leaves_no_connection_behind(mails: list[Received]) -> None:
    late = Answer("550 5.1.1 user unknown", delay=0.1)
    async with Sink(mails.append, Script(rcpt=[late])).listening() as sink:
        courier = courier_to(sink)
        await courier.ready()
        task = asyncio.create_task(courier.deliver(an_envelope()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        after = await deliver_one(courier)
        await courier.close()
        assert sink.connections == 2
    assert after.kind is Kind.SENT, "the late answer was taken for one to the next mail"


async def test_an_address_with_other_letters_goes_out_where_the_server_takes_it(
    mails: list[Received],
) -> None:
    async with Sink(mails.append).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier, an_envelope("åsa@example.com"))
        await courier.close()
    assert outcome.kind is Kind.SENT
    assert mails[0].recipient == "åsa@example.com"
    assert set(mails[0].options) == {"SMTPUTF8", "BODY=8BITMIME", f"SIZE={len(TEMPLATE)}"}


async def test_other_letters_before_the_at_fail_clearly_where_the_server_does_not() -> None:
    async with Sink(settings=SinkSettings(smtputf8=False)).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier, an_envelope("åsa@example.com"))
        assert (outcome.kind, outcome.suppress) == (Kind.NEVER, Suppress.NO)
        assert "SMTPUTF8" in outcome.reply
        assert (await deliver_one(courier)).kind is Kind.SENT
        await courier.close()
        assert sink.connections == 1


@pytest.mark.parametrize("recipient", ["a@b.example> SIZE=1", "a b@example.com", "a@example.com\r\nDATA", ""])
async def test_what_is_more_than_one_address_never_reaches_the_wire(recipient: str) -> None:
    script = Script()
    async with Sink(script=script).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier, an_envelope(recipient))
        await courier.close()
    assert outcome.kind is Kind.NEVER
    assert not [stage for stage, _ in script.asked if stage in ("mail", "rcpt")]


@pytest.mark.parametrize("body", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nMAIL FROM:<x@y.example>\r\n"])
async def test_a_message_that_could_smuggle_another_is_not_sent(body: bytes, mails: list[Received]) -> None:
    async with Sink(mails.append).listening() as sink:
        courier = courier_to(sink)
        assert (await deliver_one(courier, an_envelope(message=body))).kind is Kind.NEVER
        await courier.close()
    assert mails == []


async def test_a_sender_that_the_server_refuses_is_our_fault() -> None:
    async with Sink(script=Script(mail=Answer("550 5.1.8 sender domain unknown"))).listening() as sink:
        courier = courier_to(sink)
        outcome = await deliver_one(courier)
        await courier.close()
    assert (outcome.kind, outcome.suppress) == (Kind.HALT, Suppress.NO)


async def test_log_in_over_starttls_with_a_verified_certificate(mails: list[Received]) -> None:
    over_tls = SinkSettings(tls=tls(), users=LOGGED_IN.users)
    async with Sink(mails.append, settings=over_tls).listening() as sink:
        courier = courier_to(
            sink, "smtp+starttls", "news", password="s3cret word", ca_file=CERTIFICATES / "ca.pem"
        )
        assert (await deliver_one(courier)).kind is Kind.SENT
        await courier.close()
    assert len(mails) == 1


async def test_tls_from_the_first_octet(mails: list[Received]) -> None:
    at_once = SinkSettings(tls=tls(), tls_at_once=True, users=LOGGED_IN.users)
    async with Sink(mails.append, settings=at_once).listening() as sink:
        courier = courier_to(sink, "smtps", "news", password="s3cret word", ca_file=CERTIFICATES / "ca.pem")
        assert (await deliver_one(courier)).kind is Kind.SENT
        await courier.close()
    assert len(mails) == 1


async def no_connection(courier: SmtpCourier) -> NoConnection:
    with pytest.raises(NoConnection) as caught:
        await courier.ready()
    return caught.value


async def test_without_starttls_nothing_is_sent_in_clear() -> None:
    script = Script()
    async with Sink(script=script).listening() as sink:
        error = await no_connection(courier_to(sink, "smtp+starttls"))
    assert not error.passing
    assert "STARTTLS" in str(error)
    assert {stage for stage, _ in script.asked} == {"connect", "ehlo"}


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(scheme: str) -> None:
    untrusted = SinkSettings(tls=tls(), tls_at_once=scheme == "smtps")
    async with Sink(settings=untrusted).listening() as sink:
        error = await no_connection(courier_to(sink, scheme))
    assert not error.passing
    assert "the certificate is not trusted" in str(error)
    assert "smtp.ca_file" in str(error)


async def test_a_wrong_password_is_said_without_saying_it() -> None:
    async with Sink(settings=SinkSettings(tls=tls(), users=LOGGED_IN.users)).listening() as sink:
        ca = CERTIFICATES / "ca.pem"
        courier = courier_to(sink, "smtp+starttls", "news", password="wr0ng", ca_file=ca)
        error = await no_connection(courier)
    assert not error.passing
    assert "the log-in was refused: 535 5.7.8" in str(error)
    assert "wr0ng" not in f"{error!r} {error} {courier._server!r}"


async def test_tls_to_a_port_that_does_not_speak_it_is_explained() -> None:
    async with Sink().listening() as sink:
        error = await no_connection(courier_to(sink, "smtps"))
    assert "does the port fit the scheme smtps?" in str(error)


async def test_a_server_that_is_down_may_come_back() -> None:
    async with Sink().listening() as sink:
        courier = courier_to(sink)
    error = await no_connection(courier)
    assert error.passing
    assert f"127.0.0.1:{sink.port}" in str(error)


@pytest.mark.parametrize(
    ("line", "passing"), [("421 4.3.2 too many connections", True), ("554 go away", False)]
)
async def test_a_server_that_greets_with_a_refusal(line: str, passing: bool) -> None:  # noqa: FBT001
    async with Sink(script=Script(connect=Answer(line))).listening() as sink:
        error = await no_connection(courier_to(sink))
    assert (error.passing, line in str(error)) == (passing, True)


def test_a_certificate_file_that_is_none_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(CourierDown, match=r"smtp\.ca_file"):
        smtp.couriers(SmtpSettings(url="smtps://mail.example.org", ca_file=tmp_path / "ca.pem"))
