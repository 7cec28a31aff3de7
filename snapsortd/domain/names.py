"""File names: limits, suffixes of images, shortening, and the series of names that one file may get."""

from __future__ import annotations

import os
from dataclasses import dataclass

MAX_NAME_BYTES = 255
"""Longest file name, in bytes, on every common file system (NAME_MAX)."""


OWN_PREFIX = ".snapsort."
"""Our temporary files start so; the watcher ignores them and recovery deletes only its own."""


RAW_SUFFIXES = frozenset({"dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "pef", "srw"})
"""What cameras call the data of their sensors."""


IMAGE_SUFFIXES = RAW_SUFFIXES | {
    *("png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "hif", "avif", "pdf")
}
"""Suffixes that promise an image. A file with one of these that is no image is reported; any other is passed over."""


@dataclass(frozen=True, slots=True)
class NameSeries:
    """The names one file may get, in order of preference.

    `pieces` is the stem with None where `{counter}` stood; `suffix` includes its dot, or is empty; `digits` is the
    least that a number has.
    """

    pieces: tuple[str | None, ...]
    suffix: str
    digits: int = 1

    def nth(self, number: int) -> str:
        """Name number 1, 2, 3 …: `{counter}` filled, or " 2", " 3" … added; at most 255 bytes, the suffix kept."""
        if None in self.pieces:
            tail = ""
            stem = "".join(f"{number:0{self.digits}}" if piece is None else piece for piece in self.pieces)
        else:
            tail = f" {number}" if number > 1 else ""
            stem = "".join(piece for piece in self.pieces if piece is not None)
        room = MAX_NAME_BYTES - len(_bytes(tail + self.suffix))
        return shorten(stem, room) + tail + self.suffix


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def shorten(text: str, room: int) -> str:
    """Cut `text` to `room` bytes, never inside a character."""
    while text and len(_bytes(text)) > room:
        text = text[:-1]
    return text


_MAX_SUFFIX_BYTES = 32
"""A longer "suffix" is part of the name: no real one is, and the name must have room beside it."""


def split_name(file_name: str) -> tuple[str, str]:
    """Stem and suffix without its dot: `a.tar.gz` → `a.tar`, `gz`; leading dots belong to the stem."""
    dots = len(file_name) - len(file_name.lstrip("."))
    stem, _, suffix = file_name[dots:].rpartition(".")
    if not stem or not suffix or shorten(suffix, _MAX_SUFFIX_BYTES) != suffix:
        return file_name, ""
    return file_name[:dots] + stem, suffix


def suffix_of(path: str) -> str:
    """In lower case, without its dot."""
    return os.path.splitext(path)[1].lstrip(".").lower()
