"""What a server's reply means for a delivery: sent, again later, never, or halt because it is about us.

Pure, and the one place where replies are judged; retries, suppressions and reports depend only on it.
The enhanced status code (RFC 3463) is read first, then the wording, then the plain code. When in doubt
an address is not suppressed and a fault is not the recipient's. Called by `newsletter.smtp`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REPLY_LENGTH = 500
LEAST_ATTEMPTS = 3
JITTER = 0.3

Status = tuple[int, int]


class Stage(StrEnum):
    """Which command was answered; `CONTENT` is the answer to the final dot."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    CONTENT = "the message"


class Kind(StrEnum):
    """`UNCERTAIN` is never a reply: the connection broke while the answer to the final dot was awaited."""

    SENT = "sent"
    AGAIN = "again"
    NEVER = "never"
    HALT = "halt"
    UNCERTAIN = "uncertain"


class Suppress(StrEnum):
    """Whether a refusal means that the address must not be mailed any more."""

    NO = "no"
    WHEN_REPEATED = "when repeated"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str

    def __str__(self) -> str:
        return clean(f"{self.code} {self.text}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`slow`: the server asks the sender, whoever the recipient is, to come more slowly."""

    kind: Kind
    reply: str
    suppress: Suppress = Suppress.NO
    slow: bool = False


# RFC 3463 and the IANA registry: bad mailbox, bad system, bad syntax, moved, null MX (RFC 7505).
HARD: frozenset[Status] = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
MAILBOX = 2  # the subject of x.2.y
DISABLED: frozenset[Status] = frozenset({(2, 1)})

# About the sender, whoever the recipient is: its address (5.1.7, 5.1.8), a size that no recipient could get
# (5.3.4), its quota (5.4.5), log-in, SPF, DKIM, DMARC, PTR and TLS (5.7.x of RFC 7372, Gmail and Microsoft).
SENDERS_FAULT: frozenset[Status] = frozenset(
    {(1, 7), (1, 8), (3, 4), (4, 5)}
    | {(7, detail) for detail in (3, 8, 9, 11, 13, 20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 32)}
    | {(7, detail) for detail in (54, 57, 60, 64, 139, 515)}
)
POSITIVE, PERMANENT = 2, 5  # the first digit (RFC 5321, 4.2.1)
LOG_IN_CODES = frozenset({530, 534, 535, 538})
OUT_OF_ORDER = 503
CLOSING = 421

_ENHANCED = re.compile(r"[#(]?([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_ADDRESS_IN_LOG = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*"|[^\s<>"'(),;]*)\s*(?:[@\uff20\ufe6b]|=40|%(?:25)*40)\s*[^\s<>"'(),;]*"""
)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_URI = re.compile(r"(https?://[\w.-]+)[^\s<>\"'()]*", re.IGNORECASE)
_STRANGE = re.compile(r"[^\w.,:;()<>\[\]'\"!?#*+…-]|[\w-]{36}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def _wording(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_UNKNOWN = _wording(
    r"(user|recipient|mailbox|account|address|local part) (is |was )?(unknown|not found|not known|invalid)",
    r"(unknown|invalid|no such) (local )?(user|recipient|mailbox|account|address|person|local part|part)",
    r"no mailbox( here)? by that name",
    r"(user|recipient|mailbox|account|address)\W+(\w+ )?(does ?n[o']t|does not) exist",
    r"doesn't have an? \S+ account",
    r"not a (known|valid) (user|recipient|mailbox)",
)
_DISABLED = _wording(
    r"(mailbox|account|user|recipient)\W+(\w+ ){0,3}(is )?(disabled|inactive|suspended|deactivated)",
    r"mailbox unavailable",
)
_POLICY = _wording(
    r"\bspam\b", r"spamhaus", r"barracuda", r"unsolicited", r"block(ed|ing|list)", r"black ?list", r"banned",
    r"\b(rbl|dnsbl)\b", r"reputation", r"\b(dmarc|dkim|spf)\b", r"policy", r"virus", r"abuse",
)  # fmt: skip
_ABOUT_US = _wording(
    r"relay(ing)? (access )?(is )?(denied|not permitted|not allowed|prohibited)",
    r"(unable|not permitted|not allowed) to relay",
    r"(authentication|authorization) (is )?required",
    r"must (be authenticated|authenticate|issue a starttls)",
    r"sender (address )?(is )?(rejected|verify failed|denied|not allowed)",
    r"unauthenticated (e-?)?mail",
)
_SLOW = _wording(
    r"too many", r"\brate\b", r"throttl", r"slow down", r"too fast", r"server busy", r"unexpected volume",
    r"\[ts[s]?\d+\]", r"try again later from", r"concurrent",
)  # fmt: skip
_SLOW_CODES: frozenset[Status] = frozenset({(3, 2), (4, 5), (7, 28), (7, 500), (7, 650)})


def judge(stage: Stage, reply: Reply) -> Outcome:
    """Say what a reply means for the delivery at hand."""
    words, text = _without_addresses(reply.text), str(reply)
    if reply.code // 100 == POSITIVE and stage is Stage.CONTENT:
        return Outcome(Kind.SENT, text)
    if reply.code // 100 == PERMANENT and reply.code != OUT_OF_ORDER:
        return _refused(stage, reply, words, text)
    return Outcome(Kind.AGAIN, text, slow=_asks_to_slow_down(stage, reply, words))


def next_attempt(
    *,
    attempts: int,
    queued: datetime,
    now: datetime,
    retries: Sequence[timedelta],
    give_up: timedelta,
    chance: float,
) -> datetime | None:
    """Say when to try again after `attempts` tries, or None to give up.

    `chance` in [0, 1) lengthens the wait by up to a third: servers that were passed over together are
    not to be met together again. Never shortens it, for greylisting wants its minutes. After a long
    outage of our own a delivery still gets its few tries, although its time is over.
    """
    if now - queued >= give_up and attempts >= LEAST_ATTEMPTS:
        return None
    wait = retries[min(attempts, len(retries)) - 1] if retries else timedelta(minutes=15)
    return now + wait * (1 + JITTER * chance)


def repeated(outcome: Outcome, earlier: Sequence[str]) -> bool:
    """Say whether an earlier reply said the same: only the second one in two issues is believed."""
    return outcome.suppress is Suppress.WHEN_REPEATED and any(
        judge(Stage.RECIPIENT, _parsed(text)).suppress is not Suppress.NO for text in earlier
    )


def clean(text: str) -> str:
    """Give a server's words as one line without control characters, not too long."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    return line if len(line) <= REPLY_LENGTH else line[: REPLY_LENGTH - 1] + "…"


def for_log(text: str) -> str:
    """Give a server's words as logs and error messages may hold them, for by them a refusal is mended.

    Addresses are left out, however they are spelt, and so is any word that is not plain, or is as long as a
    token. Of an address on the web the host remains.
    """
    line = _URI.sub(r"\1", _ADDRESS_IN_LOG.sub("<address>", clean(text)))
    return " ".join("..." if _is_strange(word) else word for word in line.split())


def _is_strange(word: str) -> bool:
    return _STRANGE.search(_SCHEME.sub("", word)) is not None


def _refused(stage: Stage, reply: Reply, words: str, text: str) -> Outcome:
    status = _enhanced(reply)
    if status == (6, 7):  # the recipient's server cannot take an address with other letters (RFC 6531)
        return Outcome(Kind.NEVER, text)
    if _is_about_us(stage, reply, status, words):
        return Outcome(Kind.HALT, text)
    return Outcome(Kind.NEVER, text, _suppression(status, words))


def _is_about_us(stage: Stage, reply: Reply, status: Status | None, words: str) -> bool:
    return (
        stage is Stage.SENDER
        or reply.code in LOG_IN_CODES
        or status in SENDERS_FAULT
        or _ABOUT_US.search(words) is not None
    )


def _suppression(status: Status | None, words: str) -> Suppress:
    if _POLICY.search(words):
        return Suppress.NO
    if status in HARD:
        return Suppress.NOW
    if status in DISABLED:
        return Suppress.WHEN_REPEATED
    # Some servers give a general code, or none, and say the rest in words.
    if status is None or status in {(0, 0), (1, 0), (5, 0)}:
        if _UNKNOWN.search(words):
            return Suppress.NOW
        if _DISABLED.search(words):
            return Suppress.WHEN_REPEATED
    return Suppress.NO


def _asks_to_slow_down(stage: Stage, reply: Reply, words: str) -> bool:
    status = _enhanced(reply)
    if status is not None and status[0] == MAILBOX and reply.code != CLOSING:
        return False  # one mailbox is full or gets too much
    return (
        reply.code == CLOSING
        or stage is Stage.SENDER
        or status in _SLOW_CODES | SENDERS_FAULT
        or _SLOW.search(words) is not None
    )


def _enhanced(reply: Reply) -> Status | None:
    """Give subject and detail of the enhanced code, if the reply begins with one of its own class."""
    match = _ENHANCED.match(reply.text.lstrip())
    if match is None or int(match[1]) != reply.code // 100:
        return None
    return int(match[2]), int(match[3])


def _parsed(text: str) -> Reply:
    match = re.match(r"(\d{3}) (.*)", text)
    return Reply(int(match[1]), match[2]) if match else Reply(0, text)


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub("<address>", text)
