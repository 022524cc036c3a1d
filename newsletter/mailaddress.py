"""Addresses of mail: read, spelled one way, and compared. An address is normalised here and nowhere else.

What two spellings of one mailbox are is a question of safety: whoever confirms an address that we take for
another's gets that person's settings. So only the case of letters is set aside, and nothing is folded
together that mail servers keep apart (ß and ss, ligatures).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import AddressError
from storage.suppressions import address_hash

LONGEST_LOCAL_PART, LONGEST_ADDRESS = 64, 254  # RFC 5321, 4.5.3.1: octets, the path less its brackets
# What most local parts are made of (RFC 5322, 3.2.3); the others are left to email-validator.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(\.{_ATOM})*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TOO_LONG = f"it is longer than {LONGEST_ADDRESS} octets, or than {LONGEST_LOCAL_PART} before the @-sign"


@dataclass(frozen=True, slots=True)
class Address:
    """`address` is for sending: the local part as it was given, the domain lower-case and in ASCII.

    `key` is for comparing: nobody gets two copies because of a capital letter.
    """

    address: str
    key: str

    @property
    def hash(self) -> str:
        return address_hash(self.key)

    @property
    def mailbox(self) -> str:
        """The key without what many servers let their users add after a plus sign."""
        local, _, domain = self.key.rpartition("@")
        return f"{local.partition('+')[0] or local}@{domain}"


def parse_address(text: str) -> Address:
    """Read a bare address; raise AddressError that says what is wrong without repeating it."""
    if _CONTROLS.search(text):
        message = "it holds a control character or a line end"
        raise AddressError(message)
    bare = text.strip()
    if len(bare) > LONGEST_ADDRESS:  # before anything that takes time by the length
        raise AddressError(_TOO_LONG)
    if "<" in bare or ">" in bare:
        message = "only the bare address is wanted, without a name and without <>"
        raise AddressError(message)
    local, _, domain = bare.rpartition("@")
    try:
        if _ATOMS.fullmatch(local):
            domain = _ascii_domain(domain)
        else:
            found = validate_email(bare, check_deliverability=False)
            local, domain = found.local_part, found.ascii_domain
    except (EmailNotValidError, UnicodeError) as error:
        raise AddressError(_without(bare, str(error))) from error
    address = f"{local}@{domain.lower()}"
    if len(local.encode()) > LONGEST_LOCAL_PART or len(address.encode()) > LONGEST_ADDRESS:
        raise AddressError(_TOO_LONG)
    return Address(address, key_of(address))


def key_of(address: str) -> str:
    """Give what an address is compared by, of one that was read here before."""
    return address.lower()


@lru_cache(maxsize=10_000)
def _ascii_domain(domain: str) -> str:
    """Ask once per domain: a long list has few, and the answer takes most of the time."""
    return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain


def _without(address: str, said: str) -> str:
    return said.replace(address, "it") if address else said
