"""Following by mail, from the first form to the last link: all that the public pages call.

Every function takes a connection (a writing one unless it says that it looks), the tokens' key and
`now`, and gives a frozen result or raises one of our errors: AddressError and ChoiceError for a form,
LinkBad and LinkExpired for a link. Nothing here knows of requests or pages. The rules are in
`newsletter.signups`, `bearers`, `confirmations` and `preferences`.
"""

from newsletter.bearers import Viewed, look
from newsletter.confirmations import Choice, Confirmed, Evidence, Moved, confirm, confirm_move
from newsletter.errors import LinkBad, LinkExpired
from newsletter.preferences import (
    Changed,
    Choices,
    Following,
    Left,
    Preferences,
    change,
    erase,
    export,
    pause,
    preferences,
    renew,
    request_address_change,
    resume,
    unsubscribe,
)
from newsletter.signups import Reception, SignUp, Tidied, sign_up, tidy

__all__ = [
    "Changed",
    "Choice",
    "Choices",
    "Confirmed",
    "Evidence",
    "Following",
    "Left",
    "LinkBad",
    "LinkExpired",
    "Moved",
    "Preferences",
    "Reception",
    "SignUp",
    "Tidied",
    "Viewed",
    "change",
    "confirm",
    "confirm_move",
    "erase",
    "export",
    "look",
    "pause",
    "preferences",
    "renew",
    "request_address_change",
    "resume",
    "sign_up",
    "tidy",
    "unsubscribe",
]
