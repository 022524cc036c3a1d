"""The places in a finished mail that are filled in per recipient.

Each is ASCII of the very length of what replaces it (the recipient's address excepted, which stands alone in
one header), of letters that neither HTML, URLs nor quoted-printable touch. Nothing but us may write the mark
that they begin with: `newsletter.headers.clean` breaks it in everything that an issue brings along.
"""

from typing import Final

from newsletter.tokens import LENGTH, TICKET_LENGTH

MARK: Final = "__PRESSROOM_"
MESSAGE_ID_LENGTH: Final = 32

UNSUBSCRIBE: Final = f"{MARK}UNSUBSCRIBE".ljust(LENGTH, "_")
PREFERENCES: Final = f"{MARK}PREFERENCES".ljust(TICKET_LENGTH, "_")
MESSAGE_ID: Final = f"{MARK}MESSAGE_ID".ljust(MESSAGE_ID_LENGTH, "_")
RECIPIENT: Final = f"{MARK}RECIPIENT__"

TICKET: Final = f"{MARK}TICKET".ljust(TICKET_LENGTH, "_")

BODY_PLACES: Final = (UNSUBSCRIBE, PREFERENCES)
