"""The courier that hands mails to an SMTP server over a kept connection, by aiosmtplib.

The library connects, upgrades to TLS, logs in and reads replies. The message's bytes are written here:
they are final, and the library would search and rewrite every body once more (1 ms a mail) and would
not tell a break before the message from one after it. After any error, a cancellation included, the
connection is dropped: aiosmtplib would pair the next command with the last one's reply.
"""

import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPReadTimeoutError,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from newsletter.courier import CourierFactory, Envelope
from newsletter.errors import CourierDown, NoConnection
from newsletter.outcome import CLOSING, PERMANENT, POSITIVE, Kind, Outcome, Reply, Stage, for_log, judge
from newsletter.settings import SmtpSettings

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
MAILS_PER_CONNECTION = 100
# RFC 5321, 4.5.3.2.6: a server may think long over the whole message, and giving up means a second copy.
PATIENCE_AT_THE_END = 5
QUIT_SECONDS = 2.0
START_INPUT = 354

_PATH = re.compile(r"[^\s<>\x00-\x20\x7f]+@[A-Za-z0-9.:\[\]-]+")
_BROKEN = (SMTPException, OSError)


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over, and how; the password is never shown."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None
    local_hostname: str
    timeout: float
    tls: ssl.SSLContext | None

    def __repr__(self) -> str:
        return f"Server({self})"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def couriers(settings: SmtpSettings) -> CourierFactory:
    """Give a maker of couriers for the configured server; raise CourierDown for settings that cannot work."""
    server = parse_server(settings)
    return lambda: SmtpCourier(server)


def parse_server(settings: SmtpSettings) -> Server:
    parts = urlsplit(settings.url)
    if parts.scheme not in PORTS or not parts.hostname:
        message = "smtp.url must be smtp://host:25, smtp+starttls://user@host:587 or smtps://user@host:465"
        raise CourierDown(message)
    return Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=settings.password or unquote(parts.password or "") or None,
        local_hostname=settings.local_hostname or _own_name(),
        timeout=settings.timeout.total_seconds(),
        tls=None if parts.scheme == "smtp" else _tls(settings.ca_file),
    )


class SmtpCourier:
    """One kept connection to the server, renewed after some mails; see `newsletter.courier.Courier`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: SMTP | None = None
        self._mails = 0

    async def ready(self) -> None:
        if self._client is not None and (
            not self._client.is_connected or self._mails >= MAILS_PER_CONNECTION
        ):
            await self.close()
        if self._client is None:
            self._client, self._mails = await _connected(self._server), 0

    async def deliver(self, envelope: Envelope) -> Outcome:
        if (refusal := _unfit(envelope)) is not None:
            return refusal
        try:
            outcome = await self._deliver(envelope)
        except BaseException:
            self._drop()
            raise
        return outcome

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_BROKEN):
                await client.quit(timeout=QUIT_SECONDS)
            client.close()

    async def _deliver(self, envelope: Envelope) -> Outcome:
        if not envelope.recipient.isascii() and not self._connection.supports_extension("smtputf8"):
            return Outcome(Kind.NEVER, NO_SMTPUTF8)
        reused = self._mails > 0
        transaction = await self._transact(envelope)
        if reused and transaction.refused_at_once:
            # A server may end a kept connection whenever it likes: that says nothing about this mail.
            self._drop()
            try:
                await self.ready()
            except NoConnection as error:
                return Outcome(Kind.AGAIN, str(error), slow=True)
            transaction = await self._transact(envelope)
        return transaction.outcome

    async def _transact(self, envelope: Envelope) -> "_Transaction":
        transaction = _Transaction(self._connection, self._server.timeout)
        self._mails += 1
        await transaction.run(envelope)
        if transaction.broken:
            self._drop()
        return transaction

    @property
    def _connection(self) -> SMTP:
        if self._client is None:
            message = "deliver was called before ready"
            raise RuntimeError(message)
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


class _Transaction:
    """One mail's MAIL, RCPT, DATA and message; remembers how far it came."""

    def __init__(self, client: SMTP, timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self.stage = Stage.SENDER
        self.broken = False
        self.outcome = Outcome(Kind.AGAIN, "")

    @property
    def refused_at_once(self) -> bool:
        return self.broken and self.stage is Stage.SENDER

    async def run(self, envelope: Envelope) -> None:
        try:
            reply = await self._speak(envelope)
            self.outcome = judge(self.stage, reply)
            self.broken = reply.code == CLOSING
            if self.outcome.kind is not Kind.SENT and not self.broken:
                await self._client.rset()
        except _BROKEN as error:
            self.broken = True
            if not self.outcome.reply:
                self.outcome = self._interrupted(error)

    async def _speak(self, envelope: Envelope) -> Reply:
        """Say one command after the other; give the reply that ends the transaction."""
        reply = await self._say(b"MAIL", _path(b"FROM:", envelope.sender), *self._options(envelope))
        if reply.code // 100 == POSITIVE:
            self.stage = Stage.RECIPIENT
            reply = await self._say(b"RCPT", _path(b"TO:", envelope.recipient))
        if self.stage is Stage.RECIPIENT and reply.code // 100 == POSITIVE:
            self.stage = Stage.DATA
            reply = await self._say(b"DATA")
        if self.stage is Stage.DATA and reply.code == START_INPUT:
            self.stage = Stage.CONTENT
            reply = await self._send(envelope.message)
        return reply

    def _options(self, envelope: Envelope) -> list[bytes]:
        options = [] if envelope.recipient.isascii() else [b"SMTPUTF8", b"BODY=8BITMIME"]
        if self._client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(envelope.message))
        return options

    async def _say(self, *words: bytes) -> Reply:
        response = await self._client.execute_command(*words, timeout=self._timeout)
        return Reply(response.code, response.message)

    async def _send(self, message: bytes) -> Reply:
        protocol = self._client.protocol
        if protocol is None:
            raise SMTPServerDisconnected(LOST)
        protocol.write(_stuffed(message) + b".\r\n")
        response = await protocol.read_response(timeout=self._timeout * PATIENCE_AT_THE_END)
        return Reply(response.code, response.message)

    def _interrupted(self, error: Exception) -> Outcome:
        """Judge a break: before the message nothing was sent, after its first octet nobody knows."""
        said = (
            "took too long to answer" if isinstance(error, SMTPReadTimeoutError) else "broke the connection"
        )
        reply = f"the server {said} after {self.stage}"
        return Outcome(Kind.UNCERTAIN if self.stage is Stage.CONTENT else Kind.AGAIN, reply)


NO_SMTPUTF8 = "the mail server does not take addresses with other letters than ASCII before the @ (SMTPUTF8)"
LOST = "the connection is lost"


async def _connected(server: Server) -> SMTP:
    """Connect, upgrade to TLS where asked for, and log in; any failure is a NoConnection."""
    client = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        local_hostname=server.local_hostname,
        timeout=server.timeout,
        use_tls=server.scheme == "smtps",
        start_tls=server.scheme == "smtp+starttls",
        tls_context=server.tls,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await _greet(client)
    except _BROKEN as error:
        client.close()
        raise _explained(server, error) from error
    except BaseException:
        client.close()
        raise
    return client


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


def _explained(server: Server, error: Exception) -> NoConnection:
    """Say in an operator's words why there is no connection, and whether waiting may help."""
    cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        message = (
            f"{server}: the certificate is not trusted: {cause.verify_message} (smtp.ca_file names an own CA)"
        )
        return NoConnection(message, passing=False)
    if isinstance(cause, ssl.SSLError):
        message = f"{server}: TLS failed: {cause.reason}; does the port fit the scheme {server.scheme}?"
        return NoConnection(message, passing=False)
    if isinstance(error, SMTPResponseException):
        return _refused(server, error)
    if isinstance(error, SMTPConnectError | OSError):
        return NoConnection(f"{server}: {for_log(str(error))}", passing=True)
    if "STARTTLS" in str(error):
        message = f"{server}: the server offers no STARTTLS, and nothing is sent without TLS"
        return NoConnection(message, passing=False)
    return NoConnection(f"{server}: {for_log(str(error))}", passing=False)


def _refused(server: Server, error: SMTPResponseException) -> NoConnection:
    said = for_log(f"{error.code} {error.message}")
    what = "the log-in was refused" if isinstance(error, SMTPAuthenticationError) else "the server refuses us"
    return NoConnection(f"{server}: {what}: {said}", passing=error.code // 100 != PERMANENT)


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        message = f"smtp.ca_file: {ca_file} cannot be read as certificates"
        raise CourierDown(message) from error


def _own_name() -> str:
    """Give a name for EHLO without asking the network: an address literal where there is no full name."""
    name = gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _unfit(envelope: Envelope) -> Outcome | None:
    """Refuse what must never reach a wire: an address that is more than one, or a bare CR or LF."""
    if not _PATH.fullmatch(envelope.recipient):
        return Outcome(Kind.NEVER, "the address cannot be sent to")
    ends = envelope.message.count(b"\r\n")
    if envelope.message.count(b"\n") != ends or envelope.message.count(b"\r") != ends:
        return Outcome(Kind.NEVER, "the message has a bare CR or LF")
    return None


def _path(keyword: bytes, address: str) -> bytes:
    return keyword + b"<" + address.encode() + b">"


def _stuffed(message: bytes) -> bytes:
    """Double the dots at the beginnings of lines (RFC 5321, 4.5.2)."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
