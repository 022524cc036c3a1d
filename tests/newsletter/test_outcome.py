"""What real servers say, and what it has to mean."""
# ruff: noqa: E501 - replies are quoted whole

import re
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.outcome import (
    REPLY_LENGTH,
    Kind,
    Outcome,
    Reply,
    Stage,
    Suppress,
    clean,
    for_log,
    judge,
    next_attempt,
    repeated,
)
from newsletter.settings import SmtpSettings
from tests.scenarios import NOW

RCPT, MAIL, DATA, END = Stage.RECIPIENT, Stage.SENDER, Stage.DATA, Stage.CONTENT
HARD, SECOND, NOT = Suppress.NOW, Suppress.WHEN_REPEATED, Suppress.NO
NEVER, AGAIN, HALT, SENT = Kind.NEVER, Kind.AGAIN, Kind.HALT, Kind.SENT

NOBODY_THERE = [
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 double-checking the "
          "recipient's email address for typos. https://support.google.com/mail/?p=NoSuchUser a1si123 - gsmtp"),
    (550, "5.1.1 <anna@example.org>: Recipient address rejected: User unknown in local recipient table"),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@example.org not found by SMTP address lookup"),
    (554, "5.1.2 The domain example.invalid does not exist"),
    (501, "5.1.3 Bad recipient address syntax"),
    (551, "5.1.6 The mailbox has moved, no forwarding address"),
    (556, "5.1.10 the domain takes no mail (null MX)"),
    (550, "No such user here"),
    (550, "Unknown user"),
    (550, "<anna@example.org>: user unknown"),
    (554, "delivery error: dd This user doesn't have a yahoo.com account (anna@yahoo.com) [0] - mta1.mail.yahoo.com"),
    (550, "5.0.0 Recipient unknown"),
    (553, "sorry, no mailbox here by that name. (#5.7.17)"),
    (550, "#5.1.1 Address does not exist"),
    (550, "Requested action not taken: mailbox not found"),
]  # fmt: skip

SHUT = [
    (550, "5.2.1 The email account that you tried to reach is inactive. https://support.google.com/mail/?p=DisabledUser"),
    (554, "30 Sorry, your message to anna@yahoo.com cannot be delivered. This mailbox is disabled (554.30)."),
    (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302)"),
]  # fmt: skip

FAILED_BUT_NOBODYS_ADDRESS_IS_WRONG = [
    (552, "5.2.2 The email account that you tried to reach is over quota and inactive"),
    (552, "5.2.3 message too long for this mailbox"),
    (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    (550, "5.3.0 something else"),
    (550, "5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam..."),
    (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
    (550, "5.7.606 Access denied, banned sending IP [192.0.2.1]"),
    (554, "Message not allowed - [PH01] Email not accepted for policy reasons."),
    (550, "5.6.0 headers are not as they should be"),
    (550, "5.1.1 <anna@example.org>: blocked, spam content"),
    (553, "5.6.7 SMTPUTF8 is required, but was not offered by host"),
    (500, "something nobody understands"),
    (550, ""),
]  # fmt: skip

ABOUT_US = [
    (550, "5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy."),
    (550, "5.7.25 The IP address sending this message does not have a PTR record setup"),
    (550, "5.7.27 ... SPF ..."),
    (550, "5.7.30 ... DKIM ..."),
    (550, "5.7.32 ... alignment ..."),
    (550, "5.7.29 this mail was not sent over TLS"),
    (550, "5.7.515 Access denied, sending domain example.org does not meet the required authentication level."),
    (554, "5.7.1 <anna@example.org>: Relay access denied"),
    (550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain"),
    (550, "relay not permitted"),
    (530, "5.7.0 Must issue a STARTTLS command first"),
    (530, "5.7.57 Client not authenticated to send mail"),
    (550, "5.1.8 <news@example.org>: Sender address rejected: Domain not found"),
    (550, "Sender verify failed"),
    (550, "5.4.5 Daily user sending quota exceeded"),
    (552, "5.3.4 Message size exceeds fixed limit"),
]  # fmt: skip

LATER = [
    (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages", False),
    (452, "4.2.2 The email account that you tried to reach is over quota", False),
    (450, "4.2.0 <anna@example.org>: Recipient address rejected: Greylisted", False),
    (451, "4.7.1 Greylisting in action, please come back later", False),
    (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", True),
    (421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints", True),
    (451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.", True),
    (451, "4.7.500 Server busy. Please try again later from [192.0.2.1].", True),
    (421, "4.3.2 Service not available, closing transmission channel", True),
    (421, "too many connections", True),
    (451, "4.7.23 the sending IP has no PTR record", True),
    (451, "4.3.0 Temporary lookup failure", False),
    (450, "5.1.1 a class that does not fit the code", False),
    (503, "5.5.1 Bad sequence of commands", False),
    (250, "2.1.5 a yes where none was asked for", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text"), NOBODY_THERE)
def test_where_nobody_is_the_address_is_suppressed(code: int, text: str) -> None:
    outcome = judge(RCPT, Reply(code, text))
    assert (outcome.kind, outcome.suppress) == (NEVER, HARD)


@pytest.mark.parametrize(("code", "text"), SHUT)
def test_a_shut_mailbox_is_suppressed_when_it_is_shut_twice(code: int, text: str) -> None:
    outcome = judge(RCPT, Reply(code, text))
    assert (outcome.kind, outcome.suppress) == (NEVER, SECOND)
    assert not repeated(outcome, [])
    assert not repeated(outcome, ["552 5.2.2 over quota", "gave up after 2 days: 450 4.2.0 greylisted", ""])
    assert repeated(outcome, ["552 5.2.2 over quota", outcome.reply])


@pytest.mark.parametrize("stage", [RCPT, DATA, END])
@pytest.mark.parametrize(("code", "text"), FAILED_BUT_NOBODYS_ADDRESS_IS_WRONG)
def test_what_is_not_about_the_address_does_not_suppress_it(stage: Stage, code: int, text: str) -> None:
    outcome = judge(stage, Reply(code, text))
    assert (outcome.kind, outcome.suppress) == (NEVER, NOT)


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(("code", "text"), ABOUT_US)
def test_what_is_about_us_halts_and_suppresses_nobody(stage: Stage, code: int, text: str) -> None:
    outcome = judge(stage, Reply(code, text))
    assert (outcome.kind, outcome.suppress) == (HALT, NOT)


@pytest.mark.parametrize(("code", "text", "slow"), LATER)
def test_what_passes_is_tried_again(code: int, text: str, *, slow: bool) -> None:
    outcome = judge(RCPT, Reply(code, text))
    assert (outcome.kind, outcome.suppress, outcome.slow) == (AGAIN, NOT, slow)


@pytest.mark.parametrize(("code", "text"), [*NOBODY_THERE, *FAILED_BUT_NOBODYS_ADDRESS_IS_WRONG])
def test_any_lasting_refusal_of_the_sender_is_about_us(code: int, text: str) -> None:
    expected = NEVER if text.startswith("5.6.7") else HALT
    assert judge(MAIL, Reply(code, text)).kind is expected


def test_a_yes_to_the_final_dot_is_sent() -> None:
    assert judge(END, Reply(250, "2.0.0 Ok: queued as 4XYZ")) == Outcome(SENT, "250 2.0.0 Ok: queued as 4XYZ")


@given(code=st.integers(-1, 999), text=st.text(max_size=80), stage=st.sampled_from(Stage))
def test_any_reply_is_judged_and_only_lasting_refusals_suppress(code: int, text: str, stage: Stage) -> None:
    outcome = judge(stage, Reply(code, text))
    if outcome.suppress is not NOT:
        assert outcome.kind is NEVER
        assert code // 100 == 5
    if outcome.kind is SENT:
        assert (stage, code // 100) == (END, 2)


@given(st.text(max_size=2000))
def test_a_reply_is_kept_as_one_clean_line(text: str) -> None:
    line = clean(text)
    assert len(line) <= REPLY_LENGTH
    assert line.isprintable() or not any(
        ord(character) < 0x20 or ord(character) == 0x7F for character in line
    )
    assert "\n" not in line
    line.encode()


def test_a_log_never_holds_an_address() -> None:
    said = "550 5.1.1 <anna.ek@example.org>: (anna.ek@example.org) user åsa@räksmörgås.example unknown"
    assert for_log(said) == "550 5.1.1 <<address>>: (<address>) user <address> unknown"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('550 "anna b"@example.org no', "550 <address> no"),
        ("550 anna @ example.org no", "550 <address> no"),
        ("550 anna=40example.org: no", "550 <address> no"),
        ("550 rcpt=anna%40example.org no", "550 <address> no"),
        ("550 rcpt=anna%2540example.org no", "550 <address> no"),
        ("550 =?utf-8?q?anna=40example.org?= no", "550 <address> no"),
        ("550 see http://mx/unsubscribe/4wAAAAAAAiAG19cYhuNnnSTne_oHTbkh9rVo6w", "550 see http://mx"),
        ("550 see (https://mx.example/a?rcpt=b) now", "550 see (https://mx.example) now"),
        ("550 mx/unsubscribe/4wAAA no", "550 ... no"),
        ("550 4wAAAAAAAiAG19cYhuNnnSTne_oHTbkh9rVo6w no", "550 ... no"),
        ("550 user=anna no", "550 ... no"),
        (
            "421 4.7.0 [TSS04] Messages from 192.0.2.1: try later",
            "421 4.7.0 [TSS04] Messages from 192.0.2.1: try later",
        ),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] not valid for 'mx'. (_ssl.c:1006)",) * 2,
        ("[Errno 111] Connect call failed ('127.0.0.1', 1)",) * 2,
        ("554 5.7.1 avsändaren är spärrad, se https://spärr.example",) * 2,
    ],
)
def test_a_log_holds_words_and_hosts_and_nothing_that_may_be_somebody_s(said: str, told: str) -> None:
    assert for_log(said) == told


PARTS = st.sampled_from(
    ["anna", "@", "=40", "%40", "%2540", "=", "%", "40", "/", "//", ":", "https://", "mx.example", '"', "\\", " ",
     "<", ">", "(", "unsubscribe", "4wAAAAAAAiAG19cYhuNnnSTne_oHTbkh9rVo6w", "\uff20", "\n", "å", "…"]
)  # fmt: skip


@given(st.lists(st.one_of(PARTS, st.text(max_size=5)), max_size=30).map("".join))
def test_no_spelling_of_an_address_or_a_token_comes_into_a_log(text: str) -> None:
    told = for_log(text)
    for sign in ("@", "\uff20", "=40", "%40", "%2540", "4wAAAAAAAiAG19cYhuNnnSTne_oHTbkh9rVo6w"):
        assert sign not in told
    assert "/" not in re.sub(r"https?://", "", told, flags=re.IGNORECASE)
    assert for_log(told) == told


def test_the_longest_reply_is_made_fit_for_a_log_at_once() -> None:
    for part in ('"', '"\\', "a", "https://a", "(https://a)", "=4", "%25", "a "):
        began = time.process_time()
        for_log(part * 100_000)
        assert time.process_time() - began < 0.5, part


def an_attempt(**over: object) -> object:
    settings = SmtpSettings()
    values = {
        "attempts": 1, "queued": NOW, "now": NOW, "retries": settings.retries,
        "give_up": settings.give_up, "chance": 0.0,
    }  # fmt: skip
    return next_attempt(**{**values, **over})  # type: ignore[arg-type]


def test_the_waits_grow_as_configured_and_the_last_one_repeats() -> None:
    waits = [an_attempt(attempts=number) for number in range(1, 9)]
    minutes = [(when - NOW) / timedelta(minutes=1) for when in waits]  # type: ignore[operator]
    assert minutes == [5, 15, 30, 60, 120, 240, 240, 240]


def test_chance_only_lengthens_a_wait() -> None:
    assert an_attempt(chance=0.999) > an_attempt(chance=0.0) == NOW + timedelta(minutes=5)  # type: ignore[operator]
    assert an_attempt(chance=0.999) < NOW + timedelta(minutes=7)  # type: ignore[operator]


def test_it_gives_up_in_the_end() -> None:
    assert an_attempt(attempts=5, now=NOW + timedelta(days=2)) is None
    assert an_attempt(attempts=5, now=NOW + timedelta(days=1, hours=23)) is not None


def test_after_an_outage_of_our_own_a_delivery_still_gets_its_tries() -> None:
    late = NOW + timedelta(days=4)
    assert an_attempt(attempts=1, now=late) == late + timedelta(minutes=5)
    assert an_attempt(attempts=3, now=late) is None
