"""Read when a QuickTime or MP4 film was recorded, from its boxes (ISO/IEC 14496-12, QuickTime File Format)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

_HEAD, _LARGE_HEAD = 8, 16
_MAX_BOXES = 1000
_MAX_MOOV_BYTES = 16 << 20
_KEY = b"com.apple.quicktime.creationdate"
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)


def film_date(fd: int) -> datetime | None:
    """Return the date of the open film, aware; None if it has none, or is not such a film.

    Phones write a date with its time zone; other programs only seconds of universal time, or 0.
    """
    moov = _moov(fd)
    for kind, body in _boxes(moov):
        if kind == b"meta" and (date := _named_date(body)) is not None:
            return date
    return next((date for kind, body in _boxes(moov) if kind == b"mvhd" and (date := _header_date(body))), None)


def _moov(fd: int) -> bytes:
    """Return the content of the box that describes the film; empty if there is none."""
    offset = 0
    for _ in range(_MAX_BOXES):
        head = os.pread(fd, _LARGE_HEAD, offset)
        if len(head) < _HEAD:
            break
        size, skip = int.from_bytes(head[:4], "big"), _HEAD
        if size == 1:
            size, skip = int.from_bytes(head[8:], "big"), _LARGE_HEAD
        if head[4:8] == b"moov":
            return os.pread(fd, min(max(size - skip, 0), _MAX_MOOV_BYTES), offset + skip)
        if size < skip:
            break
        offset += size
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of the boxes in `data`."""
    place = 0
    while place + _HEAD <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if size < _HEAD:
            return
        yield data[place + 4 : place + 8], data[place + _HEAD : place + size]
        place += size


def _named_date(meta: bytes) -> datetime | None:
    """Return the date among the named values of a film; MP4 has four more bytes before them than QuickTime."""
    parts = dict(_boxes(meta if meta[4:8] == b"hdlr" else meta[4:]))
    names = [name for _, name in _boxes(parts.get(b"keys", b"")[8:])]
    if _KEY not in names:
        return None
    number = struct.pack(">I", names.index(_KEY) + 1)
    data = dict(_boxes(dict(_boxes(parts.get(b"ilst", b""))).get(number, b""))).get(b"data", b"")
    with suppress(ValueError):
        date = datetime.fromisoformat(data[8:].decode("ascii", "replace"))
        return date if date.tzinfo is not None else None
    return None


def _header_date(mvhd: bytes) -> datetime | None:
    seconds = int.from_bytes(mvhd[4:12] if mvhd[:1] == b"\1" else mvhd[4:8], "big")
    with suppress(OverflowError):
        return _EPOCH + timedelta(seconds=seconds) if seconds else None
    return None
