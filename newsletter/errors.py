"""NewsletterError
+-- ScheduleError    a schedule that cannot be read
+-- IssueError       an issue that cannot be made, approved, paused, resumed or cancelled; says why
+-- TokenError       a token that was not made by us, or is damaged
+-- LinkError        a link of a mail that does nothing
|   +-- LinkBad      it is not ours, or what it stood for is gone
|   +-- LinkExpired  it was ours, and its time is over
+-- HeaderError      a value that cannot stand in a header: a bad sender, a bad subject pattern
+-- InliningError    the mail's HTML or CSS cannot be made into a mail
+-- MessageError     the finished bytes are not what the RFCs and the receivers ask for
+-- LetterError      a single mail that can no longer be written
+-- AddressError     what was given is no address that mail can be sent to
+-- ImportRefused    the file is no list of addresses: nothing of it was taken
+-- ChoiceError      a newsletter, category or language that is not offered
+-- UnknownSubscriber  nobody has subscribed with this address
+-- UnwantedMail     the person has left or the address is suppressed
+-- DeliveryError    sending stopped; what was not sent stays queued
    +-- NoConnection   one attempt to connect or log in failed; tried again where that may help
    +-- CourierDown    the server cannot be used: down, no TLS, wrong certificate or password
    +-- SenderRefused  the server refuses us, whoever the recipient is
"""

from collections.abc import Iterable
from datetime import datetime


class NewsletterError(Exception):
    """Something went wrong while an issue was made or sent."""


class ScheduleError(NewsletterError, ValueError):
    """The text is not a schedule; the message says how to write one."""


class IssueError(NewsletterError):
    """What was asked of an issue cannot be done; `newsletter` and `number` (None: not made) say which."""

    def __init__(self, message: str, newsletter: str, number: int | None = None) -> None:
        super().__init__(message)
        self.newsletter = newsletter
        self.number = number


class TokenError(NewsletterError):
    """A token is malformed or forged; the token itself is never in the message."""


class LinkError(NewsletterError):
    """A link of a mail does nothing; the token is never in the message."""


class LinkBad(LinkError):
    """A link is not one of ours, is meant for another page, or what it stood for is gone."""


class LinkExpired(LinkError):
    """A link was good until `when`; `purpose` says for what."""

    def __init__(self, purpose: str, when: datetime) -> None:
        super().__init__(f"the link to {purpose} was good until {when:%Y-%m-%d %H:%M} UTC")
        self.purpose = purpose
        self.when = when


class HeaderError(NewsletterError):
    """A value that a person configured cannot stand in a mail's header."""


class InliningError(NewsletterError):
    """The mail's HTML could not be inlined, or declarations of its CSS would be lost."""


class MessageError(NewsletterError):
    """The finished mail is wrong; `faults` says everything that is."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the mail is not fit to be sent: " + "; ".join(faults))
        self.faults = faults


class LetterError(NewsletterError):
    """A letter cannot be written: what it is about is gone, or its time is over."""


class AddressError(NewsletterError):
    """A text is no address that mail can be sent to; the message does not repeat the text."""


class ImportRefused(NewsletterError):
    """A file cannot be imported at all; `line` is where that was seen."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class DeliveryError(NewsletterError):
    """Sending stopped before its end; what was not sent stays queued."""


class NoConnection(DeliveryError):
    """The server could not be reached or did not let us in; `passing` when another try may help."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class CourierDown(DeliveryError):
    """The server cannot be used; nobody's delivery counts this as an attempt."""


class SenderRefused(DeliveryError):
    """The server refuses the sender; `reply` is what it said, without addresses."""

    def __init__(self, reply: str) -> None:
        super().__init__(
            f"the mail server refuses the sender, not a recipient: {reply}; "
            "sending has stopped, what is left stays queued and goes out when this is mended"
        )
        self.reply = reply


class ChoiceError(NewsletterError):
    """Somebody is to get what is not offered; `kind` is "newsletter", "category" or "language"."""

    def __init__(self, given: str, kind: str, offered: Iterable[str]) -> None:
        super().__init__(f"there is no {kind} '{given}'; there are: {', '.join(sorted(offered)) or 'none'}")
        self.kind = kind
        self.given = given


class UnknownSubscriber(NewsletterError):
    """Nobody has subscribed with this address."""


class UnwantedMail(NewsletterError):
    """The person has left, or the address is suppressed; `reasons` says which."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(f"this address must not be mailed: {', '.join(reasons)}")
        self.reasons = reasons
