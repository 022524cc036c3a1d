"""20,000 sign-ups by bots over HTTP, and a person among them: the real service, real mail.

2,000 addresses of 25 domains, from 100 networks of clients, as fast as the service takes them. It believes
the loopback when that says for whom it asks, as it would believe the proxy in front of it.
"""

import asyncio
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

from tests.end_to_end.services import Running, form_of, link, service, until
from tests.pressroom.web import sockets

SIGN_UPS = 20_000
ADDRESSES, DOMAINS, NETWORKS = 2_000, 25, 100
AT_ONCE = 250
AS_LONG_AS_PEOPLE_TAKE = 3.0
PERSON = "person@d1.example"
GROWTH_MB = 25.0


class Client:
    """Keeps a connection, and sends the same form again and again, as a bot does."""

    def __init__(self, port: int, form: dict[str, str]) -> None:
        self._port = port
        self._form = form
        self.answers: Counter[int] = Counter()

    async def sign_up(self, numbers: asyncio.Queue[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while not numbers.empty():
                writer.write(self._request(numbers.get_nowait()))
                self.answers[(await sockets.read(reader)).status] += 1
        finally:
            writer.close()

    def _request(self, number: int) -> bytes:
        address = f"bot{number % ADDRESSES}@d{number % DOMAINS}.example"
        return a_post(self._port, self._form | {"address": address}, f"198.{number % NETWORKS}.100.7")


def a_post(port: int, form: dict[str, str], client: str) -> bytes:
    body = urlencode(form)
    head = f"POST /subscribe HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-For: {client}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def the_form(port: int) -> dict[str, str]:
    page = (await sockets.ask(port, "/subscribe", host=f"127.0.0.1:{port}")).body.decode()
    return form_of(page)


async def flood(running: Running, port: int) -> tuple[Counter[int], list[float]]:
    """Send it all; the person comes when half of it is done. Give the answers, and the memory meanwhile."""
    form = await the_form(port)
    await asyncio.sleep(AS_LONG_AS_PEOPLE_TAKE)
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(SIGN_UPS):
        numbers.put_nowait(number)
    client, memory = Client(port, form), []
    bots = [asyncio.create_task(client.sign_up(numbers)) for _ in range(AT_ONCE)]
    for part in (3, 2, 1):
        while numbers.qsize() > part * SIGN_UPS // 4:
            await asyncio.sleep(0.05)
        memory.append(running.memory())
        if part == 2:
            await the_person(port)
    await asyncio.gather(*bots)
    memory.append(running.memory())
    return client.answers, memory


async def the_person(port: int) -> None:
    form = await the_form(port)
    await asyncio.sleep(AS_LONG_AS_PEOPLE_TAKE)
    answer = await sockets.send(port, a_post(port, form | {"address": PERSON}, "203.0.113.9"))
    assert answer.status == 200


def test_a_flood_of_sign_ups_sends_one_letter_to_an_address_and_the_person_gets_through(
    tmp_path: Path,
) -> None:
    with service(tmp_path) as running:
        port = int(running.base.rpartition(":")[2])
        answers, memory = asyncio.run(flood(running, port))
        assert set(answers) == {200, 429}
        assert sum(answers.values()) == SIGN_UPS
        until(lambda: any(mail.recipient == PERSON for mail in running.mails))
        asked = next(number for number, mail in enumerate(running.mails) if mail.recipient == PERSON)
        running.read = asked
        confirm = link(running.mail(), "confirm").removeprefix(running.base)
        assert asyncio.run(sockets.ask(port, confirm, "POST", b"x=y", host=f"127.0.0.1:{port}")).status == 200
        until(lambda: Counter(mail.recipient for mail in running.mails)[PERSON] == 2)
        letters = Counter(mail.recipient for mail in running.mails if mail.recipient != PERSON)
        log = (tmp_path / "service.log").read_text("utf-8")
    assert set(letters.values()) == {1}
    assert memory[-1] - memory[0] < GROWTH_MB
    assert len(log.splitlines()) < 30
    assert not re.search(r"@d\d|198\.|203\.0\.113|/confirm/", log)
