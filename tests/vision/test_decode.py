"""decode: every format and mode becomes upright RGB pixels and correct facts, or an error with the reason."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.date_text import EARLIEST_YEAR, LATEST_YEAR
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.to_rgb import MAX_ASPECT
from snapsortd.vision.formats import sniff
from tests.support.crafted_images import PAGE_BYTES, animated_png, chain, checksummed, encoded, exif_of, mpo_of

pytestmark = pytest.mark.pure

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
SIDE = 64


def _scene(width: int = 96, height: int = 64) -> Image.Image:
    """Draw red left, blue right, with a gradient, so that the file is large enough to be truncated."""
    gradient = Image.linear_gradient("L").resize((width, height))
    left = Image.merge("RGB", [Image.new("L", (width, height), 255), gradient, gradient])
    right = Image.merge("RGB", [gradient, gradient, Image.new("L", (width, height), 255)])
    left.paste(right.crop((width // 2, 0, width, height)), (width // 2, 0))
    return left


def _png_header(width: int, height: int) -> bytes:
    """Return a PNG whose header has a size but which contains no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@pytest.mark.parametrize("format", FORMATS)
def test_formats(format: str) -> None:
    data = encoded(_scene(), format)
    assert sniff(data) == {"HEIF": "heic"}.get(format, format.lower())
    pixels, facts = decode(io.BytesIO(data), SIDE)
    assert (pixels.mode, pixels.size) == ("RGB", (96, 64))
    assert (facts.width, facts.height, facts.dates, facts.frames) == (96, 64, {}, 1)
    left, right = pixels.getpixel((10, 5)), pixels.getpixel((85, 5))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200 > 100 > left[2]
    assert right[2] > 200 > 100 > right[0]


@pytest.mark.parametrize("format", FORMATS)
def test_truncated_in_the_middle(format: str) -> None:
    data = encoded(Image.effect_noise((200, 150), 80).convert("RGB"), format)
    with pytest.raises(ImageError, match="truncated or damaged"):
        decode(io.BytesIO(data[: len(data) // 2]), SIDE)


@pytest.mark.parametrize(
    ("image", "format", "expected"),
    [
        pytest.param(Image.new("L", (9, 9), 200), "PNG", 200, id="grey"),
        pytest.param(Image.new("1", (9, 9), 1), "PNG", 255, id="bilevel"),
        pytest.param(Image.new("I;16", (9, 9), 200 * 257), "PNG", 200, id="grey-16-bit-png"),
        pytest.param(Image.new("I;16", (9, 9), 200 * 257), "TIFF", 200, id="grey-16-bit-tiff"),
        pytest.param(Image.new("LA", (9, 9), (0, 0)), "PNG", 255, id="transparent-grey-is-white"),
        pytest.param(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG", 255, id="transparent-is-white"),
        pytest.param(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "WEBP", 255, id="transparent-webp-is-white"),
        pytest.param(Image.new("RGBA", (999, 999), (0, 0, 0, 0)), "PNG", 255, id="large-transparent"),
        pytest.param(Image.new("RGBA", (9, 9), (0, 0, 0, 127)), "PNG", 128, id="half-transparent"),
        pytest.param(Image.new("CMYK", (9, 9), (0, 0, 0, 255)), "JPEG", 0, id="cmyk-jpeg"),
        pytest.param(Image.new("CMYK", (9, 9), (0, 0, 0, 0)), "TIFF", 255, id="cmyk-tiff"),
        pytest.param(Image.new("RGB", (999, 999), (70, 70, 70)).quantize(4), "PNG", 70, id="large-palette"),
        pytest.param(Image.new("RGB", (9, 9), (70, 70, 70)).quantize(4), "GIF", 70, id="palette-gif"),
        pytest.param(Image.new("F", (9, 9), 0.5), "TIFF", 0, id="float-of-one-value"),
    ],
)
def test_modes(image: Image.Image, format: str, expected: int) -> None:
    pixels, _ = decode(io.BytesIO(encoded(image, format)), SIDE)
    assert pixels.mode == "RGB"
    shade = pixels.getpixel((4, 4))
    assert isinstance(shade, tuple)
    assert all(abs(channel - expected) <= 2 for channel in shade)


def test_a_transparent_palette_colour_is_white() -> None:
    image = Image.new("P", (600, 600), 0)
    image.putpalette([0, 0, 0, 10, 20, 30])
    pixels, _ = decode(io.BytesIO(encoded(image, "PNG", transparency=0)), SIDE)
    assert pixels.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_a_wide_range_is_stretched(mode: str) -> None:
    image = Image.new(mode, (20, 20), -1000)
    image.paste(7000, (10, 0, 20, 20))
    pixels, _ = decode(io.BytesIO(encoded(image, "TIFF")), SIDE)
    assert pixels.getpixel((2, 2)) == (0, 0, 0)
    assert pixels.getpixel((17, 2)) == (255, 255, 255)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(format: str, orientation: int) -> None:
    """The upright scene, stored as the EXIF table specifies, must be upright again after decoding."""
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = Image.new("RGB", (96, 64), "black")
    upright.paste((255, 255, 255), (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = upright if stored is None else upright.transpose(stored)
    written = (
        exif.tobytes() if format == "HEIF" else exif
    )  # its encoder would convert an object to the container's own rotation
    pixels, facts = decode(io.BytesIO(encoded(image, format, exif=written)), SIDE)
    assert pixels.size == (facts.width, facts.height) == (96, 64)
    assert _bright_corners(pixels) == [(8, 8)]


def _bright_corners(pixels: Image.Image) -> list[tuple[int, int]]:
    right, bottom = pixels.width - 8, pixels.height - 8
    corners = ((8, 8), (right, 8), (8, bottom), (right, bottom))
    return [corner for corner in corners if pixels.convert("L").getpixel(corner) == 255]


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        pytest.param("2024:05:17 09:30:01", None, datetime.fromisoformat("2024-05-17T09:30:01"), id="local"),
        pytest.param(
            "2024:05:17 09:30:01",
            "-03:30",
            datetime(2024, 5, 17, 9, 30, 1, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
            id="with-offset",
        ),
        pytest.param("2024:05:17 09:30:01", "   :  ", datetime.fromisoformat("2024-05-17T09:30:01"), id="blank-offset"),
        pytest.param("0000:00:00 00:00:00", None, None, id="zeros"),
        pytest.param("    :  :     :  :  ", None, None, id="blank"),
        pytest.param("2024:13:17 09:30:01", None, None, id="month-13"),
        pytest.param("0001:01:01 00:00:00", None, None, id="year-1"),
        pytest.param("1825:12:31 23:59:59", None, None, id="before-photography"),
        pytest.param("9999:12:31 23:59:59", None, None, id="year-9999"),
        pytest.param(
            "2024:05:17 09:30:01", "+99:99", datetime.fromisoformat("2024-05-17T09:30:01"), id="no-such-offset"
        ),
        pytest.param(
            "2024:05:17 09:30:01",
            "+0530",
            datetime.fromisoformat("2024-05-17T09:30:01+05:30"),
            id="offset-without-colon",
        ),
        pytest.param("2024:05:17 09:30:01", "Z", datetime.fromisoformat("2024-05-17T09:30:01+00:00"), id="offset-zulu"),
        pytest.param("yesterday", None, None, id="words"),
    ],
)
def test_time_taken(taken: str, offset: str | None, expected: datetime | None) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    if offset is not None:
        exif.get_ifd(0x8769)[0x9011] = offset
    _, facts = decode(io.BytesIO(encoded(_scene(), "JPEG", exif=exif)), SIDE)
    found = facts.dates.get("original")
    assert found == expected
    assert expected is None or found is None or found.tzinfo == expected.tzinfo


def test_broken_exif_is_no_broken_image() -> None:
    data = encoded(_scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert decode(io.BytesIO(data), SIDE)[1].dates == {}


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG", "HEIF"])
def test_the_first_frame_counts(format: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "lime")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    pixels, facts = decode(io.BytesIO(data), SIDE)
    assert facts.frames == 3
    shade = pixels.getpixel((4, 4))
    assert isinstance(shade, tuple)
    assert shade[0] > 240 > 10 > shade[2]


def _big_tiff(pages: int) -> bytes:
    """Return a page that is followed by a chain of directories without entries."""
    image = encoded(Image.new("L", (9, 9)), "TIFF", big_tiff=True)
    first = int.from_bytes(image[8:16], "little")
    after = first + 8 + 20 * int.from_bytes(image[first : first + 8], "little")
    image += bytes(-len(image) % 8)
    locations = [len(image) + 16 * number for number in range(pages - 1)] + [0]
    chained = b"".join(struct.pack("<QQ", 0, place) for place in locations[1:])
    return image[:after] + struct.pack("<Q", locations[0]) + image[after + 8 :] + chained


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        pytest.param(chain(1), 1, id="one page"),
        pytest.param(chain(700), 700, id="700 pages"),
        pytest.param(chain(3, last=8), 3, id="pages in a circle"),
        pytest.param(chain(3, last=8 + 2 * PAGE_BYTES), 3, id="a page that follows itself"),
        pytest.param(chain(2)[:-4], 2, id="nothing after the last page"),
        pytest.param(_big_tiff(1), 1, id="BigTIFF"),
        pytest.param(_big_tiff(50), 50, id="BigTIFF of 50 pages"),
        pytest.param(animated_png(5, 5), 5, id="APNG"),
        pytest.param(animated_png(1, 0x7FFFFFFF), 10, id="APNG that has no room for what it says"),
        pytest.param(mpo_of(2), 2, id="two JPEGs in one"),
        pytest.param(mpo_of(0x7FFFFFFF), 1, id="JPEG whose index of others is nonsense"),
    ],
)
def test_frames_are_counted_and_not_believed(data: bytes, frames: int) -> None:
    assert decode(io.BytesIO(data), SIDE)[1].frames == frames


def test_a_tiff_that_goes_on_beyond_its_end_is_truncated() -> None:
    with pytest.raises(ImageError, match="truncated or damaged"):
        decode(io.BytesIO(chain(2)[:-PAGE_BYTES]), SIDE)


@pytest.mark.parametrize(("size", "least"), [((1600, 1200), 1.5), ((1601, 1201), 2)], ids=["even", "odd"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_large_images_come_smaller_but_large_enough(format: str, size: tuple[int, int], least: float) -> None:
    pixels, facts = decode(io.BytesIO(encoded(_scene(*size), format)), SIDE)
    assert (facts.width, facts.height) == size
    assert least * SIDE <= min(pixels.size) < 4 * SIDE


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 30_000), (30_000, 1), (3, 5)])
def test_odd_shapes(width: int, height: int) -> None:
    pixels, facts = decode(io.BytesIO(encoded(Image.new("RGB", (width, height)), "PNG")), SIDE)
    assert (facts.width, facts.height) == (width, height)
    assert max(pixels.size) <= MAX_ASPECT * min(pixels.size)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"To whom it may concern", "not an image in a known format", id="text"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9", "not an image in a known format", id="eps"),
        pytest.param(b"SIMPLE  =                    T", "not an image in a known format", id="fits"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC image, but is truncated", id="heic"),
        pytest.param(b"\x89PNG\r\n\x1a\nnothing more", "PNG image, but is truncated", id="png-without-header"),
        pytest.param(_png_header(20_000, 15_000), "20000 × 15000 = 300 megapixels; the limit is 225", id="bomb"),
        pytest.param(_png_header(60_000, 60_000), "more than 450 megapixels; the limit is 225", id="larger-bomb"),
        pytest.param(_png_header(60, 60), "truncated or damaged", id="no-pixels"),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode(io.BytesIO(data), SIDE)


_DAMAGED = {format: encoded(_scene(), format) for format in FORMATS} | {
    "exif": encoded(_scene(), "JPEG", exif=b"Exif\0\0" + exif_of(9, 2, 20, 8)),
    "animation": encoded(_scene(), "GIF", save_all=True, append_images=[_scene().rotate(180)]),
    "pages": chain(3),
    "two": mpo_of(2),
}


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(_DAMAGED)),
    position=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=40),
    cut=st.floats(0.5, 2),
)
def test_damaged_bytes_give_pixels_or_a_reason(kind: str, position: float, junk: bytes, cut: float) -> None:
    data = bytearray(_DAMAGED[kind])
    start = int(position * len(data))
    data[start : start + len(junk)] = junk
    damaged = checksummed(bytes(data)) if kind == "PNG" else bytes(data)
    try:
        pixels, facts = decode(io.BytesIO(damaged[: int(cut * len(damaged))]), SIDE)
    except ImageError:
        return
    assert pixels.mode == "RGB"
    assert max(pixels.size) <= MAX_ASPECT * min(pixels.size)
    assert 1 <= facts.frames <= len(data)
    assert all(EARLIEST_YEAR <= date.year <= LATEST_YEAR for date in facts.dates.values())
