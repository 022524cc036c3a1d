"""The rules of delivery, with a courier that remembers: on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from newsletter.courier import Envelope
from newsletter.errors import CourierDown, DeliveryError, NoConnection, SenderRefused
from newsletter.outcome import Kind, Outcome, Suppress
from storage import deliveries, delivery_history, issues, leases, subscribers, suppressions
from storage.engine import open_engine, reading, writing
from storage.suppressions import address_hash
from tests.mailing import (
    RememberingCourier,
    TestClock,
    an_issue_to,
    issue_state,
    means,
    queue_issue,
    reader,
    send,
    set_issue_state,
    states,
)
from tests.scenarios import NOW

LATER = Outcome(Kind.AGAIN, "451 4.7.1 greylisted")


async def test_everybody_gets_the_issue_once_and_it_is_finished(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(25)])
    courier = RememberingCourier()

    tally = await send(means(database, courier), issue)

    assert sorted(mail.recipient for mail in courier.mails) == sorted(reader(n) for n in range(25))
    assert (tally.total, tally.sent, tally.finished) == (25, 25, True)
    assert states(database, issue) == {"sent": 25}
    assert issue_state(database, issue) == "sent"
    again = await send(means(database, courier), issue)
    assert (again.sent, len(courier.mails)) == (0, 25)


async def test_an_issue_to_nobody_is_finished_at_once(database: Engine) -> None:
    issue = queue_issue(database)
    tally = await send(means(database), issue)
    assert (tally.total, tally.finished, issue_state(database, issue)) == (0, True, "sent")


@pytest.mark.parametrize("state", ["awaiting-approval", "paused", "cancelled", "sent"])
async def test_an_issue_that_may_not_be_sent_is_left_alone(database: Engine, state: str) -> None:
    issue, _ = an_issue_to(database, [reader(1)])
    set_issue_state(database, issue, state)
    courier = RememberingCourier()

    tally = await send(means(database, courier), issue)

    assert (tally.sent, courier.mails, issue_state(database, issue)) == (0, [], state)
    assert states(database, issue) == {"queued": 1}


async def test_an_issue_that_does_not_exist_is_said(database: Engine) -> None:
    with pytest.raises(DeliveryError, match="no issue with the id 99"):
        await send(means(database), 99)


async def test_each_mail_is_filled_with_its_readers_own_values(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1), reader(2)])
    courier = RememberingCourier()
    await send(means(database, courier), issue)
    first, second = sorted(courier.mails, key=lambda mail: mail.recipient)
    assert first.sender == "news@example.org"
    assert b"To: reader1@example.com\r\n" in first.message
    assert b"To: reader2@example.com\r\n" in second.message
    assert b"@@" not in first.message
    assert first.message.count(b"\r\n") == second.message.count(b"\r\n")


async def test_a_passing_refusal_is_tried_again_and_waited_for_as_long_as_patience_lasts(
    database: Engine,
) -> None:
    issue, _ = an_issue_to(database, [reader(1), reader(2)])
    answers = {reader(1): [LATER, LATER]}
    courier = RememberingCourier(lambda mail: (answers.get(mail.recipient) or [None]).pop(0))
    clock = TestClock()
    by = means(database, courier, clock=clock)

    hasty = await send(by, issue)
    assert (hasty.sent, hasty.deferred, hasty.finished) == (1, 1, False)
    assert hasty.again_at == NOW + timedelta(minutes=5)
    assert (states(database, issue), issue_state(database, issue)) == ({"sent": 1, "deferred": 1}, "sending")

    patient = await send(by, issue, patience=timedelta(hours=1))
    assert (patient.sent, patient.deferred, patient.finished) == (1, 1, True)
    assert clock.now >= NOW + timedelta(minutes=20)
    assert [mail.recipient for mail in courier.mails].count(reader(1)) == 3
    assert len({mail.message for mail in courier.mails}) == 2, "a retry is the very same mail"


async def test_a_delivery_that_never_succeeds_is_given_up(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(1)])
    courier = RememberingCourier(lambda _: LATER)
    by = means(database, courier, smtp={"give_up": "3h"})
    tally = await send(by, issue, patience=timedelta(days=5))
    assert (tally.failed, tally.finished) == (1, True)
    with reading(database) as conn:
        [row] = delivery_history.of_subscriber(conn, ids[reader(1)], 5)
        assert suppressions.of(conn, address_hash(reader(1))) == []
    assert row.reply == "gave up after 4 hours: 451 4.7.1 greylisted"
    assert row.attempts == len(courier.mails) == 6


async def test_a_lasting_refusal_fails_and_a_hard_one_suppresses_the_address(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1), reader(2), reader(3)])
    local_part = reader(1).partition("@")[0]
    gone = Outcome(Kind.NEVER, f"550 5.1.1 <{reader(1)}>: user {local_part} unknown", Suppress.NOW)
    full = Outcome(Kind.NEVER, "552 5.2.2 full")
    courier = RememberingCourier(lambda mail: {reader(1): gone, reader(2): full}.get(mail.recipient))

    tally = await send(means(database, courier), issue)

    assert (tally.sent, tally.failed, tally.finished) == (1, 2, True)
    with reading(database) as conn:
        [row] = suppressions.of(conn, address_hash(reader(1)))
        assert suppressions.of(conn, address_hash(reader(2))) == []
        assert [group.count for group in subscribers.groups(conn, "weekly", NOW)] == [2]
    assert (row.reason, row.newsletter) == ("hard bounce", "")
    assert row.detail == "550 5.1.1", "a suppression outlives the erasure of the person"


async def test_a_shut_mailbox_is_suppressed_by_the_second_issue_that_it_refuses(database: Engine) -> None:
    shut = Outcome(Kind.NEVER, "550 5.2.1 disabled", Suppress.WHEN_REPEATED)
    by = means(database, RememberingCourier(lambda _: shut))
    first, _ = an_issue_to(database, [reader(1)])
    await send(by, first)
    with reading(database) as conn:
        assert suppressions.of(conn, address_hash(reader(1))) == []
    await send(by, queue_issue(database, number=2))
    with reading(database) as conn:
        assert [row.reason for row in suppressions.of(conn, address_hash(reader(1)))] == ["hard bounce"]


async def test_who_left_or_was_suppressed_after_queueing_gets_nothing(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(5)])
    with writing(database) as conn:
        subscribers.unsubscribe(conn, ids[reader(0)], "weekly", NOW)
        suppressions.add(conn, address_hash(reader(1)), reason="complaint", now=NOW)
        suppressions.add(conn, address_hash(reader(2)), reason="x", newsletter="weekly", now=NOW)
        suppressions.add(conn, address_hash(reader(3)), reason="x", newsletter="another", now=NOW)
        delivery_history.forget(conn, ids[reader(4)], NOW)
        subscribers.erase(conn, ids[reader(4)])
    courier = RememberingCourier()

    tally = await send(means(database, courier), issue)

    assert [mail.recipient for mail in courier.mails] == [reader(3)]
    assert (tally.sent, tally.suppressed, tally.finished) == (1, 3, True)
    assert states(database, issue) == {"sent": 1, "suppressed": 4}


async def test_a_suppression_in_the_middle_of_the_run_is_honoured(database: Engine) -> None:
    """Everybody is claimed in one batch before the first mail goes out: it is asked again for each."""
    issue, _ = an_issue_to(database, [reader(n) for n in range(8)])

    def suppress_the_rest(mail: Envelope) -> None:
        if len(courier.mails) == 1:
            with writing(database) as conn:
                for number in range(8):
                    if reader(number) != mail.recipient:
                        suppressions.add(conn, address_hash(reader(number)), reason="complaint", now=NOW)

    courier = RememberingCourier(suppress_the_rest)
    tally = await send(means(database, courier, connections=1), issue)
    assert (tally.sent, tally.suppressed, len(courier.mails)) == (1, 7, 1)


@pytest.mark.parametrize("state", ["paused", "cancelled"])
async def test_pausing_or_cancelling_stops_at_the_next_mail(database: Engine, state: str) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(8)])
    courier = RememberingCourier(lambda _: set_issue_state(database, issue, state))
    tally = await send(means(database, courier, connections=1), issue)
    assert (tally.sent, len(courier.mails)) == (1, 1)
    assert states(database, issue) == {"sent": 1, "queued": 7}
    assert issue_state(database, issue) == state

    set_issue_state(database, issue, "queued")
    await send(means(database, later := RememberingCourier()), issue)
    assert len(later.mails) == 7


async def test_a_stop_ends_after_the_open_mails_and_gives_the_rest_back(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(30)])
    stop = asyncio.Event()
    courier = RememberingCourier(lambda _: stop.set())
    tally = await send(means(database, courier), issue, stop=stop)
    assert 1 <= tally.sent <= 3
    assert states(database, issue) == {"sent": tally.sent, "queued": 30 - tally.sent}
    assert not tally.finished

    after = await send(means(database, courier), issue)
    assert (after.sent, after.finished) == (30 - tally.sent, True)
    assert len({mail.recipient for mail in courier.mails}) == len(courier.mails) == 30


async def test_a_fault_of_the_sender_halts_the_run_and_nobody_is_failed(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(30)])
    fault = Outcome(Kind.HALT, "550 5.7.26 news@example.org is unauthenticated")
    with pytest.raises(SenderRefused, match=r"550 5\.7\.26 <address> is unauthenticated"):
        await send(means(database, RememberingCourier(lambda _: fault)), issue)
    counted = states(database, issue)
    assert set(counted) == {"queued", "deferred"}
    assert counted["deferred"] <= 3
    assert issue_state(database, issue) == "sending"


class DownCourier(RememberingCourier):
    """Cannot connect for the first `failures` times."""

    def __init__(self, failures: int, *, passing: bool = True) -> None:
        super().__init__()
        self.failures = failures
        self.passing = passing

    async def ready(self) -> None:
        await super().ready()
        if self.readied <= self.failures:
            message = "127.0.0.1:25: connection refused"
            raise NoConnection(message, passing=self.passing)


async def test_a_server_that_is_down_costs_nobody_an_attempt(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(10)])
    clock = TestClock()
    by = means(database, DownCourier(1000), clock=clock, connections=1)
    with pytest.raises(CourierDown, match="connection refused; sending has stopped"):
        await send(by, issue)
    assert clock.slept == [1, 2, 4, 8, 16]
    assert states(database, issue) == {"queued": 10}
    with reading(database) as conn:
        assert delivery_history.of_subscriber(conn, ids[reader(1)], 1)[0].attempts == 0


async def test_a_wrong_password_is_not_tried_again(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1)])
    courier = DownCourier(1000, passing=False)
    with pytest.raises(CourierDown):
        await send(means(database, courier, connections=1), issue)
    assert courier.readied == 1


async def test_a_server_that_comes_back_is_used_again(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(10)])
    tally = await send(means(database, DownCourier(3), connections=1), issue)
    assert (tally.sent, tally.finished) == (10, True)


async def test_a_worker_that_the_server_has_no_room_for_leaves_it_to_the_others(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(60)])
    working, refused = RememberingCourier(), DownCourier(10_000)
    made = [working, refused]
    by = means(database, connections=2, couriers=lambda: made.pop(0), sleep=lambda _: asyncio.sleep(0.04))
    tally = await send(by, issue)
    assert (tally.sent, tally.finished) == (60, True)
    assert len(working.mails) == 60


async def test_a_server_that_asks_for_slowness_gets_it_and_stops_the_run_in_the_end(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(50)])
    busy = Outcome(Kind.AGAIN, "421 4.7.28 unusual rate", slow=True)
    clock = TestClock()
    by = means(database, RememberingCourier(lambda _: busy), clock=clock, connections=1)
    with pytest.raises(CourierDown, match="unusual rate"):
        await send(by, issue)
    assert clock.slept == [1, 2, 4, 8, 16]
    assert states(database, issue) == {"deferred": 6, "queued": 44}


@pytest.mark.parametrize(("policy", "mails", "state"), [("resend", 2, "sent"), ("hold", 1, "held")])
async def test_an_uncertain_delivery_is_sent_again_or_held(
    database: Engine, policy: str, mails: int, state: str
) -> None:
    issue, _ = an_issue_to(database, [reader(1)])
    answers = [Outcome(Kind.UNCERTAIN, "the connection broke")]
    courier = RememberingCourier(lambda _: answers.pop() if answers else None)
    by = means(database, courier, smtp={"uncertain": policy})
    tally = await send(by, issue, patience=timedelta(hours=1))
    assert (len(courier.mails), states(database, issue)) == (mails, {state: 1})
    assert (tally.uncertain, tally.finished) == (1, True)
    assert len({mail.message for mail in courier.mails}) == 1, "the repeated mail has the same Message-ID"


async def test_a_server_that_never_answers_gets_three_copies_at_most(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1)])
    courier = RememberingCourier(lambda _: Outcome(Kind.UNCERTAIN, "the server took too long to answer"))
    await send(means(database, courier), issue, patience=timedelta(days=5))
    assert (len(courier.mails), states(database, issue)) == (3, {"held": 1})


async def test_an_address_that_cannot_stand_in_a_header_fails_alone(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(1), "two words@example.com", "x>y@example.com"])
    tally = await send(means(database, courier := RememberingCourier()), issue)
    assert (tally.sent, tally.failed, tally.finished) == (1, 2, True)
    assert len(courier.mails) == 1


async def test_a_bug_in_one_mail_stops_the_run_without_losing_or_repeating_anything(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(20)])

    def broken(mail: Envelope) -> None:
        if mail.recipient == reader(5):
            message = "a bug"
            raise ValueError(message)

    courier = RememberingCourier(broken)
    with pytest.raises(ValueError, match="a bug"):
        await send(means(database, courier, smtp={"uncertain": "hold"}), issue)
    counted = states(database, issue)
    assert counted["held"] == 1
    assert counted["sent"] == len(courier.mails) - 1
    assert sum(counted.values()) == 20
    assert "sending" not in counted


async def test_being_cancelled_leaves_the_open_mails_uncertain_and_the_rest_queued(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(20)])
    inside = asyncio.Event()

    class Stuck(RememberingCourier):
        async def deliver(self, envelope: Envelope) -> Outcome:
            self.mails.append(envelope)
            inside.set()
            await asyncio.sleep(60)
            raise AssertionError

    task = asyncio.create_task(send(means(database, Stuck(), connections=1), issue))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert states(database, issue) == {"uncertain": 1, "queued": 19}


async def test_two_senders_at_once_mail_nobody_twice(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(120)])
    couriers = [RememberingCourier(), RememberingCourier()]
    tallies = await asyncio.gather(
        *(
            send(means(database, courier, owner=f"process-{number}"), issue, patience=timedelta(minutes=1))
            for number, courier in enumerate(couriers)
        )
    )
    mailed = [mail.recipient for courier in couriers for mail in courier.mails]
    assert len(set(mailed)) == len(mailed) == 120
    assert sum(tally.sent for tally in tallies) == 120
    assert issue_state(database, issue) == "sent"


async def test_what_a_gone_process_had_claimed_is_taken_over_at_once(database: Engine) -> None:
    issue, ids = an_issue_to(database, [reader(n) for n in range(6)])
    lease = leases.Lease("gone-process", NOW, NOW + timedelta(hours=1))
    with writing(database) as conn:
        leases.claim(conn, issue, lease, 4)
        started = leases.start(conn, issue, "weekly", [ids[reader(0)]], lease).ready
    assert len(started) == 1
    waiting = RememberingCourier()
    await send(means(database, waiting), issue)
    assert len(waiting.mails) == 2, "the lease of a process that may live is respected"

    courier = RememberingCourier()
    tally = await send(means(database, courier, gone=lambda name: name == "gone-process"), issue)
    assert (tally.sent, tally.finished) == (4, True)


async def test_an_issue_is_not_finished_while_something_of_it_is_queued_again(postgresql_url: str) -> None:
    """SQLite has one writer at a time; here what is not committed yet is not seen."""
    engine = open_engine(postgresql_url)
    issue, _ = an_issue_to(engine, [reader(1)])
    await send(means(engine, RememberingCourier(lambda _: Outcome(Kind.NEVER, "552 5.2.2 full"))), issue)
    set_issue_state(engine, issue, "sending")
    with writing(engine) as conn:
        issues.hold(conn, issue)
        assert deliveries.retry_failed(conn, issue, NOW) == 1
        other = asyncio.create_task(send(means(engine, owner="other"), issue))
        await asyncio.sleep(0.3)
    await other
    found = (issue_state(engine, issue), states(engine, issue))
    engine.dispose()
    # It concluded before the commit and saw it coming, or began after it and sent the mail.
    assert found in (("sending", {"queued": 1}), ("sent", {"sent": 1}))


async def test_the_progress_counts_up_to_everybody(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(10)])
    seen: list[int] = []
    await send(means(database), issue, on_progress=lambda tally: seen.append(tally.sent))
    assert seen == list(range(1, 11))


async def test_no_address_reaches_a_log(database: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    issue, ids = an_issue_to(database, [reader(1)])
    refusal = Outcome(Kind.NEVER, f"550 5.1.1 {reader(1)}: reader1 is unknown", Suppress.NOW)
    await send(means(database, RememberingCourier(lambda _: refusal)), issue)
    assert f"subscriber {ids[reader(1)]}: failed 550 5.1.1" in caplog.text
    assert "reader1" not in caplog.text


async def test_a_mail_rests_as_long_as_courtesy_wants(database: Engine) -> None:
    issue, _ = an_issue_to(database, [reader(n) for n in range(6)])
    clock = TestClock()
    tally = await send(means(database, clock=clock, connections=1, courtesy=lambda: 0.5), issue)
    assert (tally.sent, clock.slept.count(0.5)) == (6, 6)
