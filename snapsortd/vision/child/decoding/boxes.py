"""Check that a HEIC file is complete, by the boxes it consists of (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import io
from typing import BinaryIO

_HEAD, _LARGE_HEAD = 8, 16
_MAX_BOXES = 1000


def container_is_complete(file: BinaryIO) -> bool:
    """Return whether the outermost boxes end where the file ends: nothing is cut off or appended."""
    end = file.seek(0, io.SEEK_END)
    offset = 0
    for _ in range(_MAX_BOXES):
        file.seek(offset)
        head = file.read(_LARGE_HEAD)
        size, min_size = int.from_bytes(head[:4], "big"), _HEAD
        if size == 0:  # extends to the end of the file, so that a cut does not show
            return False
        if size == 1:
            size, min_size = int.from_bytes(head[8:16], "big"), _LARGE_HEAD
        if size < min_size or offset + size > end:
            return False
        offset += size
        if offset == end:
            return True
    return False
