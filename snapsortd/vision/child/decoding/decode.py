"""Decode an open image file to pixels: only known formats, within limits, and only if it is complete."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import pillow_heif
from PIL import (
    AvifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from snapsortd.domain.errors import ImageError
from snapsortd.domain.image import ImageFacts
from snapsortd.vision.child.decoding.avif import open_avif
from snapsortd.vision.child.decoding.container import check_complete
from snapsortd.vision.child.decoding.exif import read_exif
from snapsortd.vision.child.decoding.frames import count_frames
from snapsortd.vision.child.decoding.hidden_metadata import add_hidden_metadata
from snapsortd.vision.child.decoding.image_dates import dates_in_image
from snapsortd.vision.child.decoding.jpeg import load_jpeg
from snapsortd.vision.child.decoding.picture import MAX_PIXELS, Picture, check_size
from snapsortd.vision.child.decoding.png import load_png
from snapsortd.vision.child.decoding.png_chunks import TolerantStream
from snapsortd.vision.child.decoding.refusals import lacks_memory, refusal
from snapsortd.vision.child.decoding.shrink import shrink_factor
from snapsortd.vision.child.decoding.tiff import load_tiff
from snapsortd.vision.child.decoding.time_limit import check_header, check_time
from snapsortd.vision.child.decoding.to_rgb import fold, to_rgb
from snapsortd.vision.child.decoding.unsupported import unsupported_kind
from snapsortd.vision.formats import HEAD_BYTES, is_missing, sniff, what_is_missing

MAX_BYTES = 4 << 30
"""Twice the size of 225 megapixels of four 16-bit channels; a larger file is not a genuine image."""

BLOCK_BYTES = 8 << 10
"""Passed to a decoder at a time: 40 scans of the worst progressive JPEG, which take a second. A decode that takes too
long can be ended between two blocks."""

_LOADED = (AvifImagePlugin, Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Pillow loads the plugins of the other formats by itself; to find these, it would load all of its plugins."""

_PLUGINS = {
    **{image_format: image_format.upper() for image_format in ("png", "jpeg", "webp", "gif", "bmp", "tiff")},
    "heic": "HEIF",
    "jp2": "JPEG2000",
}
_KNOWN = "PNG, JPEG, WEBP, GIF, BMP, TIFF, AVIF, HEIC, JPEG 2000, JPEG XL, raw, PDF"

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The operation that turns an image of each EXIF orientation upright; 1 is upright."""

_SIDEWAYS = frozenset({5, 6, 7, 8})

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
"""Pillow refuses twice this before it allocates memory. Our own check reports the exact size and the limit."""


PngImagePlugin.PngStream = TolerantStream  # type: ignore[misc]  # Pillow has no option for it

pillow_heif.register_heif_opener(depth_images=False, aux_images=False)


def decode(
    file: BinaryIO, side: int, image_format: str | None = None, *, alone: bool = True, whole: bool = False
) -> tuple[Image.Image, ImageFacts]:
    """Return the first frame, upright, in RGB, shrunk to a shorter side of at least 1.5 × `side` pixels; and its facts.

    An image that is smaller already keeps its size. Every pixel is decoded, so that a truncated file is detected. Of
    a raw file, only its preview is decoded, and of a complete HEIC file only its thumbnail if that is large enough.
    `image_format` is the result of `sniff` if that knew more than the first bytes. `alone`: nothing else is decoded
    at the same time, so a second thread may help. `whole`: a long image is not cut into parts. `file` may be
    a LimitedFile. Raise ImageError with the reason.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    image_format = _allowed(head, image_format or sniff(head))
    if (size := file.seek(0, io.SEEK_END)) > MAX_BYTES:
        raise ImageError(f"the file has {size / 1e9:.1f} GB; the limit is {MAX_BYTES / 1e9:.1f}")
    with _explain_errors(file, image_format):
        picture = _open(file, side, image_format)
        with picture.image as image:
            image.decodermaxblock = BLOCK_BYTES  # type: ignore[attr-defined]
            loaded = _load(image, file, side, alone=alone)
            add_hidden_metadata(loaded, file)
            orientation, exif = read_exif(loaded)
            has_alpha, dates = loaded.has_transparency_data, dates_in_image(loaded, exif)
            pixels = to_rgb(_reduce(loaded, side))
    check_time(file)
    orientation = picture.orientation or orientation
    width, height = picture.width, picture.height
    if orientation in _UPRIGHT:
        pixels = pixels.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    if picture.taken is not None:
        dates.setdefault("original", picture.taken)
    facts = ImageFacts(width, height, frames=picture.frames, has_alpha=has_alpha, exif=exif.selected, dates=dates)
    return pixels if whole else fold(pixels), facts


def _open(file: BinaryIO, side: int, image_format: str) -> Picture:
    if image_format == "raw":
        from snapsortd.vision.child.decoding.raw import open_raw

        return open_raw(file, side)
    if image_format == "pdf":
        from snapsortd.vision.child.decoding.pdf import open_pdf

        return open_pdf(file, side)
    if image_format == "jxl":
        from snapsortd.vision.child.decoding.jxl import open_jxl

        return open_jxl(file)
    if image_format in ("heic", "avif"):
        check_complete(file)
    image = open_avif(file) if image_format == "avif" else Image.open(file, formats=[_PLUGINS[image_format]])
    check_size(*image.size)
    check_header(file, image.format, image.width * image.height)
    return Picture(image, *image.size, frames=count_frames(image, file))


def _load(image: Image.Image, file: BinaryIO, side: int, *, alone: bool) -> Image.Image:
    """Return the image with its pixels, scaled down if the format can do that cheaply."""
    if (loaded := load_png(image, file, shrink_factor(image.size, side), alone=alone)) is not None:
        return loaded
    if image.format in ("JPEG", "MPO"):
        return load_jpeg(image, file, side)
    if image.format == "TIFF":
        return load_tiff(image)
    if image.format == "HEIF":
        image.draft("RGB", (2 * side, 2 * side))
    image.load()
    return image


@contextmanager
def _explain_errors(file: BinaryIO, image_format: str) -> Iterator[None]:
    """Turn every error about a file into an ImageError with the reason."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"it has more than {2 * MAX_PIXELS / 1e6:.0f} megapixels; the limit is {MAX_PIXELS / 1e6:.0f}"
        ) from None
    except MemoryError:
        raise lacks_memory() from None
    except Exception as error:  # decoders raise nearly anything on bad data
        opened, kind = not isinstance(error, UnidentifiedImageError), None
        with suppress(Exception):
            kind = unsupported_kind(file, image_format, opened=opened)
        if kind is not None:
            raise ImageError(f"it is a {kind}, which is not supported") from None
        if not opened:
            raise ImageError(f"it starts like a {image_format.upper()} image, but is truncated or damaged") from None
        raise refusal(str(error)) from error


def _allowed(head: bytes, image_format: str | None) -> str:
    """Return the format. Raise ImageError if it is unknown or its package is missing."""
    if not head:
        raise ImageError("the file is empty")
    if image_format is None:
        raise ImageError(f"it is not an image in a known format ({_KNOWN})")
    if is_missing(image_format):
        raise ImageError(what_is_missing(image_format))
    return image_format


def _reduce(image: Image.Image, side: int) -> Image.Image:
    """Shrink by an integer factor, as far as `side` permits."""
    factor = shrink_factor(image.size, side)
    if factor < 2:
        return image
    keyed = "transparency" in image.info  # one colour or index means "transparent" and must not be averaged
    plain = image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and not keyed
    return (image if plain else to_rgb(image)).reduce(factor)
