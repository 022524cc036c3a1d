"""A mail server that delivers nothing: it keeps the very bytes that came over the wire.

For `pressroom demo`, which files each mail as .eml, and for tests and benches, which script its answers:
refusals, delays and broken connections at any point. Listens on loopback only, and bounds what it takes.
It is no judge of mails: what is legal on the wire is accepted.
"""

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
LONGEST_COMMAND = 2048
CHUNK = 1 << 16
END_OF_DATA = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Received:
    """One mail: `wire` as it came, `message` with the stuffed dots taken away. `order` counts from 1."""

    order: int
    connection: int
    sender: str
    recipient: str
    options: tuple[str, ...]
    wire: bytes

    @property
    def message(self) -> bytes:
        unstuffed = self.wire.replace(b"\r\n.", b"\r\n")
        return unstuffed[1:] if unstuffed.startswith(b".") else unstuffed


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do instead of the usual: say something else, wait before it, or break the connection."""

    line: str = ""
    drop: bool = False
    delay: float = 0.0


# Asked at "connect", "ehlo", "mail", "rcpt", "data", "content" (the message has begun) and "end" (after the
# final dot, when the mail is already kept unless the answer refuses it) with the recipient where there is one.
Script = Callable[[str, str], Answer | None]
OnMail = Callable[[Received], None]


def _usual(_stage: str, _recipient: str) -> Answer | None:
    return None


def _ignored(_mail: Received) -> None:
    return None


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """`users` are names and passwords: then nothing is taken without log-in. `tls` offers STARTTLS, or
    `tls_at_once` speaks it from the first octet."""

    smtputf8: bool = True
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    users: Mapping[str, str] = field(default_factory=dict)
    largest_mail: int = 30_000_000
    most_connections: int = 200


class Sink:
    """A listening server. `port` is known once it listens."""

    def __init__(
        self,
        on_mail: OnMail = _ignored,
        script: Script = _usual,
        settings: SinkSettings | None = None,
    ) -> None:
        self.on_mail = on_mail
        self.script = script
        self.settings = settings or SinkSettings()
        self.port = 0
        self.connections = 0
        self.mails = 0
        self._sessions: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["Sink"]:
        at_once = self.settings.tls if self.settings.tls_at_once else None
        server = await asyncio.start_server(self._connected, HOST, port, ssl=at_once, limit=CHUNK)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for session in self._sessions:
                session.cancel()
            await asyncio.gather(*self._sessions, return_exceptions=True)
            await server.wait_closed()

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
        self.connections += 1
        full = len(self._sessions) > self.settings.most_connections
        session = _Session(self, reader, writer, self.connections)
        try:
            with suppress(_Gone, OSError, ssl.SSLError, asyncio.CancelledError):
                await (session.refuse("421 4.3.2 too many connections") if full else session.run())
        finally:
            writer.close()
            with suppress(OSError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    def take(self, connection: int, envelope: "_Envelope", wire: bytes) -> None:
        for recipient in envelope.recipients:
            self.mails += 1
            options = tuple(envelope.options)
            self.on_mail(Received(self.mails, connection, envelope.sender, recipient, options, wire))


def filing(folder: Path) -> OnMail:
    """Write each mail into a folder as 00001-anna_example.org.eml."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(mail: Received) -> None:
        (folder / file_name(mail.order, mail.recipient)).write_bytes(mail.message)

    return write


def file_name(order: int, recipient: str) -> str:
    return f"{order:05d}-{re.sub(r'[^A-Za-z0-9.+-]', '_', recipient)[:80]}.eml"


class _Gone(Exception):
    """The connection is over."""


@dataclass(slots=True)
class _Envelope:
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    begun: bool = False


class _Session:
    """One connection, command by command; commands may be pipelined (RFC 2920)."""

    def __init__(
        self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._number = number
        self._buffer = bytearray()
        self._envelope = _Envelope()
        self._secure = sink.settings.tls_at_once
        self._known = not sink.settings.users

    async def run(self) -> None:
        await self._answer("connect", "220 sink.invalid ESMTP, nothing is delivered")
        while True:
            line = (await self._line()).decode("utf-8", "replace")
            verb, _, rest = line.partition(" ")
            command = self._commands().get(verb.upper())
            if command is None:
                await self._say("500 5.5.1 not a command")
            else:
                await command(rest)

    async def refuse(self, line: str) -> None:
        await self._say(line)

    def _commands(self) -> dict[str, Callable[[str], "asyncio.Future[None] | _Doing"]]:
        return {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }
