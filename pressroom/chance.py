"""What nobody can foretell: the keys that tokens are signed with, and the spread of retries.

The only place of the program that asks the machine for chance; everybody else is given it.
"""

import os

KEY_LENGTH = 32
OCTETS = 8


def chance() -> float:
    """Give a number from 0 to less than 1, any of them as likely as another."""
    # 53 bits are what a float holds exactly, so that the result is never rounded up to 1.
    return (int.from_bytes(os.urandom(OCTETS)) >> 11) / (1 << 53)


def new_key() -> bytes:
    """Give a key that nobody can guess."""
    return os.urandom(KEY_LENGTH)
