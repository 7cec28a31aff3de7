"""Find out GIF, PNG and multi-picture JPEG files that are cut off behind their first frame, which alone is decoded."""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import MpoImagePlugin

from snapsortd.domain.errors import ImageError

_EXTENSION, _FRAME = 0x21, 0x2C
_JPEG, _SOS, _EOI, _INDEX = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9", b"MPF\0"
_VIEWS = 0xB002
"""The list of views in an MP index."""
_CHUNK = 12
"""Bytes of an empty chunk of a PNG: length, kind, checksum."""


def check_gif(file: BinaryIO) -> None:
    """Raise ImageError if the file ends within a block behind its first frame (GIF89a, section 15)."""
    file.seek(0)
    data = file.read()
    place, frames = 13 + _colours(data, 10), 0
    while place < len(data) and data[place] in (_EXTENSION, _FRAME):
        if data[place] == _FRAME:
            frames += 1
            place += 11 + _colours(data, place + 9)
        else:
            place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    if frames > 1 and place > len(data):
        raise ImageError("the file is truncated or damaged (it ends within a later frame)")


def check_apng(file: BinaryIO) -> None:
    """Raise ImageError if the file ends before the chunk IEND does."""
    end, place, kind = file.seek(0, io.SEEK_END), 8, b""
    while kind != b"IEND" and place <= end - 8:
        file.seek(place)
        head = file.read(8)
        kind, place = head[4:], place + _CHUNK + int.from_bytes(head[:4])
    if kind != b"IEND":
        raise ImageError("the file is truncated or damaged (it ends before its last frame)")


def check_views(image: MpoImagePlugin.MpoImageFile, file: BinaryIO) -> None:
    """Raise ImageError if the file ends within a later view (CIPA DC-007, 5.2.3.3).

    Programs that drop the other views often keep the list of them, so a view must begin where it should; and Pillow
    writes wrong sizes of a third one, so the end of its pixels counts, too.
    """
    file.seek(0)
    data = file.read()
    base = data.index(_INDEX) + len(_INDEX)
    for view in (image.mpinfo or {}).get(_VIEWS, ()):
        start = base + view["DataOffset"]
        is_there = view["DataOffset"] and data.startswith(_JPEG, start)
        if is_there and len(data) < start + view["Size"] and _EOI not in data[data.rfind(_SOS, start) :]:
            raise ImageError("the file is truncated or damaged (it ends within a later view)")


def _colours(data: bytes, place: int) -> int:
    """Return the bytes of the colour table that the flags at `place` announce."""
    flags = data[place] if place < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
