"""Plain PNG files, as screenshots are, decoded in a third of Pillow's time, by Wuffs or by kornia-rs.

Both are written in memory-safe languages. kornia-rs keeps Python's lock, so that what other threads decode stands
still: it is for an image that is alone. Wuffs lets them work, but its pixels are copied; it has to be compiled when it
is installed, so it may be missing.

Pillow reads everything but the pixels, and the pixels of every other PNG; damaged ones too, so that it says what is
wrong, and what can still be seen of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from snapsortd.vision.child.decoding.time_limit import check_time

Decode = Callable[[bytes, Image.Image], np.ndarray]
"""A file's content, and what Pillow knows of it, to (height, width, channels). Raises on whatever is wrong."""


def with_wuffs() -> Decode | None:
    """None: it is not installed."""
    try:
        from pywuffs import ImageDecoderType, PixelFormat
        from pywuffs.aux import ImageDecoder, ImageDecoderConfig
    except ImportError:
        return None
    formats = {"RGB": PixelFormat.RGB, "RGBA": PixelFormat.RGBA_NONPREMUL}

    def decode(data: bytes, image: Image.Image) -> np.ndarray:
        config = ImageDecoderConfig()
        config.enabled_decoders = [ImageDecoderType.PNG]
        config.pixel_format = formats[image.mode]
        decoded = ImageDecoder(config).decode(data)
        if decoded.error_message:
            raise ValueError(decoded.error_message)
        pixels: np.ndarray = decoded.pixbuf
        return pixels

    return decode


def with_kornia() -> Decode | None:
    """None: there is none for this machine."""
    try:
        from kornia_rs.io import decode_image_png_u8
    except ImportError:
        return None

    def decode(data: bytes, image: Image.Image) -> np.ndarray:
        return np.asarray(decode_image_png_u8(data, (image.height, image.width), image.mode.lower()))

    return decode


_kornia, _wuffs = with_kornia(), with_wuffs()

_MOST_PIXELS = 50_000_000
"""Width × height, of half a second; a larger one is Pillow's, which can be stopped on the way and runs out of memory
in peace."""

_MOST_BYTES = 256 << 20
"""Of the file: more is no plain image of so many pixels."""


_BAND_ROWS = 64
"""So many rows of the result are made at a time: what they are made of stays in the processor's cache."""


def load_png(image: Image.Image, file: BinaryIO, factor: int, *, alone: bool = True) -> Image.Image | None:
    """The pixels of `image`, which Pillow has opened in `file` but not loaded; None where that is left to it.

    `factor` pixels each way become one; `alone`: nothing else is decoded meanwhile, and a second thread may
    help. What Pillow knows of the file is in `info`.
    """
    decode = _kornia or _wuffs if alone else _wuffs or _kornia
    if decode is None or not isinstance(image, PngImagePlugin.PngImageFile) or not _is_plain(image):
        return None
    if file.seek(0, io.SEEK_END) > _MOST_BYTES:
        return None
    file.seek(0)
    data = file.read()
    try:
        pixels = decode(data, image)
    except Exception:  # of whatever kind: Pillow says what is wrong
        return None
    check_time(file)
    file.seek(image.tile[0].offset)
    image.im = Image.new(image.mode, (1, 1)).im  # or room would be made for all pixels
    image.load_prepare()
    image.load_end()
    loaded = _reduced(pixels, factor, threads=2 if alone else 1)
    loaded.info = image.info
    return loaded


def _reduced(pixels: np.ndarray, factor: int, threads: int) -> Image.Image:
    """(height, width, channels) as Pillow's `reduce` shrinks it, without a copy of the whole."""
    if factor == 1:
        return Image.fromarray(pixels)
    height, width, channels = pixels.shape
    reduced = Image.new("RGB" if channels == 3 else "RGBA", (-(-width // factor), -(-height // factor)))

    def band(top: int) -> Image.Image:
        return Image.fromarray(pixels[top * factor : (top + _BAND_ROWS) * factor]).reduce(factor)

    tops = range(0, reduced.height, _BAND_ROWS)
    with ThreadPoolExecutor(threads) as pool:
        for top, made in zip(tops, pool.map(band, tops), strict=True):
            reduced.paste(made, (0, top))
    return reduced


def _is_plain(image: PngImagePlugin.PngImageFile) -> bool:
    """Eight bits of red, green, blue, and perhaps transparency, from the first row to the last."""
    return (
        image.mode in ("RGB", "RGBA")
        and [tile.args for tile in image.tile] == [image.mode]  # others have 16 bits, or are palettes
        and not image.info.get("interlace")
        and "transparency" not in image.info
        and not getattr(image, "is_animated", False)
        and image.width * image.height <= _MOST_PIXELS
    )
