"""Check that a HEIC or AVIF file is complete, by its boxes (ISO/IEC 14496-12) and where it says that its images are.

Decoders paint the tiles of a grid that are missing in one colour, and report no error.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from snapsortd.domain.errors import ImageError

_HEAD, _LARGE_HEAD = 8, 16
_MAX_BOXES = 1000
_KINDS = frozenset(
    {b"ftyp", b"meta", b"mdat", b"idat", b"moov", b"moof", b"free", b"skip", b"wide", b"uuid", b"mpvd", b"sefd"}
)
"""The outermost boxes of images, with those of Samsung's motion photos. Anything else may be junk behind the image."""
_MAX_BOX_BYTES = 1 << 20
"""Of the locations: 16 bytes for each of 65,536 tiles."""
_SIZE = struct.Struct(">4xII")
"""`ispe`, the size of one picture in the file (ISO/IEC 23008-12, section 6.5.3)."""

_HEVC = frozenset({b"hvc1", b"hev1"})
_BLANK_BYTES = 16


class Part(NamedTuple):
    """A part of an item: the item's number, and where the part starts and ends."""

    item: int
    start: int
    after: int


Box = tuple[bytes, int, int]
"""Kind, and where the content starts and ends."""


def check_complete(file: BinaryIO) -> None:
    """Raise ImageError if the file ends before one of its boxes or images does, or a part of one was not written yet.

    Anything may follow them.
    """
    end = file.seek(0, io.SEEK_END)
    for kind, start, after in _boxes(file, 0, end):
        is_cut, is_meta = kind in _KINDS and after > end, kind == b"meta"
        if is_cut or (is_meta and any(each.after > end for each in _parts_of(file, start, after))):
            raise ImageError("the file is truncated or damaged (it ends before its last part does)")
        coded = _hevc_items(file, start, after) if is_meta else frozenset()
        if coded and any(_is_blank(file, each) for each in _parts_of(file, start, after) if each.item in coded):
            raise ImageError("the file is truncated or damaged (a part of its image was not written)")


def box_kinds(file: BinaryIO) -> set[bytes]:
    """Return the kinds of the outermost boxes."""
    return {kind for kind, _, _ in _boxes(file, 0, file.seek(0, io.SEEK_END))}


def find_box(file: BinaryIO, kind: bytes) -> int | None:
    """Return where the content of the first outermost box of this kind starts, or None."""
    return next((start for start, _ in _inside(file, kind, 0, file.seek(0, io.SEEK_END))), None)


def declared_size(file: BinaryIO) -> tuple[int, int]:
    """Return the size of the largest picture that the file declares, or 0 × 0."""
    sizes = [(0, 0)]
    for start, after in _inside(file, b"meta", 0, file.seek(0, io.SEEK_END)):
        for properties in _inside(file, b"iprp", start + 4, after):
            for each in _inside(file, b"ipco", *properties):
                for size in _inside(file, b"ispe", *each):
                    content = _content(file, *size)
                    sizes += [_SIZE.unpack(content)] if len(content) == _SIZE.size else []
    return max(sizes, key=lambda size: size[0] * size[1])


def _boxes(file: BinaryIO, offset: int, end: int) -> Iterator[Box]:
    """Yield the boxes from `offset`; the last one may be declared to end after `end`."""
    for _ in range(_MAX_BOXES):
        file.seek(offset)
        head = file.read(min(_LARGE_HEAD, end - offset))
        size, min_size = int.from_bytes(head[:4]), _HEAD
        if len(head) < _HEAD:
            return
        if size == 0:
            size = end - offset
        elif size == 1:
            size, min_size = int.from_bytes(head[8:16]), _LARGE_HEAD
        if size < min_size:
            return
        yield head[4:8], offset + min_size, offset + size
        offset += size
        if offset >= end:
            return


def _inside(file: BinaryIO, kind: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    return ((first, min(after, end)) for found, first, after in _boxes(file, start, end) if found == kind)


def _content(file: BinaryIO, start: int, after: int) -> bytes:
    file.seek(start)
    return file.read(min(after - start, _MAX_BOX_BYTES))


def _parts_of(file: BinaryIO, start: int, after: int) -> Iterator[Part]:
    """Yield the parts of all items, by the locations in the `meta` box (section 8.11.3)."""
    with suppress(struct.error):  # the decoder reports what is wrong
        for found in _inside(file, b"iloc", start + 4, after):
            yield from _parts(_content(file, *found))


def _hevc_items(file: BinaryIO, start: int, after: int) -> frozenset[int]:
    """Return the numbers of the items that are HEVC images, by the `meta` box (section 8.11.6)."""
    found = set()
    for first, last in _inside(file, b"iinf", start + 4, after):
        wide = _content(file, first, first + 1) != b"\0"
        for entry in _inside(file, b"infe", first + (8 if wide else 6), last):
            content = _content(file, *entry)
            length = 4 if content[:1] == b"\3" else 2
            if content[6 + length : 10 + length] in _HEVC:
                found.add(int.from_bytes(content[4 : 4 + length]))
    return frozenset(found)


def _is_blank(file: BinaryIO, part: Part) -> bool:
    """Return True if a part of an HEVC image ends with zeros: space that a program reserved, and has not filled yet.

    There are never three in a row (ITU-T H.265, section 7.4.2: emulation prevention), but for the length of the next.
    """
    if part.after - part.start < 2 * _BLANK_BYTES:
        return False
    file.seek(part.after - _BLANK_BYTES)
    return file.read(_BLANK_BYTES) == bytes(_BLANK_BYTES)


def _parts(content: bytes) -> Iterator[Part]:
    """Yield the parts of each item; only of those that lie in this file, outside of the box `meta`."""
    data = io.BytesIO(content)

    def number(size: int) -> int:
        read = data.read(size)
        if len(read) < size:
            raise struct.error("the locations are cut off")
        return int.from_bytes(read)

    version, sizes = number(4) >> 24, number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    for _ in range(number(wide)):
        item = number(wide)
        method = number(2) & 15 if version in (1, 2) else 0
        is_here = number(2) == 0 and method == 0
        base, parts = number(base_size), number(2)
        for _ in range(parts if offset_size + length_size else 0):
            number(index_size)
            offset, length = number(offset_size), number(length_size)
            if is_here:
                yield Part(item, base + offset, base + offset + length)
