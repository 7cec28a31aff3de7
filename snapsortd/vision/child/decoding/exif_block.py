"""Find the EXIF data of an open image, and make it quick to read: a camera's notes in it may have many megabytes."""

from __future__ import annotations

import re
import struct

from PIL import ExifTags, Image

from snapsortd.domain.exif_tags import EXIF_NAMES

MAX_VALUE_BYTES = 1 << 16
"""Longer values are left out; of a text, only the start is needed."""
MAX_NUMBERS = 16
"""Longer lists of numbers are left out, because no rule needs them."""

_ASKED = frozenset(EXIF_NAMES)
MAIN_TAGS = {tag: name for tag, name in ExifTags.TAGS.items() if name in _ASKED}
GPS_TAGS = {tag: name for tag, name in ExifTags.GPSTAGS.items() if name in _ASKED}
_POINTERS = (0x8769, 0x8825)
"""The tags of the main table that point at the tables of the exposure and of the place (EXIF 2.32, section 4.6.3)."""
_PREFIX = re.compile(rb"(?:Exif\0\0)*")
_UNIT_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
"""The size of one number or character of each type (TIFF 6.0, section 2; EXIF 3.0, section 4.6.2)."""
_TEXTS = frozenset({1, 2, 6, 7, 129})


def prepare_exif(image: Image.Image) -> None:
    """Replace the EXIF data in `image.info` by its short values that rules may use, so that Pillow reads it at once."""
    block = image.info.get("exif") or _profile(image, "exif", "APP1")
    if not block:
        image.info.pop("Raw profile type exif", None)  # Pillow raises if it is not a number in hexadecimal
        return
    image.info["exif"] = short_values(_PREFIX.sub(b"", block, count=1))
    image.getexif().load(image.info["exif"])


def raw_profile(text: str) -> bytes:
    """Return the bytes of a profile as ImageMagick writes it into a PNG: a name, their number, hexadecimal digits."""
    match text.strip().splitlines():
        case _, size, *lines if re.fullmatch(r"\s*\d{1,9}\s*", size):
            digits = re.sub("[^0-9A-Fa-f]", "", "".join(lines))
            return bytes.fromhex(digits[: 2 * min(int(size), len(digits) // 2)])
    return b""


def short_values(block: bytes) -> bytes:
    """Return the same EXIF data, whose tables name only short values of tags that rules may use, each tag once."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2], "")
    if not order or len(block) < 8:
        return b""
    shortened = bytearray(block)
    (start,) = struct.unpack_from(f"{order}I", block, 4)
    kept = _shorten(shortened, order, start)
    for tag in _POINTERS:
        if tag in kept:
            _shorten(shortened, order, struct.unpack(f"{order}8xI", kept[tag])[0])
    return bytes(shortened)


def _shorten(block: bytearray, order: str, start: int) -> dict[int, bytes]:
    """Leave out entries of the table at `start`, and return those that stay, by their tags."""
    kept: dict[int, bytes] = {}
    if not 8 <= start <= len(block) - 2:
        return kept
    (count,) = struct.unpack_from(f"{order}H", block, start)
    for place in range(start + 2, min(start + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", block, place)
        size = _UNIT_BYTES.get(kind, 0) * number
        is_short = 0 < size <= MAX_VALUE_BYTES and (kind in _TEXTS or number <= MAX_NUMBERS)
        if is_short and (tag in MAIN_TAGS or tag in GPS_TAGS or tag in _POINTERS):
            kept.setdefault(tag, bytes(block[place : place + 12]))
    if len(kept) < count:
        table = struct.pack(f"{order}H", len(kept)) + b"".join(kept.values()) + bytes(4)
        block[start : start + len(table)] = table
    return kept


def _profile(image: Image.Image, *names: str) -> bytes:
    profiles = (raw_profile(str(image.info.get(f"Raw profile type {name}", ""))) for name in names)
    return next((found for found in profiles if found.startswith((b"Exif\0\0", b"II", b"MM"))), b"")
