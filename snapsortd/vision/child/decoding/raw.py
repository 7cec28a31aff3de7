"""Open raw camera files with LibRaw, by the preview embedded by the camera. Requires the extra `raw`.

If there is a preview, the sensor's data is not read, so that a file truncated there is not detected.
"""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO

import rawpy
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.picture import Picture, check_size

_HEAD_BYTES = 1 << 20
"""The start of the file, in which the EXIF data is."""
_ORIENTATION = 0x0112
_EXIF_OF_FLIP = (1, 2, 4, 3, 5, 8, 6, 7)
"""EXIF orientation by LibRaw's flip, which numbers them in a different order (dcraw.c, `tiff_head`)."""


def open_raw(file: BinaryIO, side: int) -> Picture:
    """Return the preview if its shorter side has `side` pixels, else the sensor's image at half its size.

    Raise ImageError with the reason, or anything at all if the preview is damaged.
    """
    try:
        return _open(file, side)
    except rawpy.LibRawUnsufficientMemoryError:
        raise MemoryError from None
    except rawpy.LibRawFileUnsupportedError:
        raise ImageError("it is not a raw file of a camera that LibRaw supports, or it is damaged") from None
    except rawpy.LibRawError as error:
        raise ImageError(f"the file is truncated or damaged ({_message(error)})") from None


def _open(file: BinaryIO, side: int) -> Picture:
    file.seek(0)
    with rawpy.imread(file) as raw:
        width, height, flip = raw.sizes.width, raw.sizes.height, raw.sizes.flip
        check_size(max(raw.sizes.raw_width, width), max(raw.sizes.raw_height, height))
        orientation = _EXIF_OF_FLIP[flip] if 0 <= flip < len(_EXIF_OF_FLIP) else 1
        taken = _time(raw)
        image = _preview(raw, min(side, width, height))
        if image is None:
            image = _half_size(raw)
        else:
            orientation = _own_orientation(image) or orientation
    _copy_exif(image, file)
    return Picture(image, width, height, orientation=orientation, taken=taken)


def _preview(raw: rawpy.RawPy, side: int) -> Image.Image | None:
    """Return the largest embedded image if it is large enough, else None; it is not decoded yet."""
    try:
        found = raw.extract_thumb()
    except rawpy.LibRawNonFatalError:  # there is none, or LibRaw does not support its format
        return None
    image: Image.Image
    if isinstance(found.data, bytes):
        image = Image.open(io.BytesIO(found.data), formats=["JPEG"])
    else:
        image = Image.fromarray(found.data)
    check_size(*image.size)
    return image if min(image.size) >= side else None


def _half_size(raw: rawpy.RawPy) -> Image.Image:
    """Develop the sensor's data to one pixel for each 2 × 2, which is fast and sufficient."""
    try:
        return Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0))
    except rawpy.LibRawNonFatalError as error:
        raise ImageError(
            f"it has no preview that is large enough, and LibRaw cannot develop it ({_message(error)})"
        ) from None


def _time(raw: rawpy.RawPy) -> datetime | None:
    """Return when the image was taken, or None if LibRaw does not know it, which it reports as 1970."""
    try:
        found = raw.other.timestamp
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year > 1970 else None


def _own_orientation(image: Image.Image) -> int | None:
    """Return the orientation in the preview's EXIF data, or None. LibRaw does not add that of the raw file."""
    with suppress(Exception):  # Pillow's EXIF parser raises nearly anything on bad data
        found = image.getexif().get(_ORIENTATION)
        return found if isinstance(found, int) else None
    return None


def _copy_exif(image: Image.Image, file: BinaryIO) -> None:
    """Copy the camera's EXIF data, which TIFF-like raw files contain and previews seldom do, to the image."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head.startswith((b"II", b"MM")):
        return
    magic = b"II*\0" if head.startswith(b"II") else b"MM\0*"  # RW2 and ORF differ from TIFF only in this
    image.info["exif"] = b"Exif\0\0" + magic + head[4:]
    with suppress(Exception):
        image.getexif().load(image.info["exif"])


def _message(error: Exception) -> str:
    message = error.args[0] if error.args else error
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
