"""Old versions of pieces, shown today: while a file cannot be read, or as a notice of withdrawal.

Pure but for a look whether the files of an old version are still there.
"""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from content.newsroom import Event, Item, Known, Media

Piece = Item | Event


def fitted(piece: Piece, categories: Sequence[str]) -> Piece:
    """Fit an old version into today's newsroom: its category may be gone, and its files too."""
    category = piece.category
    if category not in categories:
        category = categories[0] if isinstance(piece, Item) and categories else None
    image = _still_there(piece.image) if piece.image else None
    media = tuple(_still_there(file) for file in piece.media)
    if isinstance(piece, Event):
        return replace(piece, category=category, image=image, media=media)
    attachments = tuple(_still_there(file) for file in piece.attachments)
    return replace(piece, category=category or "", image=image, media=media, attachments=attachments)


def notice(piece: Piece, row: Known, zone: ZoneInfo) -> Piece:
    """Give what is left of a withdrawn piece: its title and link, when and why."""
    withdrawn = (row.withdrawn or row.updated).astimezone(zone)
    updated = max(piece.updated, withdrawn)
    reason = row.withdrawn_reason
    if isinstance(piece, Event):
        return replace(
            piece, body_html="", text="", summary="", image=None, media=(), withdrawn=withdrawn,
            withdrawn_reason=reason, updated=updated, sequence=row.sequence,
        )  # fmt: skip
    return replace(
        piece, body_html="", text="", summary="", image=None, media=(), attachments=(), withdrawn=withdrawn,
        withdrawn_reason=reason, updated=updated,
    )  # fmt: skip


def _still_there(media: Media) -> Media:
    """A file that is gone or another by now cannot be published again; what lies published stays."""
    if media.file is None:
        return media
    try:
        same = media.file.stat().st_size == media.length
    except OSError:
        same = False
    return media if same else replace(media, file=None)
