"""An open file to pixels: only known formats, within limits, complete. Runs in the classifier process."""

from __future__ import annotations

import io
import math
import re
import warnings
from datetime import datetime
from typing import BinaryIO

from PIL import AvifImagePlugin, Image, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from snapsortd.errors import ImageError
from snapsortd.models import ImageFacts
from snapsortd.vision.frames import count_frames
from snapsortd.vision.sniff import HEAD_BYTES, sniff

MAX_PIXELS = 225_000_000
"""Width × height. The largest cameras make 200 megapixels; a decoded image of this size is 900 MB at most."""

MAX_BYTES = 4 << 30
"""Twice what 225 megapixels of four 16-bit channels take; the rest of a larger file is no image."""

BLOCK_BYTES = 8 << 10
"""So much is given to a decoder at a time: 40 scans of the worst progressive JPEG, which take a second. Between two
blocks a decode that needs too long can be ended."""

MAX_EXIF = 1 << 20
"""Bytes. Cameras write 64 KB at most; Pillow takes a second for each megabyte of numbers."""

MAX_ASPECT = 16
"""A longer image is squeezed to this: models resize the shorter side, and a 1 × 30000 image would explode."""

_LOADED = (AvifImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Pillow loads the plugins of the other formats by itself; to find these it would load every one that it has."""

_PLUGINS = {format: format.upper() for format in ("png", "jpeg", "webp", "gif", "bmp", "tiff", "avif")}

_ORIENTATION, _EXIF_IFD, _TAKEN, _TAKEN_OFFSET = (
    0x0112,
    0x8769,
    0x9003,
    0x9011,
)  # EXIF 2.32, tables 4, 7 and 8

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets an image of each EXIF orientation upright; 1 is upright."""

_SIDEWAYS = frozenset({5, 6, 7, 8})

EARLIEST_YEAR, LATEST_YEAR = 1826, 2199
"""No photo is older than the oldest that is left; a date outside was not written by a camera's clock."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
"""Pillow refuses twice this before it asks for memory. Our own limit, below, says what is wrong in plain words."""


def decode(file: BinaryIO, side: int) -> tuple[Image.Image, ImageFacts]:
    """The first frame, upright, RGB, its shorter side still ≥ 2 × `side` pixels if it was; and the facts.

    Every pixel is decoded, so a truncated file is found out. Raises ImageError with the reason.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    plugin = _allowed(head)
    if (size := file.seek(0, io.SEEK_END)) > MAX_BYTES:
        raise ImageError(f"the file has {size / 1e9:.1f} GB; the limit is {MAX_BYTES / 1e9:.1f}")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=[plugin]) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ImageError(
                    f"it has {width} × {height} = {width * height / 1e6:.0f} megapixels; "
                    f"the limit is {MAX_PIXELS / 1e6:.0f}"
                )
            frames = count_frames(image, file)
            image.decodermaxblock = BLOCK_BYTES
            image.draft("RGB", (2 * side, 2 * side))
            image.load()
            orientation, taken = _exif(image)
            pixels = _squeeze(_to_rgb(_reduce(image, 2 * side)))
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"it has more than {2 * MAX_PIXELS / 1e6:.0f} megapixels; the limit is {MAX_PIXELS / 1e6:.0f}"
        ) from None
    except MemoryError:
        raise ImageError("decoding it needs more memory than is allowed") from None
    except UnidentifiedImageError:
        raise ImageError(f"it starts like a {plugin} image, but is truncated or damaged") from None
    except Exception as error:  # Pillow's plugins raise nearly anything on bad data
        raise ImageError(f"the file is truncated or damaged ({error})") from error
    if orientation in _UPRIGHT:
        pixels = pixels.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    return pixels, ImageFacts(width, height, taken, frames)


def _allowed(head: bytes) -> str:
    """Pillow's name for the format, if it is one that is opened at all."""
    format = sniff(head)
    if format in _PLUGINS:
        return _PLUGINS[format]
    if not head:
        raise ImageError("the file is empty")
    if format is not None:
        raise ImageError(f"{format.upper()} images cannot be read yet")
    raise ImageError(f"it is not an image of a known kind ({', '.join(_PLUGINS.values())})")


def _exif(image: Image.Image) -> tuple[int, datetime | None]:
    """Orientation and time of exposure. Broken EXIF data doesn't make an image unreadable."""
    if any(len(image.info.get(key) or b"") > MAX_EXIF for key in ("exif", "Raw profile type exif")):
        return 1, None
    try:
        exif = image.getexif()
        details = exif.get_ifd(_EXIF_IFD)
        return exif.get(_ORIENTATION, 1), _time(str(details.get(_TAKEN)), str(details.get(_TAKEN_OFFSET, "")))
    except ImageError:
        raise
    except Exception:  # Pillow's EXIF parser raises nearly anything on bad data
        return 1, None


def _time(text: str, offset: str) -> datetime | None:
    """EXIF writes "2024:05:17 09:30:00" and "+02:00", or zeros and blanks for "unknown"."""
    match = re.match(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", text)
    if match is None:
        return None
    year, month, day, time = match.groups()
    if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
        return None
    zone = re.match(r"[+-]\d\d:\d\d", offset)
    try:
        return datetime.fromisoformat(f"{year}-{month}-{day}T{time}{zone[0] if zone else ''}")
    except ValueError:
        return None


def _reduce(image: Image.Image, side: int) -> Image.Image:
    """Shrink by a whole factor as long as the shorter side stays ≥ `side`: cheaper than resizing at once."""
    factor = min(image.size) // side
    if factor < 2:
        return image
    keyed = "transparency" in image.info  # one colour or index stands for "transparent" and must not be averaged
    plain = image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") and not keyed
    return (image if plain else _to_rgb(image)).reduce(factor)


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB, transparent parts on white, as viewers show them."""
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        canvas = Image.new("RGB", image.size, "white")
        canvas.paste(layer, mask=layer)
        return canvas
    if image.mode.startswith("I;16"):  # 16-bit grey: a plain convert would clip everything above 255
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("RGB")
    if image.mode in ("I", "F"):  # any range at all: stretch what is there
        return _stretch(image).convert("RGB")
    return image.convert("RGB")


def _stretch(image: Image.Image) -> Image.Image:
    """The darkest value of a one-channel image becomes 0, the brightest 255."""
    low, high = (float(end) for end in image.getextrema() if not isinstance(end, tuple))
    scale = 255 / (high - low) if math.isfinite(high - low) and high > low else 0.0
    return image.point(lambda value: value * scale - low * scale)


def _squeeze(image: Image.Image) -> Image.Image:
    """At most `MAX_ASPECT` times as long as wide, or as wide as long."""
    longest = MAX_ASPECT * min(image.size)
    if max(image.size) <= longest:
        return image
    return image.resize((min(image.width, longest), min(image.height, longest)))
