"""Decode the first page of a TIFF: with the right pixels where Pillow's would be wrong, or not at all (TIFF 6.0)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, ImagePalette, TiffImagePlugin

from snapsortd.domain.errors import ImageError

_BITS, _COMPRESSION, _PHOTOMETRIC, _PLANAR, _PREDICTOR, _COLORMAP, _SAMPLE_FORMAT = 258, 259, 262, 284, 317, 320, 339
_WHITE_IS_ZERO, _YCBCR = 0, 6
_PACKBITS = 32773
_SEPARATE = 2
_UNSIGNED, _SIGNED = 1, 2
_RAWMODES = {"RGB": "RGB;16N", "RGBX": "RGBX;16N", "RGBA": "RGBA;16N", "CMYK": "CMYK;16N"}
"""By Pillow's mode: how libtiff hands over 16-bit samples, in the order of bytes of this machine."""


def load_tiff(image: Image.Image) -> Image.Image:
    """Load `image` and return it, or one with the true values. Raise ImageError for a kind that is not supported."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        image.load()
        return image
    tags = image.tag_v2
    if (kind := _unread_kind(image, tags)) is not None:
        raise ImageError(f"it is a TIFF with {kind}, which is not supported")
    if image.mode in ("P", "PA") and max(tags[_COLORMAP]) < 256:  # Pillow would divide these by 256, too
        image.palette = ImagePalette.raw("RGB;L", bytes(tags[_COLORMAP]))
    if tags.get(_PLANAR) == _SEPARATE and not image.use_load_libtiff and max(tags[_BITS]) == 16:
        rawmode = _RAWMODES[image.mode]  # Pillow's own reader would take each sample for two
        whole = (0, 0, *image._tile_size)
        image.tile = [
            image.tile[0]._replace(codec_name="libtiff", extents=whole, offset=0, args=(rawmode, False, tags.offset))
        ]
        image.use_load_libtiff = True
    image.load()
    return _with_true_values(image, tags)


def _unread_kind(image: TiffImagePlugin.TiffImageFile, tags: Any) -> str | None:
    """Return the kind of TIFF that Pillow opens, but decodes wrongly, or None."""
    if tags.get(_PREDICTOR, 1) != 1 and tags.get(_COMPRESSION) == _PACKBITS:
        return "PackBits compression and a predictor"
    is_raw_ycbcr = tags.get(_PHOTOMETRIC) == _YCBCR and not image.use_load_libtiff
    if tags.get(_PLANAR) == _SEPARATE and (image.mode in ("LA", "LAB") or is_raw_ycbcr):
        return "separate planes that are neither RGB nor CMYK"
    if image.mode == "L" and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0] == _SIGNED:
        return "signed bytes"
    return None


def _with_true_values(image: Image.Image, tags: Any) -> Image.Image:
    """Return the image of one channel as its tags define the values: which end is white, and how far it goes."""
    is_negative = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    if image.mode.startswith("I;16"):
        most = (1 << tags[_BITS][0]) - 1
        if not is_negative and most == 0xFFFF:
            return image
        values = np.asarray(image).astype(np.uint32)
        return _like(image, ((most - values if is_negative else values) * 0xFFFF // most).astype(np.uint16))
    if image.mode == "I" and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0] == _UNSIGNED:
        return _like(image, np.asarray(image).view(np.uint32).astype(np.float32))
    if image.mode == "F" and is_negative:
        return _like(image, -np.asarray(image))
    return image


def _like(image: Image.Image, values: np.ndarray) -> Image.Image:
    made = Image.fromarray(values)
    made.info = dict(image.info)
    with suppress(Exception):  # Pillow's EXIF parser raises nearly anything on bad data
        made.info["exif"] = image.getexif().tobytes()
    return made
