"""JPEG 2000 and, where its plug-in is installed, JPEG XL: read, upright, and found out when cut off."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.formats import is_missing, promises_image, sniff
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

NOISE = Image.effect_noise((150, 90), 60).convert("RGB")


@pytest.mark.parametrize(
    "options",
    [{}, {"no_jp2": True}, {"tile_size": (64, 64)}, {"irreversible": True, "quality_layers": [40, 10]}],
    ids=["boxes", "no-boxes", "tiles", "layers"],
)
def test_a_jpeg_2000_is_read_and_never_without_its_end(options: dict[str, Any]) -> None:
    data = encoded(NOISE, "JPEG2000", **options)
    assert sniff(data) == "jp2"
    pixels, facts = decode(io.BytesIO(data), 64)
    assert (facts.width, facts.height, pixels.mode) == (150, 90, "RGB")
    for percent in (20, 60, 99):
        with pytest.raises(ImageError, match="truncated"):
            decode(io.BytesIO(data[: len(data) * percent // 100]), 64)


def test_a_jpeg_xl_promises_an_image_only_with_its_plug_in() -> None:
    assert promises_image("/a/b.jxl") is not is_missing("jxl")


def test_a_jpeg_xl_is_read_upright_and_never_without_its_end() -> None:
    pytest.importorskip("pillow_jxl")
    from snapsortd.vision.child.decoding.jxl import declared_size

    exif = Image.Exif()
    exif[0x0112] = 6
    for size in ((150, 90), (64, 64), (8, 248), (300, 3000), (641, 479)):
        data = encoded(NOISE.resize(size), "JXL", exif=exif.tobytes())
        assert declared_size(io.BytesIO(data)) == size
        _, facts = decode(io.BytesIO(data), 64, "jxl")
        assert (facts.width, facts.height) == size
        with pytest.raises(ImageError, match="truncated"):
            decode(io.BytesIO(data[: len(data) * 4 // 5]), 64, "jxl")
    huge = 2 << 1 | 14_999 << 3 | 2 << 24 | 19_999 << 26  # both lengths as numbers of 18 bits
    with pytest.raises(ImageError, match="300 megapixels"):
        decode(io.BytesIO(b"\xff\x0a" + huge.to_bytes(16, "little")), 64, "jxl")
