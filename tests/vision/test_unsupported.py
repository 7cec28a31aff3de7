"""unsupported_kind: a valid image that no decoder reads is called what it is, and not damaged."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_grids import box
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

JPEG = encoded(Image.effect_noise((96, 64), 60).convert("RGB"), "JPEG")
FRAME = JPEG.index(b"\xff\xc0")


def _jpeg(marker: int = 0xC0, bits: int = 8, colours: int = 3) -> bytes:
    data = bytearray(JPEG)
    data[FRAME + 1], data[FRAME + 4], data[FRAME + 9] = marker, bits, colours
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(_jpeg(bits=12), "a JPEG of 12 bits for each colour", id="12-bit"),
        pytest.param(_jpeg(0xC1, bits=12), "a JPEG of 12 bits for each colour", id="12-bit-extended"),
        pytest.param(_jpeg(0xC3, bits=16), "a lossless JPEG", id="lossless"),
        pytest.param(_jpeg(0xCB), "a lossless JPEG", id="lossless-arithmetic"),
        pytest.param(_jpeg(0xC5), "a hierarchical JPEG", id="hierarchical"),
        pytest.param(_jpeg(0xF7), "a JPEG-LS image", id="jpeg-ls"),
        pytest.param(_jpeg(colours=2), "a JPEG of 2 colours", id="two-colours"),
        pytest.param(
            box(b"ftyp", b"msf1" + bytes(4) + b"msf1hevc") + box(b"moov", bytes(90)) + box(b"mdat", bytes(900)),
            "a HEIC image sequence",
            id="heic-sequence",
        ),
    ],
)
def test_it_is_named(data: bytes, kind: str) -> None:
    with pytest.raises(ImageError, match=f"^it is {kind}, which is not supported$"):
        decode(io.BytesIO(data), 64)
