from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.imagesize import Picture, measure


def picture(format_: str, size: tuple[int, int] = (300, 200), **options: Any) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size).save(stream, format_, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (picture("PNG"), "image/png"),
        (picture("GIF"), "image/gif"),
        (picture("JPEG"), "image/jpeg"),
        (picture("JPEG", progressive=True), "image/jpeg"),
        (picture("JPEG", comment=b"c" * 60_000), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (picture("WEBP", lossless=True), "image/webp"),
        (picture("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"), "image/webp"),
    ],
    ids=range(8),
)
def test_type_and_size_are_read_from_the_first_bytes(data: bytes, type_: str) -> None:
    assert measure(data) == Picture(type_, 300, 200)


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (300, 200)), (3, (300, 200)), (6, (200, 300)), (8, (200, 300))]
)
def test_a_photo_on_its_side_is_measured_as_it_is_shown(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = measure(picture("JPEG", exif=exif.tobytes()))
    assert found is not None
    assert (found.width, found.height) == size


def test_what_is_no_picture_is_none() -> None:
    assert measure(b"") is None
    assert measure(b"%PDF-1.7") is None
    assert measure(b"RIFF1234WAVEfmt ") is None


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["PNG", "GIF", "JPEG", "WEBP"]), st.integers(0, 400), st.binary(max_size=30))
def test_a_damaged_picture_is_no_crash(format_: str, length: int, tail: bytes) -> None:
    measure(picture(format_)[:length] + tail)
