"""check_complete: a HEIC or AVIF file that was cut off anywhere is found out, even where a decoder fills the gap."""

from __future__ import annotations

import io
import struct
from functools import cache

import pytest
from PIL import Image, ImageChops

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.container import check_complete, declared_size
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_grids import box, grid
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

FTYP = box(b"ftyp", b"heic" + bytes(4))
LARGE = b"\0\0\0\x01mdat" + (24).to_bytes(8, "big") + bytes(8)
TILE = Image.effect_noise((128, 128), 90).convert("RGB")


def _meta(places: bytes, version: int = 1, sizes: int = 0x4400) -> bytes:
    return box(b"meta", bytes(4) + box(b"iloc", bytes([version, 0, 0, 0]) + struct.pack(">H", sizes) + places))


def _item(offset: int, length: int, method: int = 0, elsewhere: int = 0) -> bytes:
    return struct.pack(">HHHHHII", 1, 1, method, elsewhere, 1, offset, length)


WHOLE = len(FTYP) + len(_meta(_item(0, 0)))


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param(FTYP, True, id="one"),
        pytest.param(FTYP + LARGE + FTYP, True, id="large"),
        pytest.param(FTYP[:-1], False, id="cut"),
        pytest.param(FTYP + LARGE[:-1], False, id="large-cut"),
        pytest.param(FTYP + b"\0\0\0\0mdat1234", True, id="to-the-end"),
        pytest.param(FTYP + b"\0\0\0\x07mdat", True, id="smaller-than-its-head"),
        pytest.param(FTYP + b"\0\0\0\x01mdat" + bytes(8), True, id="large-of-nothing"),
        pytest.param(FTYP + b"junk", True, id="junk-behind"),
        pytest.param(FTYP + b"\x7f\0\0\0junk", True, id="junk-behind-that-seems-a-box"),
        pytest.param(b"\0\0\0\x08free" * 2000, True, id="thousands"),
        pytest.param(b"", True, id="empty"),
        pytest.param(FTYP + _meta(_item(0, WHOLE)), True, id="image-up-to-the-end"),
        pytest.param(FTYP + _meta(_item(1, WHOLE)), False, id="image-beyond-the-end"),
        pytest.param(box(b"what", b"") + FTYP + _meta(_item(9, WHOLE)), False, id="unknown-box-before"),
        pytest.param(FTYP + _meta(_item(1, WHOLE, method=1)), True, id="image-in-the-metadata"),
        pytest.param(FTYP + _meta(_item(1, WHOLE, elsewhere=1)), True, id="image-in-another-file"),
        pytest.param(FTYP + _meta(struct.pack(">HHHHII", 1, 1, 0, 1, 9, 99), version=0), False, id="version-0"),
        pytest.param(FTYP + _meta(struct.pack(">IIHHHII", 1, 1, 0, 0, 1, 9, 99), version=2), False, id="version-2"),
        pytest.param(FTYP + _meta(_item(1, WHOLE)[:-1]), True, id="locations-cut-off"),
        pytest.param(FTYP + _meta(b"\xff\xff" * 300_000, sizes=0), True, id="4-billion-parts-of-no-length"),
    ],
)
def test_boxes(data: bytes, whole: bool) -> None:
    if whole:
        check_complete(io.BytesIO(data))
    else:
        with pytest.raises(ImageError, match="truncated"):
            check_complete(io.BytesIO(data))


@cache
def _grid(image_format: str) -> bytes:
    return grid(image_format, TILE, 3, 2)


@pytest.mark.parametrize("image_format", ["HEIF", "AVIF"])
def test_a_whole_grid_is_read(image_format: str) -> None:
    pixels, facts = decode(io.BytesIO(_grid(image_format)), 128)
    assert (facts.width, facts.height) == (384, 256)
    first, last = pixels.crop((8, 8, 120, 120)), pixels.crop((264, 136, 376, 248))
    assert ImageChops.difference(first, last).convert("L").getextrema()[1] < 60


@pytest.mark.parametrize("percent", [40, 60, 80, 99])
@pytest.mark.parametrize("image_format", ["HEIF", "AVIF"])
def test_a_grid_that_lacks_tiles_is_truncated(image_format: str, percent: int) -> None:
    data = _grid(image_format)
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[: len(data) * percent // 100]), 64)


@pytest.mark.parametrize("tile", range(6))
def test_a_grid_with_a_tile_that_was_not_written_is_truncated(tile: int) -> None:
    """As a download leaves it that reserves the space first, and loads the parts in any order."""
    data = bytearray(_grid("HEIF"))
    start = data.index(b"mdat") + 4
    each = (len(data) - start) // 6
    data[start + (tile + 1) * each - 100 : start + (tile + 1) * each] = bytes(100)
    with pytest.raises(ImageError, match="was not written"):
        decode(io.BytesIO(data), 64)


@pytest.mark.parametrize("image_format", ["HEIF", "AVIF"])
def test_a_large_image_that_lacks_its_end_but_has_a_thumbnail_is_truncated(image_format: str) -> None:
    options = {"thumbnails": [128]} if image_format == "HEIF" else {}
    data = encoded(TILE.resize((512, 512)), image_format, **options)
    decode(io.BytesIO(data + b"junk"), 32)
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[:-1]), 32)


@pytest.mark.parametrize("image_format", ["HEIF", "AVIF"])
def test_the_size_of_the_whole_grid_is_the_declared_one(image_format: str) -> None:
    assert declared_size(io.BytesIO(_grid(image_format))) == (384, 256)
    behind = box(b"mdat", bytes(2 << 20))
    assert declared_size(io.BytesIO(FTYP + behind + _grid(image_format))) == (384, 256)
