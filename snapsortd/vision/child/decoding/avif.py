"""Open AVIF files whatever their main brand is, and report one that is too large as such, not as damaged."""

from __future__ import annotations

import struct
from typing import BinaryIO

from PIL import AvifImagePlugin, Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.picture import check_size

_LONGEST = 32_768
"""Pixels of the longer side that libavif reads (`imageDimensionLimit`)."""
_HEADER_BYTES = 1 << 20
"""The sizes are in the metadata, which is near the start of the file in all but contrived ones."""
_SIZE = struct.Struct(">4x4sxxxxII")
"""`ispe`, the size of one picture in the file (ISO/IEC 23008-12, section 6.5.3), with the length before it."""


def open_avif(file: BinaryIO) -> Image.Image:
    """Return the image, which is not decoded yet. Raise ImageError, or anything at all if it is damaged."""
    file.seek(0)
    try:
        return AvifImagePlugin.AvifImageFile(file)  # `Image.open` accepts only some main brands
    except SyntaxError:
        width, height = _declared_size(file)
        check_size(width, height)
        if max(width, height) > _LONGEST:
            raise ImageError(
                f"it has {width} × {height} pixels; the limit of AVIF is {_LONGEST} on each side"
            ) from None
        raise


def _declared_size(file: BinaryIO) -> tuple[int, int]:
    """Return the size of the largest picture that the file declares, or 0 × 0."""
    file.seek(0)
    head = file.read(_HEADER_BYTES)
    sizes, place = [(0, 0)], head.find(b"ispe")
    while 4 <= place <= len(head) - _SIZE.size + 4:
        _, width, height = _SIZE.unpack_from(head, place - 4)
        sizes.append((width, height))
        place = head.find(b"ispe", place + 4)
    return max(sizes, key=lambda size: size[0] * size[1])
