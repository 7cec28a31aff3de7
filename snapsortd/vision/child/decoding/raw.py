"""Raw files of cameras, by the preview that the camera put in; read by LibRaw. Needs the extra `raw`.

The sensor's data are not looked at where there is a preview, so that a file cut off there is not found out.
"""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO

import rawpy
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.exif import MAX_EXIF
from snapsortd.vision.child.decoding.picture import Picture, check_size

_ORIENTATION = 0x0112
_EXIF_OF_FLIP = (1, 2, 4, 3, 5, 8, 6, 7)
"""LibRaw counts the ways to set an image upright in another order than EXIF does (dcraw.c, `tiff_head`)."""


def open_raw(file: BinaryIO, side: int) -> Picture:
    """The preview, if its shorter side has `side` pixels, else the sensor's image at half its size.

    ImageError with the reason; anything at all where the preview is damaged.
    """
    try:
        return _open(file, side)
    except rawpy.LibRawUnsufficientMemoryError:
        raise MemoryError from None
    except rawpy.LibRawFileUnsupportedError:
        raise ImageError("it is no raw file of a camera that LibRaw knows, or is damaged") from None
    except rawpy.LibRawError as error:
        raise ImageError(f"the file is truncated or damaged ({_words(error)})") from None


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
    _give_exif(image, file)
    return Picture(image, width, height, orientation=orientation, taken=taken)


def _preview(raw: rawpy.RawPy, side: int) -> Image.Image | None:
    """The largest image that the camera put in, if it is large enough; still to be decoded."""
    try:
        found = raw.extract_thumb()
    except rawpy.LibRawNonFatalError:  # there is none, or of a kind that LibRaw does not know
        return None
    image: Image.Image
    if isinstance(found.data, bytes):
        image = Image.open(io.BytesIO(found.data), formats=["JPEG"])
    else:
        image = Image.fromarray(found.data)
    check_size(*image.size)
    return image if min(image.size) >= side else None


def _half_size(raw: rawpy.RawPy) -> Image.Image:
    """A pixel for each two by two of the sensor: quick, and enough."""
    try:
        return Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0))
    except rawpy.LibRawNonFatalError as error:
        raise ImageError(
            f"it holds no preview that is large enough, and LibRaw can't develop it ({_words(error)})"
        ) from None


def _time(raw: rawpy.RawPy) -> datetime | None:
    """When it was taken, as LibRaw reads it: what it does not know is 1970."""
    try:
        found = raw.other.timestamp
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year > 1970 else None


def _own_orientation(image: Image.Image) -> int | None:
    """What the preview's EXIF data say, if it has any. LibRaw gives one without the orientation of the raw file."""
    with suppress(Exception):  # Pillow's EXIF parser raises nearly anything on bad data
        found = image.getexif().get(_ORIENTATION)
        return found if isinstance(found, int) else None
    return None


def _give_exif(image: Image.Image, file: BinaryIO) -> None:
    """Raw files that are built like a TIFF hold the camera's own EXIF data; the preview seldom does."""
    file.seek(0)
    head = file.read(MAX_EXIF - 6)
    if not head.startswith((b"II", b"MM")):
        return
    mark = b"II*\0" if head.startswith(b"II") else b"MM\0*"  # RW2 and ORF have another, and are the same but for it
    image.info["exif"] = b"Exif\0\0" + mark + head[4:]
    with suppress(Exception):
        image.getexif().load(image.info["exif"])


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
