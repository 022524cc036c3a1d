"""NewsletterError
 +-- TokenError       a token that was not made by us, or is damaged
 +-- HeaderError      a value that cannot stand in a header: a bad sender, a bad subject pattern
 +-- InliningError    the mail's HTML or CSS cannot be made into a mail
 +-- MessageError     the finished bytes are not what the RFCs and the receivers ask for
"""


class NewsletterError(Exception):
    """Something went wrong while an issue was made or sent."""


class TokenError(NewsletterError):
    """A token is malformed or forged; the token itself is never in the message."""


class HeaderError(NewsletterError):
    """A value that a person configured cannot stand in a mail's header."""


class InliningError(NewsletterError):
    """The mail's HTML could not be inlined, or declarations of its CSS would be lost."""


class MessageError(NewsletterError):
    """The finished mail is wrong; `faults` says everything that is."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the mail is not fit to be sent: " + "; ".join(faults))
        self.faults = faults
