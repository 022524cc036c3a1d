"""Letters on their way: sent once, put off, given up, taken over, and never sent where they must not go."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from newsletter import following
from newsletter.correspondence import Post, deliver_letters
from newsletter.courier import Envelope
from newsletter.delivery import Means
from newsletter.errors import CourierDown, NoConnection, SenderRefused
from newsletter.letters import Letterhead, Masthead, Stationery
from newsletter.outcome import Kind, Outcome, Suppress
from storage import letters, suppressions
from storage.engine import reading, writing
from storage.leases import Lease
from storage.schema import letters as table
from tests.mailing import RememberingCourier, TestClock, means
from tests.mails import built_in_templates, links_of_text, read
from tests.newsletter.followers import CLICK, KEY, OFFER, confirmed, sign_up, ticket
from tests.scenarios import BASE_URL, NOW

WEEKLY = Masthead("Veckan", "News <news@example.org>", None, "sv")
HEAD = Letterhead("Us", "https://example.org", ("Box 1",), "Europe/Stockholm", BASE_URL, {"weekly": WEEKLY})
MINUTES = timedelta(minutes=1)


@pytest.fixture(scope="module")
def paper() -> Stationery:
    return Stationery(HEAD, built_in_templates(), KEY)


async def deliver(by: Means, paper: Stationery) -> Post:
    return await deliver_letters(by, paper, asyncio.Event())


def states(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as conn:
        rows = conn.execute(select(table.c.kind, table.c.state).order_by(table.c.id))
        return [(row.kind, row.state) for row in rows]


def asked(engine: Engine, *addresses: str) -> None:
    with writing(engine) as conn:
        for number, address in enumerate(addresses):
            sign_up(conn, address, client=f"192.0.2.{number}")


async def test_a_letter_goes_out_once_and_its_link_confirms(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org")
    courier = RememberingCourier()
    by = means(database, courier)
    assert (await deliver(by, paper)).counts == {"sent": 1}
    assert (await deliver(by, paper)).counts == {}
    (mail,) = courier.mails
    assert (mail.sender, mail.recipient) == ("news@example.org", "anna@example.org")
    (link,) = (each for each in links_of_text(read(mail.message).text) if "/confirm/" in each)
    with writing(database) as conn:
        done = following.confirm(conn, KEY, link.rpartition("/")[2], CLICK, NOW)
    assert not done.already
    await deliver(by, paper)
    assert done.preferences in read(courier.mails[-1].message).text
    assert states(database) == [("confirm", "sent"), ("welcome", "sent")]
    assert courier.closed == courier.readied == 2


async def test_nothing_is_opened_while_there_is_nothing_to_send(
    sqlite_engine: Engine, paper: Stationery
) -> None:
    courier = RememberingCourier()
    assert await deliver(means(sqlite_engine, courier), paper) == Post({}, None)
    assert (courier.readied, courier.closed) == (0, 0)


async def test_the_link_of_a_new_address_s_letter_moves_to_it(database: Engine, paper: Stationery) -> None:
    with writing(database) as conn:
        done = confirmed(conn)
        following.request_address_change(conn, KEY, done.preferences, "New@example.org", NOW)
    courier = RememberingCourier()
    await deliver(means(database, courier, connections=1), paper)
    mail = next(each for each in courier.mails if each.recipient == "New@example.org")
    (link,) = (each for each in links_of_text(read(mail.message).text) if "/confirm/" in each)
    with writing(database) as conn:
        moved = following.confirm_move(conn, KEY, link.rpartition("/")[2], CLICK, NOW)
    assert moved == following.Moved("New@example.org")


async def test_a_passing_failure_is_tried_again_with_the_same_mail(
    database: Engine, paper: Stationery
) -> None:
    asked(database, "anna@example.org")
    answers = iter([Outcome(Kind.AGAIN, "451 4.7.1 greylisted"), None])
    courier, clock = RememberingCourier(lambda _: next(answers)), TestClock()
    by = means(database, courier, clock=clock)
    first = await deliver(by, paper)
    assert (first.counts, first.again_at) == ({"deferred": 1}, NOW + 5 * MINUTES)
    assert (await deliver(by, paper)).counts == {}
    clock.now = NOW + 5 * MINUTES
    assert (await deliver(by, paper)).counts == {"sent": 1}
    assert courier.mails[0] == courier.mails[1]


async def test_a_letter_is_not_sent_when_its_link_is_over(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org")
    courier = RememberingCourier()
    clock = TestClock(NOW + timedelta(hours=72))
    assert (await deliver(means(database, courier, clock=clock), paper)).counts == {"suppressed": 1}
    assert courier.mails == []


async def test_an_address_that_does_not_exist_is_suppressed(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org")
    no_such_user = Outcome(Kind.NEVER, "550 5.1.1 anna@example.org unknown", Suppress.NOW)
    assert (await deliver(means(database, RememberingCourier(lambda _: no_such_user)), paper)).counts == {
        "failed": 1
    }
    with reading(database) as conn:
        (row,) = suppressions.of(conn, suppressions.address_hash("anna@example.org"))
    assert (row.reason, "anna" in row.detail) == ("hard bounce", False)


async def test_what_has_become_unwanted_is_not_sent(database: Engine, paper: Stationery) -> None:
    """Suppressed meanwhile; confirmed meanwhile by an earlier letter; left before the welcome came."""
    with writing(database) as conn:
        sign_up(conn, "gone@example.org")
        suppressions.add(conn, suppressions.address_hash("gone@example.org"), reason="complaint", now=NOW)
        done = confirmed(conn, "anna@example.org")
        following.change(
            *(conn, KEY, done.preferences, following.Choices({}, None), CLICK),
            offer=OFFER,
            now=NOW,
        )
    courier = RememberingCourier()
    assert (await deliver(means(database, courier), paper)).counts == {"suppressed": 3}
    assert courier.mails == []


async def test_a_letter_that_cannot_be_written_stops_no_other(
    database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    asked(database, "anna@example.org")
    with writing(database) as conn:
        sign_up(conn, "bo@example.org", newsletters={"monthly": None})  # not in the configuration any more
    courier = RememberingCourier()
    paper = Stationery(HEAD, built_in_templates(), KEY)
    assert (await deliver(means(database, courier), paper)).counts == {"sent": 1, "failed": 1}
    assert [each.recipient for each in courier.mails] == ["anna@example.org"]
    assert sorted(states(database)) == [("confirm", "failed"), ("confirm", "sent")]
    assert "example.org" not in caplog.text


async def test_without_a_server_nothing_is_started(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org", "bo@example.org")
    with pytest.raises(CourierDown, match="no route"):
        await deliver(means(database, _Unreachable()), paper)
    assert states(database) == [("confirm", "queued")] * 2
    assert (await deliver(means(database), paper)).counts == {"sent": 2}


async def test_a_sender_who_is_refused_stops_without_blaming_the_reader(
    database: Engine, paper: Stationery
) -> None:
    asked(database, *(f"a{n}@example.org" for n in range(9)))
    refused = Outcome(Kind.HALT, "530 5.7.0 authentication required")
    courier = RememberingCourier(lambda _: refused)
    with pytest.raises(SenderRefused):
        await deliver(means(database, courier, connections=1), paper)
    assert len(courier.mails) == 1
    assert sorted(state for _, state in states(database)) == ["deferred", *["queued"] * 8]


async def test_an_unknown_outcome_is_sent_again_even_where_issues_are_held(
    database: Engine, paper: Stationery
) -> None:
    asked(database, "anna@example.org")
    answers = iter([Outcome(Kind.UNCERTAIN, "broke the connection"), None])
    courier, clock = RememberingCourier(lambda _: next(answers)), TestClock()
    by = means(database, courier, clock=clock, smtp={"uncertain": "hold"})
    assert (await deliver(by, paper)).counts == {"uncertain": 1}
    clock.now = NOW + 5 * MINUTES
    assert (await deliver(by, paper)).counts == {"sent": 1}
    assert courier.mails[0].message == courier.mails[1].message


async def test_it_is_given_up_in_the_end(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org")
    courier = RememberingCourier(lambda _: Outcome(Kind.AGAIN, "451 later"))
    clock = TestClock()
    by = means(database, courier, clock=clock)
    while (done := await deliver(by, paper)).again_at is not None:
        clock.now = done.again_at
    assert states(database) == [("confirm", "failed")]
    assert timedelta(days=2) <= clock.now - NOW < timedelta(hours=72)


async def test_what_a_killed_process_left_is_sent(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org", "bo@example.org")
    lease = Lease("killed", NOW, NOW + 10 * MINUTES)
    with writing(database) as conn:
        first, _ = letters.claim(conn, lease, 9)
        letters.start(conn, first.id, lease)
    courier = RememberingCourier()
    assert (await deliver(means(database, courier), paper)).counts == {}
    by = means(database, courier, gone=lambda owner: owner == "killed")
    assert (await deliver(by, paper)).counts == {"sent": 2}


async def test_two_processes_share_the_letters(database: Engine, paper: Stationery) -> None:
    asked(database, *(f"a{n}@example.org" for n in range(20)))
    couriers = [RememberingCourier(), RememberingCourier()]
    both = [means(database, each, owner=f"p{n}") for n, each in enumerate(couriers)]
    await asyncio.gather(*(deliver(each, paper) for each in both))
    recipients = [mail.recipient for courier in couriers for mail in courier.mails]
    assert sorted(recipients) == sorted({f"a{n}@example.org" for n in range(20)})


async def test_when_told_to_stop_it_gives_back_what_it_took(database: Engine, paper: Stationery) -> None:
    asked(database, *(f"a{n}@example.org" for n in range(9)))
    stop = asyncio.Event()

    def stopping(_mail: Envelope) -> Outcome | None:
        stop.set()
        return None

    courier = RememberingCourier(stopping)
    done = await deliver_letters(means(database, courier, connections=1), paper, stop)
    assert (done.counts, done.again_at) == ({"sent": 1}, NOW)
    assert [state for _, state in states(database)].count("queued") == 8


async def test_a_mail_that_was_interrupted_is_uncertain(database: Engine, paper: Stationery) -> None:
    asked(database, "anna@example.org")
    task = asyncio.create_task(deliver(means(database, _Endless()), paper))
    async with asyncio.timeout(20):
        while states(database) != [("confirm", "sending")]:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert states(database) in ([("confirm", "uncertain")], [("confirm", "queued")])


def test_what_was_confirmed_is_not_asked_again(database: Engine) -> None:
    """The letter of a day before says nothing new when that of today was answered before it went out."""
    with writing(database) as conn:
        sign_up(conn)
        sign_up(conn, now=NOW + timedelta(days=1))
        following.confirm(conn, KEY, ticket(conn), CLICK, NOW + timedelta(days=1))
    courier = RememberingCourier()
    clock = TestClock(NOW + timedelta(days=1))
    paper = Stationery(HEAD, built_in_templates(), KEY)
    asyncio.run(deliver(means(database, courier, clock=clock), paper))
    assert [kind for kind, state in states(database) if state == "sent"] == ["welcome"]


class _Unreachable(RememberingCourier):
    async def ready(self) -> None:
        message = "no route to host"
        raise NoConnection(message, passing=True)


class _Endless(RememberingCourier):
    async def deliver(self, envelope: Envelope) -> Outcome:
        await asyncio.sleep(3600)
        return await super().deliver(envelope)
