"""The words of consent, by version: the evidence of a subscription names which of them were shown.

A text that has been shown is never changed here: a new wording is a new version, and the old one stays,
so that years later it can be said what somebody agreed to. Shown by the pages of `pressroom.web`.
"""

from collections.abc import Mapping
from typing import Final


def N_(text: str) -> str:  # noqa: N802 - the name by which pybabel finds what is to be translated
    return text


WORDINGS: Final[Mapping[str, str]] = {
    "sign-up-1": N_(
        "Send me what I have chosen by mail. I can change it or leave at any time, by a link in every mail."
    ),
    "confirm-1": N_("Yes, I want these newsletters at this address."),
    "preferences-1": N_("Send me what I have ticked here."),
    "change-1": N_("Yes, send my newsletters to this address from now on."),
}

SIGN_UP: Final = "sign-up-1"
CONFIRM: Final = "confirm-1"
PREFERENCES: Final = "preferences-1"
CHANGE: Final = "change-1"
