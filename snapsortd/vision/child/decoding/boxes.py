"""Whether a HEIC file is all there, told from the boxes that it consists of (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import io
from typing import BinaryIO

_HEAD, _LARGE_HEAD = 8, 16
_MOST_BOXES = 1000


def container_is_complete(file: BinaryIO) -> bool:
    """The outermost boxes end where the file ends: nothing was cut off, and nothing else was put behind them."""
    end = file.seek(0, io.SEEK_END)
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        head = file.read(_LARGE_HEAD)
        size, least = int.from_bytes(head[:4], "big"), _HEAD
        if size == 0:  # to the end of the file
            return False  # which may be anywhere
        if size == 1:
            size, least = int.from_bytes(head[8:16], "big"), _LARGE_HEAD
        if size < least or place + size > end:
            return False
        place += size
        if place == end:
            return True
    return False
