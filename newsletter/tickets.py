"""What the links that expire are about, and for how long they are good. Pure.

A ticket (`newsletter.tokens`) is only worth something as long as what it is about is as it was: a sign-up
that was asked for at that time, an address that is still the subscriber's. So an old link does nothing after
somebody signed up anew, and old mails in a mailbox that was left open nobody's settings.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from newsletter import tokens
from newsletter.mailaddress import key_of

SETTINGS_WITHIN = timedelta(days=180)


def of_signup(newsletters: Iterable[str], asked: datetime) -> str:
    return "\n".join([str(int(asked.timestamp())), *sorted(newsletters)])


def of_settings(newsletter: str, address: str) -> str:
    return f"{newsletter}\n{key_of(address)}"


def settings_ticket(key: bytes, subscriber_id: int, newsletter: str, address: str, sent: datetime) -> str:
    """Make the token of somebody's own settings, for a mail to their address; the same in a repeated one."""
    subject = of_settings(newsletter, address)
    return tokens.make_ticket(key, "preferences", subscriber_id, subject, sent + SETTINGS_WITHIN)
