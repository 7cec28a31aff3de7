"""A TIFF is read with the right pixels, or refused as what it is: cut off, or of a kind that is not supported."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

SCENE = np.dstack([*np.meshgrid(np.linspace(0, 1, 96), np.linspace(0, 1, 80)), np.full((80, 96), 0.3)])
"""Red to the right, green down: (80, 96, 3), 0 to 1."""
GREY = SCENE[..., 0]
ALPHA = np.ones((80, 96, 1))


def _tiff(*pages: np.ndarray, **options: Any) -> bytes:
    memory = io.BytesIO()
    with tifffile.TiffWriter(memory, byteorder=options.pop("byteorder", "<")) as writer:
        for each in pages:
            planes = np.moveaxis(each, 2, 0) if options.get("planarconfig") == "separate" else each
            writer.write(np.ascontiguousarray(planes), metadata=None, **options)
    return memory.getvalue()


def _whole(values: np.ndarray, kind: str) -> np.ndarray:
    return (values * np.iinfo(kind).max).round().astype(kind)


def _error(data: bytes, wanted: np.ndarray) -> float:
    pixels, _ = decode(io.BytesIO(data), 5000)
    wanted = wanted if wanted.ndim == 3 else np.repeat(wanted[..., None], 3, axis=2)
    return float(np.abs(np.asarray(pixels) - wanted * 255).max())


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (32, 32)])
@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize(
    ("values", "options"),
    [
        pytest.param(SCENE, {"photometric": "rgb"}, id="rgb"),
        pytest.param(np.dstack([SCENE, ALPHA]), {"photometric": "rgb", "extrasamples": ["unassalpha"]}, id="rgba"),
        pytest.param(np.dstack([1 - SCENE, 1 - ALPHA]), {"photometric": "separated"}, id="cmyk"),
    ],
)
def test_separate_planes(
    values: np.ndarray, options: dict[str, Any], kind: str, tile: Any, compression: str | None, byteorder: str
) -> None:
    options = {**options, "compression": compression, "tile": tile, "byteorder": byteorder}
    assert _error(_tiff(_whole(values, kind), planarconfig="separate", **options), SCENE) < 2


@pytest.mark.parametrize("scale", [1, 256, 257])
def test_a_palette_of_8_or_16_bits(scale: int) -> None:
    palette = np.stack([np.arange(256), np.arange(255, -1, -1), np.full(256, 80)]).astype("u2")
    indices = _whole(GREY, "u1")
    data = _tiff(indices, photometric="palette", colormap=palette * scale)
    assert _error(data, palette.T[indices] / 255) < 2


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "f4"])
def test_grey_of_any_depth(kind: str, photometric: str, compression: str | None) -> None:
    values = GREY if photometric == "minisblack" else 1 - GREY
    whole = values.astype("f4") if kind == "f4" else _whole(values, kind)
    data = _tiff(whole, photometric=photometric, compression=compression)
    if (kind, photometric) == ("u4", "miniswhite"):
        with pytest.raises(ImageError, match=r"a TIFF of 1 × 32-bit integer samples, which is not supported"):
            decode(io.BytesIO(data), 64)
    else:
        assert _error(data, GREY) < 2


def test_inverted_values_keep_their_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    dated = exif.get_ifd(0x8769)
    dated[0x9003] = "2024:05:17 09:30:01"
    data = encoded(Image.new("I;16", (9, 5)), "TIFF", exif=exif.tobytes())
    photometric = b"\x06\x01\x03\0\1\0\0\0"
    assert photometric + b"\1" in data
    pixels, facts = decode(io.BytesIO(data.replace(photometric + b"\1", photometric + b"\0")), 64)
    assert pixels.getpixel((0, 0)) == (255, 255, 255)
    assert pixels.size == (facts.width, facts.height) == (5, 9)
    assert facts.dates["original"].isoformat() == "2024-05-17T09:30:01"


@pytest.mark.parametrize(
    ("values", "options", "kind"),
    [
        pytest.param(SCENE.astype("f4"), {"photometric": "rgb"}, "3 × 32-bit floating point", id="float"),
        pytest.param(GREY.astype("f2"), {}, "1 × 16-bit floating point", id="half-float"),
        pytest.param(GREY.astype("f8"), {}, "1 × 64-bit floating point", id="double"),
        pytest.param(_whole(SCENE, "u4"), {"photometric": "rgb"}, "3 × 32-bit integer", id="32-bit-colour"),
        pytest.param(_whole(GREY, "i1"), {}, "signed bytes", id="signed"),
        pytest.param(
            _whole(SCENE[..., :2], "u1"),
            {"photometric": "minisblack", "planarconfig": "separate", "extrasamples": ["unassalpha"]},
            "separate planes",
            id="separate-grey-and-alpha",
        ),
    ],
)
def test_what_is_not_supported_is_named(values: np.ndarray, options: dict[str, Any], kind: str) -> None:
    with pytest.raises(ImageError, match=f"it is a TIFF .*{kind}.*, which is not supported"):
        decode(io.BytesIO(_tiff(values, **options)), 64)


def test_a_compression_that_is_not_supported_is_named() -> None:
    data = bytearray(_tiff(_whole(GREY, "u1"), compression="zlib"))
    place = data.index(b"\x03\x01\x03\0\1\0\0\0") + 8
    data[place : place + 2] = (34887).to_bytes(2, "little")
    with pytest.raises(ImageError, match="it is a TIFF of compression 34887, which is not supported"):
        decode(io.BytesIO(data), 64)


NOISE = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)


@pytest.mark.parametrize("percent", [45, 75, 97])
@pytest.mark.parametrize("pages", [1, 2])
@pytest.mark.parametrize("tile", [None, (32, 32)])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_one_that_lacks_tiles_strips_or_pages_is_truncated(
    compression: str | None, tile: Any, pages: int, percent: int
) -> None:
    rows = {"tile": tile} if tile else {"rowsperstrip": 16}
    data = _tiff(*[NOISE] * pages, photometric="rgb", compression=compression, **rows)
    assert decode(io.BytesIO(data), 64)[1].frames == pages
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[: len(data) * percent // 100]), 64)


@pytest.mark.parametrize("bigtiff", [False, True])
def test_a_last_strip_may_declare_the_bytes_of_a_full_one(bigtiff: bool) -> None:
    memory = io.BytesIO()
    with tifffile.TiffWriter(memory, bigtiff=bigtiff) as writer:
        for _ in range(2):
            writer.write(NOISE[:80], photometric="rgb", rowsperstrip=64, metadata=None)
    full, rest = 64 * 96 * 3, 16 * 96 * 3
    with tifffile.TiffFile(io.BytesIO(memory.getvalue())) as written:
        places = [page.tags["StripByteCounts"].valueoffset for page in written.pages]
    data = bytearray(memory.getvalue())
    for place in places:
        assert struct.unpack_from("<HH", data, place) == (full, rest)
        struct.pack_into("<HH", data, place, full, full)
    assert decode(io.BytesIO(data), 64)[1].frames == 2
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[:-1]), 64)
