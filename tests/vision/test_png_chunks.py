"""TolerantStream: what accompanies the picture of a PNG never ends it; what belongs to it still does."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_images import DOT, chunk, png, zeros

pytestmark = pytest.mark.pure

PACKED = zeros(3 << 20)


def _broken(kind: bytes, data: bytes) -> bytes:
    return chunk(kind, data)[:-4] + b"\0\0\0\0"


@pytest.mark.parametrize(
    "accompanying",
    [
        pytest.param(chunk(b"zTXt", b"mxfile\0\0" + PACKED), id="drawing-in-a-text"),
        pytest.param(chunk(b"iTXt", b"prompt\0\1\0\0\0" + PACKED), id="prompt"),
        pytest.param(chunk(b"iCCP", b"icc\0\0" + PACKED), id="large-profile"),
        pytest.param(chunk(b"zTXt", b"x\0\0" + zeros(1 << 20)) * 70, id="more-texts-than-are-kept"),
        pytest.param(_broken(b"tEXt", b"Title\0x"), id="checksum-of-a-text"),
        pytest.param(_broken(b"tIME", bytes(7)), id="checksum-of-a-time"),
        pytest.param(_broken(b"caBX", b"signed"), id="checksum-of-an-unknown-chunk"),
        pytest.param(chunk(b"zTXt", b"x\0\7packed"), id="unknown-compression"),
        pytest.param(chunk(b"pHYs", b"\0"), id="short-resolution"),
        pytest.param(chunk(b"gAMA", b"\0"), id="short-gamma"),
    ],
)
def test_the_picture_is_read(accompanying: bytes) -> None:
    for data in (png(1, 1, DOT, before=accompanying), png(1, 1, DOT, after=accompanying)):
        pixels, facts = decode(io.BytesIO(data), 64)
        assert (facts.width, facts.height) == (1, 1)
        assert pixels.getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize("kind", [b"PLTE", b"tRNS"])
def test_a_wrong_checksum_in_the_picture_is_damage(kind: bytes) -> None:
    pixels = zlib.compress(b"\0\0")
    palette = {kind: chunk(kind, bytes(3)) for kind in (b"PLTE", b"tRNS")}
    decode(io.BytesIO(png(1, 1, pixels, colour=3, before=b"".join(palette.values()))), 64)
    palette[kind] = _broken(kind, bytes(3))
    with pytest.raises(ImageError, match="damaged"):
        decode(io.BytesIO(png(1, 1, pixels, colour=3, before=b"".join(palette.values()))), 64)


def test_a_text_that_is_cut_off_is_truncated() -> None:
    data = png(1, 1, DOT, after=struct.pack(">I4s", 900, b"tEXt") + b"x\0y")
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data), 64)
