"""How many frames or pages an image file holds, counted in a time that grows with the file and no faster."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from PIL import Image

_LEAST_FRAME = 12
"""Bytes that a frame or page takes at least: an empty chunk of a PNG is that long, the others are longer."""


def count_frames(image: Image.Image, file: BinaryIO) -> int:
    """At least 1, and no more than the file has room for, whatever it says of itself.

    `image` is not loaded yet. Raises nearly anything on bad data.
    """
    frames = _count_pages(file) if image.format == "TIFF" else getattr(image, "n_frames", 1)
    return max(1, min(frames, file.seek(0, io.SEEK_END) // _LEAST_FRAME))


def _count_pages(file: BinaryIO) -> int:
    """Directories of a TIFF or BigTIFF, to the end of the chain or its first repetition (TIFF 6.0, section 2).

    Pillow reads every tag of each, and compares it with all before: a chain of 100,000 would take minutes.
    """
    file.seek(0)
    head = file.read(16)
    endian = "<" if head.startswith(b"II") else ">"
    if 43 in head[2:4]:
        count, offset, entry_bytes, start = struct.Struct(endian + "Q"), struct.Struct(endian + "Q"), 20, 8
    else:
        count, offset, entry_bytes, start = struct.Struct(endian + "H"), struct.Struct(endian + "L"), 12, 4
    (place,) = offset.unpack_from(head, start)
    seen: set[int] = set()
    while place and place not in seen:
        seen.add(place)
        file.seek(place)
        (entries,) = count.unpack(file.read(count.size))
        file.seek(entries * entry_bytes, io.SEEK_CUR)
        follower = file.read(offset.size)  # some writers leave the last one out
        place = offset.unpack(follower)[0] if len(follower) == offset.size else 0
    return len(seen)
