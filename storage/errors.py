"""StorageError
+-- SchemaError      the database's schema is not the one this program was written for
+-- DatabaseError    the database said no: unreachable, full, locked, read-only
"""


class StorageError(Exception):
    """Something went wrong with the ledger."""


class SchemaError(StorageError):
    """The database's schema is older or newer than this program; `found` and `wanted` are revisions."""

    def __init__(self, message: str, found: str | None, wanted: str) -> None:
        super().__init__(message)
        self.found = found
        self.wanted = wanted


class DatabaseError(StorageError):
    """The database refused; the message says what and where, without the password of the URL."""
