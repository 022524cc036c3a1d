"""Where the ledger is kept."""

from content.settings import Settings


class StorageSettings(Settings):
    """`url`: sqlite:///relative/or//absolute/path.db, or postgresql://user:password@host/database."""

    url: str = "sqlite:///data/pressroom.db"
