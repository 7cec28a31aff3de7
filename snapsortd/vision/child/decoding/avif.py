"""Open AVIF files whatever their main brand is, and report one that is too large as such, not as damaged."""

from __future__ import annotations

from typing import BinaryIO

from PIL import AvifImagePlugin, Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.container import declared_size
from snapsortd.vision.child.decoding.picture import check_size

_LONGEST = 32_768
"""Pixels of the longer side that libavif reads (`imageDimensionLimit`)."""


def open_avif(file: BinaryIO) -> Image.Image:
    """Return the image, which is not decoded yet. Raise ImageError, or anything at all if it is damaged."""
    file.seek(0)
    try:
        return AvifImagePlugin.AvifImageFile(file)  # `Image.open` accepts only some main brands
    except SyntaxError:
        width, height = declared_size(file)
        check_size(width, height)
        if max(width, height) > _LONGEST:
            raise ImageError(
                f"it has {width} × {height} pixels; the limit of AVIF is {_LONGEST} on each side"
            ) from None
        raise
