"""Decode a JPEG, also one that lacks nothing but the marker of its end (ITU-T T.81, annex B)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image, ImageChops

from snapsortd.vision.child.decoding.shrink import JPEG_FACTORS, may_shrink
from snapsortd.vision.child.decoding.time_limit import check_time

_END = b"\xff\xd9"
_FILLINGS = (bytes(range(255)), bytes(range(254, -1, -1)))
"""Continuations of the pixels; none contains a marker."""
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""The next marker after the pixels of a scan, which may contain restarts (D0 to D7) and stuffed zeros."""
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""The markers of a frame, by which the kind of a JPEG is known (table B.1)."""
_SCAN = 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers that no length follows."""
_COEFFICIENTS = 64


def load_jpeg(image: Image.Image, file: BinaryIO, side: int) -> Image.Image:
    """Load `image` and return it, its shorter side at least 1.5 × `side` pixels. Raise OSError if pixels are missing.

    What is returned is another object if the file lacks its end.
    """
    _shrink(image, side)
    try:
        image.load()
    except OSError:
        if image.format != "JPEG" or not _lacks_its_end_only(file):
            raise
        image = _continued(file, _END)
        _shrink(image, side)
        image.load()
    return image


def segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of each segment, as far as they are well-formed. The pixels are passed over."""
    file.seek(0)
    data = file.read()
    place = 2
    while (found := _MARKER.search(data, place)) is not None:
        check_time(file)
        marker, place = found[1][0], found.end()
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[place : place + 2])
        yield marker, data[place + 2 : place + length]
        place += length


def _shrink(image: Image.Image, side: int) -> None:
    factor = next((factor for factor in JPEG_FACTORS if may_shrink(image.size, factor, side)), 1)
    image.draft("RGB", (image.width // factor, image.height // factor))


def _lacks_its_end_only(file: BinaryIO) -> bool:
    """Return whether all scans are there, and the pixels are the same however the file goes on."""
    if not _has_all_scans(file):
        return False
    image = _continued(file, _END)
    image.load()
    for filling in _FILLINGS:
        other = _continued(file, filling + _END)
        other.load()
        if ImageChops.difference(image, other).getbbox(alpha_only=False) is not None:
            return False
    return True


def _continued(file: BinaryIO, tail: bytes) -> Image.Image:
    return Image.open(_Continued(file, tail), formats=["JPEG"])  # type: ignore[arg-type]


def _has_all_scans(file: BinaryIO) -> bool:
    """Return whether every bit of every coefficient of every component is in a scan (T.81, table B.3)."""
    missing: dict[int, set[int]] = {}
    for marker, content in segments(file):
        if marker in FRAMES:
            missing = {component: set(range(_COEFFICIENTS)) for component in content[6::3]}
        elif marker == _SCAN and len(content) > 3 and content[-1] & 15 == 0:
            for component in missing.keys() & set(content[1:-3:2]):
                missing[component] -= set(range(content[-3], content[-2] + 1))
    return bool(missing) and not any(missing.values())


class _Continued(io.RawIOBase):
    """A file that goes on with `tail`, without the half of a marker at its end."""

    def __init__(self, file: BinaryIO, tail: bytes) -> None:
        super().__init__()
        self._file, self._tail, self._place = file, tail, 0
        self._end = file.seek(0, io.SEEK_END)
        file.seek(-1, io.SEEK_END)
        self._end -= file.read(1) == b"\xff"

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._end + len(self._tail)}
        self._place = starts[whence] + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        if self._place < self._end:
            self._file.seek(self._place)
            found = self._file.read(min(len(buffer), self._end - self._place))
        else:
            start = self._place - self._end
            found = self._tail[start : start + len(buffer)]
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)
