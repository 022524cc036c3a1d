"""The sink, talked to in bare octets: what it keeps is what came."""

import asyncio
import smtplib
from pathlib import Path

import pytest

from pressroom.sink import HOST, Received, Sink, file_name, filing
from pressroom.sink_session import Answer, SinkSettings

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def talk(sink: Sink, *lines: bytes) -> list[str]:
    """Send everything at once (pipelined) and give the first line of each answer."""
    reader, writer = await asyncio.open_connection(HOST, sink.port)
    writer.write(b"".join(lines))
    answers = []
    while line := (await asyncio.wait_for(reader.readline(), 5)).decode():
        if line[3:4] != "-":
            answers.append(line.strip())
    writer.close()
    await writer.wait_closed()
    return answers


def codes(answers: list[str]) -> list[str]:
    return [answer[:3] for answer in answers]


START = b"EHLO x\r\nMAIL FROM:<a@example.org> SIZE=3\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"


async def test_pipelined_mails_are_kept_octet_by_octet() -> None:
    mails: list[Received] = []
    body = b"..dot\r\nbare \n and \r stay\r\n\x00\xff\r\n"
    async with Sink(mails.append).listening() as sink:
        answers = await talk(sink, START, body, b".\r\n", START, b".\r\nQUIT\r\n")
    assert codes(answers) == [
        "220",
        "250",
        "250",
        "250",
        "354",
        "250",
        "250",
        "250",
        "250",
        "354",
        "250",
        "221",
    ]
    assert [mail.wire for mail in mails] == [body, b""]
    assert mails[0].message == b".dot\r\nbare \n and \r stay\r\n\x00\xff\r\n"
    assert [(mail.order, mail.connection, mail.sender) for mail in mails] == [
        (1, 1, "a@example.org"),
        (2, 1, "a@example.org"),
    ]


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r"])
async def test_only_the_true_end_of_data_ends_a_mail(end: bytes) -> None:
    """SMTP smuggling: what other servers may take for an end must not hide a second mail."""
    mails: list[Received] = []
    async with Sink(mails.append).listening() as sink:
        await talk(sink, START, b"one", end, b"MAIL FROM:<x@example.org>\r\n.\r\nQUIT\r\n")
    assert len(mails) == 1
    assert b"MAIL FROM" in mails[0].wire


async def test_commands_out_of_order_or_unknown_are_refused() -> None:
    async with Sink().listening() as sink:
        answers = await talk(
            sink,
            b"RCPT TO:<b@example.org>\r\nDATA\r\nHELLO\r\nMAIL FROM:x\r\n",
            b"STARTTLS\r\nNOOP\r\nRSET\r\nQUIT\r\n",
        )
    assert codes(answers) == ["220", "503", "503", "500", "501", "502", "250", "250", "221"]


async def test_what_it_takes_is_bounded() -> None:
    small = SinkSettings(largest_mail=1000, most_connections=1)
    mails: list[Received] = []
    async with Sink(mails.append, settings=small).listening() as sink:
        assert codes(await talk(sink, b"MAIL FROM:<a@example.org> SIZE=1001\r\nQUIT\r\n")) == [
            "220",
            "552",
            "221",
        ]
        assert codes(await talk(sink, START, b"x" * 5000))[-1] == "552"
        assert codes(await talk(sink, b"x" * 5000)) == ["220", "500"]
        reader, writer = await asyncio.open_connection(HOST, sink.port)
        await reader.readline()
        assert codes(await talk(sink)) == ["421"]
        writer.close()
        await writer.wait_closed()
    assert mails == []


async def test_without_log_in_nothing_is_taken_when_users_are_set() -> None:
    async with Sink(settings=SinkSettings(users={"anna": "word"})).listening() as sink:
        answers = await talk(
            sink,
            b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nAUTH PLAIN AGFubmEAd3Jvbmc=\r\nAUTH PLAIN !\r\n",
            b"AUTH LOGIN\r\nYW5uYQ==\r\nd29yZA==\r\nMAIL FROM:<a@example.org>\r\nQUIT\r\n",
        )
    assert codes(answers) == ["220", "250", "530", "535", "501", "334", "334", "235", "250", "221"]


async def test_another_client_library_is_understood_and_the_mails_are_filed(tmp_path: Path) -> None:
    async with Sink(filing(tmp_path / "mails")).listening() as sink:

        def send() -> None:
            with smtplib.SMTP(HOST, sink.port) as client:
                for name in ("anna", "../../etc/berit"):
                    client.sendmail("a@example.org", [f"{name}@example.org"], b"Subject: x\r\n\r\n.dot\r\n")

        await asyncio.to_thread(send)
    assert sorted(path.name for path in (tmp_path / "mails").iterdir()) == [
        "00001-anna_example.org.eml",
        "00002-.._.._etc_berit_example.org.eml",
    ]
    assert (tmp_path / "mails" / "00001-anna_example.org.eml").read_bytes() == b"Subject: x\r\n\r\n.dot\r\n"


def test_a_file_name_is_short_and_stays_in_its_folder() -> None:
    name = file_name(7, "å/\\\0:*?" + "x" * 300 + "@example.org")
    assert name.startswith("00007-")
    assert len(name) < 100
    assert name.isascii()
    assert not set(name) & set("/\\\0:*?")


async def test_a_script_may_refuse_a_mail_that_is_whole() -> None:
    mails: list[Received] = []

    def refuse(stage: str, recipient: str) -> Answer | None:
        return Answer("554 5.7.1 no") if (stage, recipient) == ("end", "b@example.org") else None

    async with Sink(mails.append, refuse).listening() as sink:
        assert codes(await talk(sink, START, b"x\r\n.\r\nQUIT\r\n"))[-2:] == ["554", "221"]
    assert mails == []
