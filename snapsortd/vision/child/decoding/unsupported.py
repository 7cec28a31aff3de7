"""Recognise valid images of a kind that no decoder here reads, which must not be called damaged."""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import TiffImagePlugin

from snapsortd.vision.child.decoding.container import box_kinds
from snapsortd.vision.child.decoding.jpeg import FRAMES, segments

_READ_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Baseline, extended and progressive JPEG, also with arithmetic coding (ITU-T T.81, table B.1)."""
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_JPEG_LS = 0xF7
_READ_COMPONENTS = frozenset({1, 3, 4})

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLE_FORMAT = 256, 257, 258, 259, 339
_PLACES = frozenset({273, 324})
_READ_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000})
_MOST_BITS = 64
_SAMPLES = {1: "integer", 2: "signed integer", 3: "floating point", 5: "complex", 6: "complex floating point"}


def unsupported_kind(file: BinaryIO, image_format: str, *, opened: bool) -> str | None:
    """Return the kind of an image that could not be decoded, by its header, or None if that is not the reason.

    `opened`: Pillow understood its header. Raise nearly anything on bad data.
    """
    if image_format == "jpeg":
        return _jpeg_kind(file)
    if image_format == "tiff":
        return _tiff_kind(file, opened=opened)
    if image_format in ("heic", "avif"):
        kinds = box_kinds(file)
        return f"{image_format.upper()} image sequence" if b"moov" in kinds and b"meta" not in kinds else None
    return None


def _jpeg_kind(file: BinaryIO) -> str | None:
    for marker, content in segments(file):
        if marker == _JPEG_LS:
            return "JPEG-LS image"
        if marker in _LOSSLESS:
            return "lossless JPEG"
        if marker in FRAMES - _READ_FRAMES:
            return "hierarchical JPEG"
        if marker in FRAMES:
            if content[0] != 8:
                return f"JPEG of {content[0]} bits for each colour"
            return None if content[5] in _READ_COMPONENTS else f"JPEG of {content[5]} colours"
    return None


def _tiff_kind(file: BinaryIO, *, opened: bool) -> str | None:
    """Return the kind if the first directory is complete: Pillow opens those that it supports."""
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(8)
    directory = TiffImagePlugin.ImageFileDirectory_v2(head + file.read(8 if 43 in head[2:4] else 0))
    file.seek(directory.next)
    directory.load(file)
    if not all(tag in directory for tag in (_WIDTH, _HEIGHT)):
        return None
    places = next((directory[tag] for tag in _PLACES if tag in directory), ())
    if not places or max(places) >= end:
        return None
    compression, bits = directory.get(_COMPRESSION, 1), directory.get(_BITS, (1,))
    if compression not in _READ_COMPRESSIONS:
        return f"TIFF of compression {compression}"
    if opened or not 0 < max(bits) <= _MOST_BITS or (len(bits) in _READ_COMPONENTS and set(bits) == {8}):
        return None
    kind = _SAMPLES.get(directory.get(_SAMPLE_FORMAT, (1,))[0], "unknown")
    return f"TIFF of {len(bits)} × {bits[0]}-bit {kind} samples"
