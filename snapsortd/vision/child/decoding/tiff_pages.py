"""Count the pages of a TIFF or BigTIFF, and check that the file goes on to the end of each (TIFF 6.0, section 2)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from snapsortd.domain.errors import ImageError

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _ROWS_PER_STRIP, _PLANAR = 256, 257, 258, 259, 277, 278, 284
_PLACES = ((273, 279), (324, 325))
"""The tags of where strips or tiles are, and of how many bytes they have."""
_WANTED = {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _ROWS_PER_STRIP, _PLANAR, *_PLACES[0], *_PLACES[1]}
_SIZES = {3: "u2", 4: "u4", 16: "u8"}
_MAX_CHECKED = 10_000
"""Pages of which the end is sought; a document has fewer."""
_MAX_ENTRIES = 100
"""Entries of a page that are read: they are sorted, and only the first ones say where its pixels are."""
_MAX_BYTES = 64 << 20
"""Of lists of strips, which a hostile file refers to again and again."""

Tags = dict[int, np.ndarray]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How numbers are written: classic TIFF or BigTIFF, in either order of bytes."""

    order: str
    count: struct.Struct
    entry: struct.Struct
    offset: struct.Struct
    start: int


def count_pages(file: BinaryIO) -> int:
    """Return the number of pages, until their chain ends or repeats itself. Raise ImageError if the file is cut off.

    Pillow reads every tag of each page and compares it with all before: a chain of 100,000 would take minutes.
    """
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(16)
    kind = _kind(head)
    (position,) = kind.offset.unpack_from(head, kind.start)
    seen: set[int] = set()
    room = _MAX_BYTES
    while position and position not in seen:
        seen.add(position)
        file.seek(position)
        (entries,) = kind.count.unpack(file.read(kind.count.size))
        rows = file.read(min(entries, _MAX_ENTRIES) * kind.entry.size)
        file.seek(position + kind.count.size + entries * kind.entry.size)
        following = file.read(kind.offset.size)  # some programs omit the last one
        if 1 < len(seen) < _MAX_CHECKED and room > 0:  # the first page is decoded
            tags = dict(_tags(file, rows, kind, room))
            room -= sum(values.nbytes for values in tags.values())
            if _last_byte(tags) > end:
                raise ImageError("the file is truncated or damaged (it ends before its last page does)")
        position = kind.offset.unpack(following)[0] if len(following) == kind.offset.size else 0
    return len(seen)


def _kind(head: bytes) -> _Kind:
    order = "<" if head.startswith(b"II") else ">"
    if 43 in head[2:4]:
        count, offset, start = "Q", "Q", 8
    else:
        count, offset, start = "H", "L", 4
    entry = struct.Struct(f"{order}HH{offset}{start}s")
    return _Kind(order, struct.Struct(order + count), entry, struct.Struct(order + offset), start)


def _tags(file: BinaryIO, rows: bytes, kind: _Kind, room: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield tag and values of the entries that are wanted and have at most `room` bytes."""
    for tag, number_type, count, value in kind.entry.iter_unpack(rows):
        size = _SIZES.get(number_type)
        if tag not in _WANTED or size is None:
            continue
        number = np.dtype(kind.order + size)
        length = count * number.itemsize
        if length > room:
            continue
        if length > len(value):
            file.seek(kind.offset.unpack(value)[0])
            value = file.read(length)
        yield tag, np.frombuffer(value[:length], number)


def _last_byte(tags: Tags) -> int:
    """Return where the last strip or tile ends, or 0 if that is not known."""
    for places, lengths in _PLACES:
        starts, sizes = tags.get(places), tags.get(lengths)
        if starts is None or sizes is None or not 0 < len(starts) == len(sizes):
            continue
        last = int(starts.argmax())
        size = int(sizes[last])
        if places == _PLACES[0][0] and last == len(starts) - 1:
            size = min(size, _longest_end(tags, len(starts)) or size)
        return int(starts[last]) + size
    return 0


def _longest_end(tags: Tags, strips: int) -> int | None:
    """Return how many bytes the last of `strips` needs, or None: some programs give it those of a full strip."""
    if _number(tags, _COMPRESSION) != 1 or _number(tags, _PLANAR) != 1 or _BITS not in tags:
        return None
    rows = _number(tags, _HEIGHT) - (strips - 1) * _number(tags, _ROWS_PER_STRIP)
    bits = int(tags[_BITS].max(initial=1)) * _number(tags, _SAMPLES)
    return max(rows * -(-_number(tags, _WIDTH) * bits // 8), 1)


def _number(tags: Tags, tag: int) -> int:
    values = tags.get(tag)
    return 1 if values is None or not len(values) else int(values[0])
