"""Decode plain PNG files, such as screenshots, with Wuffs or kornia-rs in a third of Pillow's time.

Both are written in memory-safe languages. kornia-rs holds Python's global interpreter lock, which blocks the decoding
of other images, so it is used for an image that is alone. Wuffs releases the lock, but its pixels have to be copied; it
is compiled during installation, so it may be missing.

Pillow reads everything except the pixels, and also the pixels of all other PNGs. This includes damaged ones, so that it
reports what is wrong or decodes what is left of them.
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
"""Maps a file's content and its opened image to pixels (height, width, channels). Raises on any damage."""


def with_wuffs() -> Decode | None:
    """Return a decoder, or None if Wuffs is not installed."""
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
    """Return a decoder, or None if kornia-rs is not available on this machine."""
    try:
        from kornia_rs.io import decode_image_png_u8
    except ImportError:
        return None

    def decode(data: bytes, image: Image.Image) -> np.ndarray:
        return np.asarray(decode_image_png_u8(data, (image.height, image.width), image.mode.lower()))

    return decode


_kornia, _wuffs = with_kornia(), with_wuffs()

_MAX_PIXELS = 50_000_000
"""Width × height, decoded in half a second. Larger images are left to Pillow, which can be interrupted and survives
running out of memory."""

_MAX_BYTES = 256 << 20
"""File size; a larger file is not a plain image of at most _MAX_PIXELS."""


_BAND_ROWS = 64
"""Rows of the result that are computed at a time, so that their source fits into the processor's cache."""


def load_png(image: Image.Image, file: BinaryIO, factor: int, *, alone: bool = True) -> Image.Image | None:
    """Return the pixels of `image`, which Pillow opened in `file` but has not loaded, or None to leave it to Pillow.

    `factor` × `factor` pixels become one. `alone`: nothing else is decoded at the same time, so a second thread may
    help. The result's `info` is that of `image`.
    """
    decode = _kornia or _wuffs if alone else _wuffs or _kornia
    if decode is None or not isinstance(image, PngImagePlugin.PngImageFile) or not _is_plain(image):
        return None
    if file.seek(0, io.SEEK_END) > _MAX_BYTES:
        return None
    file.seek(0)
    data = file.read()
    try:
        pixels = decode(data, image)
    except BaseException:  # of any kind, also a panic of Rust when memory lacks: Pillow reports what is wrong
        return None
    check_time(file)
    file.seek(image.tile[0].offset)
    image.im = Image.new(image.mode, (1, 1)).im  # else Pillow would allocate memory for all pixels
    image.load_prepare()
    image.load_end()
    loaded = _reduced(pixels, factor, threads=2 if alone else 1)
    loaded.info = image.info
    return loaded


def _reduced(pixels: np.ndarray, factor: int, threads: int) -> Image.Image:
    """Shrink (height, width, channels) as Pillow's `reduce` does, without a copy of the whole image."""
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
    """Return whether the image has eight bits of red, green, blue and possibly alpha, and is not interlaced."""
    return (
        image.mode in ("RGB", "RGBA")
        and [tile.args for tile in image.tile] == [image.mode]  # others have 16 bits, or are palettes
        and not image.info.get("interlace")
        and "transparency" not in image.info
        and not getattr(image, "is_animated", False)
        and image.width * image.height <= _MAX_PIXELS
    )
