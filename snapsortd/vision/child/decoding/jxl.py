"""Open JPEG XL images with the plug-in `pillow-jxl-plugin`. Requires the extra `jxl`."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import BinaryIO

from pillow_jxl.JpegXLImagePlugin import JXLImageFile

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.container import find_box
from snapsortd.vision.child.decoding.picture import Picture, check_size
from snapsortd.vision.child.decoding.time_limit import check_header, check_time

_CODESTREAM = b"\xff\x0a"
_HEADER_BYTES = 16
_LENGTH_BITS = (9, 13, 18, 30)
_RATIOS = tuple(Fraction(*each) for each in ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1)))


def open_jxl(file: BinaryIO) -> Picture:
    """Return the first frame, which the plug-in has decoded. Raise ImageError, or anything at all if it is damaged."""
    width, height = declared_size(file)
    check_size(width, height)
    check_header(file, "JXL", width * height)
    file.seek(0)
    data = io.BytesIO(file.read())
    try:
        image = JXLImageFile(data)
    except BaseException:  # of any kind, also a panic of Rust; the message names no reason
        raise ImageError("the file is truncated or damaged, or decoding it needs more memory than is allowed") from None
    check_time(file)
    width, height = image.size
    check_size(width, height)
    return Picture(image, width, height, orientation=None if image.jpeg else 1)  # the decoder has turned it upright


def declared_size(file: BinaryIO) -> tuple[int, int]:
    """Return width and height by the header (ISO/IEC 18181-1, section D.2). Raise ValueError if there is none."""
    file.seek(0)
    if file.read(len(_CODESTREAM)) != _CODESTREAM:
        start = find_box(file, b"jxlc")
        if start is None and (start := find_box(file, b"jxlp")) is not None:
            start += 4  # the number of the part
        file.seek(start or 0)
        if start is None or file.read(len(_CODESTREAM)) != _CODESTREAM:
            raise ValueError("it has no codestream")
    bits = int.from_bytes(file.read(_HEADER_BYTES), "little")

    def number(count: int) -> int:
        nonlocal bits
        found, bits = bits & ((1 << count) - 1), bits >> count
        return found

    def length() -> int:
        return 8 * (number(5) + 1) if is_small else number(_LENGTH_BITS[number(2)]) + 1

    is_small = number(1)
    height = length()
    ratio = number(3)
    return (int(height * _RATIOS[ratio - 1]) if ratio else length()), height
