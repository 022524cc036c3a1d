"""The last good version of a piece as JSON, for the ledger: shown while its file cannot be read.

The adapters are made once; reading checks the types, so that a damaged row is an error and not a page.
"""

from pydantic import TypeAdapter

from content.newsroom import Event, Item

_EVENT_SIGN = '"first_day":'

_item = TypeAdapter(Item)
_event = TypeAdapter(Event)


def dump(piece: Item | Event) -> str:
    """Give the piece as JSON."""
    return (_item.dump_json(piece) if isinstance(piece, Item) else _event.dump_json(piece)).decode()


def parse(text: str) -> Item | Event:
    """Read a piece back; raise ValueError when the text is no snapshot."""
    return _event.validate_json(text) if _is_event(text) else _item.validate_json(text)


def _is_event(text: str) -> bool:
    """Only an event has days; in front of them stand key, source and title, never text of any length."""
    return _EVENT_SIGN in text
