"""File names: limits, suffixes of images, shortening, and the series of names that one file may get."""

from __future__ import annotations

import os
from dataclasses import dataclass

MAX_NAME_BYTES = 255
"""Longest file name, in bytes, on every common file system (NAME_MAX)."""

_MAX_SUFFIX_BYTES = 32
"""A longer "suffix" is part of the name: no real one is that long, and the name must have room beside it."""

OWN_PREFIX = ".snapsort."
"""Prefix of our temporary files; the watcher ignores them, and recovery deletes only its own."""

RAW_SUFFIXES = frozenset({"dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "pef", "srw"})
"""Suffixes of cameras' raw sensor data."""

IMAGE_SUFFIXES = RAW_SUFFIXES | {
    *("png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "hif", "avif", "pdf"),
    *("jxl", "jp2", "j2k", "j2c", "jpf", "jpx"),
}
"""Suffixes that promise an image. A file with one of them that is not an image is reported; any other is ignored."""

COMPANION_SUFFIXES = ("xmp", "aae", "json", "pp3", "dop", "txt", "mov", "mp4", "wav")
"""Suffixes of files that belong to an image, unless the configuration lists others: metadata (XMP), edits of Apple's
Photos, Google Takeout's metadata, edits of RawTherapee and DxO PhotoLab, prompts of image generators, the film of a
Live Photo or Motion Photo, and a camera's voice memo."""


@dataclass(frozen=True, slots=True)
class NameSeries:
    """The names that one file may get, in order of preference.

    `pieces` is the stem with None in place of each `{counter}`; `suffix` includes its dot, or is empty; `digits` is the
    minimum number of digits of the counter.
    """

    pieces: tuple[str | None, ...]
    suffix: str
    digits: int = 1
    max_bytes: int = MAX_NAME_BYTES

    def nth(self, number: int) -> str:
        """Return name number 1, 2, 3 …: `{counter}` filled in, or " 2", " 3" … appended.

        It has at most `max_bytes`: the longest text of the stem is shortened, number and suffix are kept.
        """
        is_counted = None in self.pieces
        tail = self.suffix if is_counted or number == 1 else f" {number}{self.suffix}"
        texts = [f"{number:0{self.digits}}" if piece is None else piece for piece in self.pieces]
        excess = len(_bytes("".join(texts) + tail)) - self.max_bytes
        for place in sorted(range(len(texts)), key=lambda place: -len(_bytes(texts[place]))):
            if excess > 0 and self.pieces[place] is not None:
                before = len(_bytes(texts[place]))
                texts[place] = shorten(texts[place], before - excess)
                excess -= before - len(_bytes(texts[place]))
        return "".join(texts) + tail


def split_name(file_name: str) -> tuple[str, str]:
    """Return stem and suffix without its dot: `a.tar.gz` → `a.tar`, `gz`; leading dots belong to the stem."""
    dots = len(file_name) - len(file_name.lstrip("."))
    stem, _, suffix = file_name[dots:].rpartition(".")
    if not stem or not suffix or shorten(suffix, _MAX_SUFFIX_BYTES) != suffix:
        return file_name, ""
    return file_name[:dots] + stem, suffix


def suffix_of(path: str) -> str:
    """Return the suffix of a path in lower case, without its dot."""
    return os.path.splitext(path)[1].lstrip(".").lower()


def shorten(text: str, room: int) -> str:
    """Cut `text` to `room` bytes, never inside a character."""
    while text and len(_bytes(text)) > room:
        text = text[:-1]
    return text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
