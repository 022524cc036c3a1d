"""Where the ledger is kept."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from content.settings import Settings


class StorageSettings(Settings):
    """`url`: sqlite:///relative/or//absolute/path.db, or postgresql://user@host/database.

    The password may be part of the URL, or lie in `password_file`.
    """

    url: Annotated[str, Field(repr=False)] = "sqlite:///data/pressroom.db"
    password_file: Path | None = None
