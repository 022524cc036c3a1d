"""The dialogue of the sink with one client: SMTP, command by command, as the script wants it.

Says nothing about what becomes of a mail; that is `pressroom.sink`. Nothing but CR LF ends a line, and
what is too long ends the connection.
"""

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

LONGEST_COMMAND = 2048
CHUNK = 1 << 16
END_OF_DATA = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do instead of the usual: say something else, wait before it, or break the connection."""

    line: str = ""
    drop: bool = False
    delay: float = 0.0


# Asked at "connect", "ehlo", "mail", "rcpt", "data", "content" (the message has begun) and "end" (after the
# final dot, when the mail is kept unless the answer refuses it) with the recipient where there is one.
Script = Callable[[str, str], Answer | None]


def usual(_stage: str, _recipient: str) -> Answer | None:
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


class Gone(Exception):
    """The connection is over."""


@dataclass(slots=True)
class Envelope:
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    begun: bool = False


class Session:
    """One connection, command by command; commands may be pipelined (RFC 2920)."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        settings: SinkSettings,
        script: Script,
        take: Callable[[Envelope, bytes], None],
    ) -> None:
        self._reader, self._writer = streams
        self._settings = settings
        self._script = script
        self._take = take
        self._buffer = bytearray()
        self._envelope = Envelope()
        self._secure = settings.tls_at_once
        self._known = not settings.users

    async def run(self) -> None:
        await self._answer("connect", "220 sink.invalid ESMTP, nothing is delivered")
        commands: dict[str, Callable[[str], Awaitable[None]]] = {
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
        while True:
            line = (await self._line()).decode("utf-8", "replace")
            verb, _, rest = line.partition(" ")
            await commands.get(verb.upper(), self._unknown)(rest)

    async def say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()

    async def _answer(self, stage: str, usual: str, recipient: str = "") -> bool:
        """Give the scripted answer, else the usual one; say whether it was a yes."""
        line = await self._scripted(stage, recipient) or usual
        await self.say(line)
        if line.startswith("421"):
            raise Gone
        return line[:1] in "23"

    async def _scripted(self, stage: str, recipient: str) -> str:
        answer = self._script(stage, recipient)
        if answer is None:
            return ""
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.drop:
            self._writer.transport.abort()
            raise Gone
        return answer.line

    async def _ehlo(self, _name: str) -> None:
        settings = self._settings
        offers = ["8BITMIME", "PIPELINING", f"SIZE {settings.largest_mail}", "ENHANCEDSTATUSCODES"]
        offers += ["SMTPUTF8"] if settings.smtputf8 else []
        offers += ["STARTTLS"] if settings.tls and not self._secure else []
        offers += ["AUTH PLAIN LOGIN"] if settings.users else []
        self._envelope = Envelope()
        lines = ["sink.invalid", *offers]
        usual = "\r\n".join(f"250-{line}" for line in lines[:-1]) + f"\r\n250 {lines[-1]}"
        await self._answer("ehlo", usual)

    async def _helo(self, _name: str) -> None:
        self._envelope = Envelope()
        await self._answer("ehlo", "250 sink.invalid")

    async def _starttls(self, _rest: str) -> None:
        context = self._settings.tls
        if context is None or self._secure:
            await self.say("502 5.5.1 not offered")
            return
        await self.say("220 2.0.0 go on")
        self._buffer.clear()  # what came before the handshake may be somebody else's (RFC 3207, 5)
        plain = self._writer.transport
        try:
            await self._writer.start_tls(context)
        except (OSError, ssl.SSLError) as error:
            plain.abort()  # asyncio leaves it open, and waits for its end
            raise Gone from error
        self._secure = True

    async def _auth(self, rest: str) -> None:
        mechanism, _, first = rest.partition(" ")
        try:
            name, password = await self._credentials(mechanism.upper(), first)
        except (ValueError, binascii.Error):
            await self.say("501 5.5.2 not understood")
            return
        self._known = self._settings.users.get(name) == password
        await self.say("235 2.7.0 welcome" if self._known else "535 5.7.8 wrong name or password")

    async def _credentials(self, mechanism: str, first: str) -> tuple[str, str]:
        if mechanism == "PLAIN":
            _, name, password = (await self._asked("", first)).split("\0")
            return name, password
        return await self._asked("VXNlcm5hbWU6", first), await self._asked("UGFzc3dvcmQ6", "")

    async def _asked(self, question: str, given: str) -> str:
        if not given:
            await self.say(f"334 {question}")
            given = (await self._line()).decode("ascii")
        return base64.b64decode(given, validate=True).decode()

    async def _mail(self, rest: str) -> None:
        if not self._known:
            await self.say("530 5.7.0 authentication required")
            return
        path, options = _path("FROM:", rest)
        if path is None:
            await self.say("501 5.5.4 not understood")
            return
        if _announced(options) > self._settings.largest_mail:
            await self.say("552 5.3.4 too large")
            return
        if await self._answer("mail", "250 2.1.0 sender ok", path):
            self._envelope = Envelope(path, [], options, begun=True)

    async def _rcpt(self, rest: str) -> None:
        path, _ = _path("TO:", rest)
        if not self._envelope.begun:
            await self.say("503 5.5.1 MAIL first")
        elif not path:
            await self.say("501 5.1.3 not understood")
        elif await self._answer("rcpt", "250 2.1.5 recipient ok", path):
            self._envelope.recipients.append(path)

    async def _data(self, _rest: str) -> None:
        if not self._envelope.recipients:
            await self.say("503 5.5.1 RCPT first")
            return
        envelope, self._envelope = self._envelope, Envelope()
        recipient = envelope.recipients[-1]
        if not await self._answer("data", "354 end with a dot on a line of its own", recipient):
            return
        wire = await self._content(recipient)
        answer = self._script("end", recipient)
        if answer is None or answer.drop or answer.line[:1] in ("", "2"):
            self._take(envelope, wire)
        await self._finish(answer)

    async def _finish(self, answer: Answer | None) -> None:
        if answer is not None and answer.delay:
            await asyncio.sleep(answer.delay)
        if answer is not None and answer.drop:
            self._writer.transport.abort()
            raise Gone
        line = answer.line if answer is not None and answer.line else "250 2.0.0 kept"
        await self.say(line)
        if line.startswith("421"):
            raise Gone

    async def _rset(self, _rest: str) -> None:
        self._envelope = Envelope()
        await self.say("250 2.0.0 forgotten")

    async def _noop(self, _rest: str) -> None:
        await self.say("250 2.0.0 ok")

    async def _unknown(self, _rest: str) -> None:
        await self.say("500 5.5.1 not a command")

    async def _quit(self, _rest: str) -> None:
        await self.say("221 2.0.0 bye")
        raise Gone

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LONGEST_COMMAND:
                await self.say("500 5.5.2 line too long")
                raise Gone
            await self._more()
        return self._cut(end, 2)

    async def _content(self, recipient: str) -> bytes:
        """Read to the dot on a line of its own; nothing but CR LF ends a line."""
        if not self._buffer:
            await self._more()
        await self._scripted("content", recipient)
        if self._buffer.startswith(END_OF_DATA[2:]):
            return self._cut(0, 3)
        searched = 0
        while (end := self._buffer.find(END_OF_DATA, searched)) < 0:
            if len(self._buffer) > self._settings.largest_mail:
                await self.say("552 5.3.4 too large")
                raise Gone
            searched = max(0, len(self._buffer) - len(END_OF_DATA))
            await self._more()
        return self._cut(end, len(END_OF_DATA)) + b"\r\n"

    async def _more(self) -> None:
        chunk = await self._reader.read(CHUNK)
        if not chunk:
            raise Gone
        self._buffer += chunk

    def _cut(self, end: int, separator: int) -> bytes:
        taken = bytes(self._buffer[:end])
        del self._buffer[: end + separator]
        return taken


def _path(keyword: str, rest: str) -> tuple[str | None, list[str]]:
    match = re.fullmatch(rf"{keyword}\s?<([^<>\s]*)>((?: \S+)*)", rest, re.IGNORECASE)
    return (match[1], match[2].split()) if match else (None, [])


def _announced(options: list[str]) -> int:
    sizes = [option[5:] for option in options if option.upper().startswith("SIZE=")]
    return int(sizes[0]) if sizes and sizes[0].isdecimal() else 0
