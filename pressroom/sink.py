"""A mail server that delivers nothing: it keeps the very bytes that came over the wire.

For `pressroom demo`, which files each mail as .eml, and for tests and benches, which script its answers:
refusals, delays and broken connections at any point. Listens on loopback only, and bounds what it takes.
It is no judge of mails: what is legal on the wire is accepted.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pressroom.sink_session import CHUNK, Envelope, Gone, Script, Session, SinkSettings, usual

HOST = "127.0.0.1"
CLOSING_SECONDS = 0.2


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


OnMail = Callable[[Received], None]


def _ignored(_mail: Received) -> None:
    return None


class Sink:
    """A listening server. `port` is known once it listens."""

    def __init__(
        self,
        on_mail: OnMail = _ignored,
        script: Script = usual,
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
            sessions = list(self._sessions)
            for session in sessions:
                session.cancel()
            await asyncio.gather(*sessions, return_exceptions=True)
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
        take = partial(self._take, self.connections)
        session = Session((reader, writer), self.settings, self.script, take)
        try:
            with suppress(Gone, OSError, ssl.SSLError, asyncio.CancelledError):
                await (session.say("421 4.3.2 too many connections") if full else session.run())
        finally:
            writer.close()
            # Bounded: after a handshake that failed, asyncio never reports the end.
            with suppress(OSError, ssl.SSLError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), CLOSING_SECONDS)

    def _take(self, connection: int, envelope: Envelope, wire: bytes) -> None:
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
