from datetime import timedelta

import pytest

from content.newsroom import Author, Event, Item, Media
from content.snapshot import dump, parse
from tests.scenarios import NOW, an_event, an_item

PICTURE = Media(
    "https://news.example.org/media/x/a.png", "image/png", 3, "t", "alt", 1, 2, None, "media/x/a.png"
)


@pytest.mark.parametrize(
    "piece",
    [
        an_item(),
        an_item(
            title='"first_day":',
            authors=(Author("A", "a@b.se"),),
            tags=("a",),
            image=PICTURE,
            media=(PICTURE,),
            pinned=True,
        ),
        an_item(withdrawn=NOW, withdrawn_reason="wrong", body_html="\u2028 å 👩\u200d👧"),
        an_event(),
        an_event(starts=None, ends=None, cancelled=True, sequence=3, category=None),
        an_event(ends=NOW + timedelta(days=20)),
    ],
    ids=range(6),
)
def test_a_piece_comes_back_as_it_was(piece: Item | Event) -> None:
    assert parse(dump(piece)) == piece


def test_a_damaged_snapshot_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        parse("{damaged")
    with pytest.raises(ValueError, match="key"):
        parse("{}")
