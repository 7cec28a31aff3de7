"""Count the frames or pages of an image file, in time linear in its size."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from PIL import Image

_MIN_FRAME_BYTES = 12
"""Size of the smallest possible frame or page: an empty chunk of a PNG; other formats need more."""


def count_frames(image: Image.Image, file: BinaryIO) -> int:
    """Return the number of frames: at least 1, and no more than fit into the file, whatever its header claims.

    `image` must not be loaded yet. Raise nearly anything on bad data.
    """
    frames = _count_pages(file) if image.format == "TIFF" else getattr(image, "n_frames", 1)
    return max(1, min(frames, file.seek(0, io.SEEK_END) // _MIN_FRAME_BYTES))


def _count_pages(file: BinaryIO) -> int:
    """Count the directories of a TIFF or BigTIFF, until the chain ends or repeats itself (TIFF 6.0, section 2).

    Pillow reads every tag of each directory and compares it with all before: a chain of 100,000 would take minutes.
    """
    file.seek(0)
    head = file.read(16)
    endian = "<" if head.startswith(b"II") else ">"
    if 43 in head[2:4]:
        count, offset, entry_bytes, start = struct.Struct(endian + "Q"), struct.Struct(endian + "Q"), 20, 8
    else:
        count, offset, entry_bytes, start = struct.Struct(endian + "H"), struct.Struct(endian + "L"), 12, 4
    (position,) = offset.unpack_from(head, start)
    seen: set[int] = set()
    while position and position not in seen:
        seen.add(position)
        file.seek(position)
        (entries,) = count.unpack(file.read(count.size))
        file.seek(entries * entry_bytes, io.SEEK_CUR)
        following = file.read(offset.size)  # some programs omit the last one
        position = offset.unpack(following)[0] if len(following) == offset.size else 0
    return len(seen)
