"""Which kind of image a file holds, told from its first bytes. Pure.

Its name counts in one case: most raw files are TIFFs, and only far inside differ from others.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

from snapsortd.domain.names import IMAGE_SUFFIXES, RAW_SUFFIXES, suffix_of
from snapsortd.files.open_file import OpenFile

HEAD_BYTES = 32
"""How much of the file `sniff` wants to see."""

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of every version of the BMP information header; "BM" alone would match plain text."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

_RAW_HEADS = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR")
"""RAF; RW2; ORF, in three versions."""


def sniff(head: bytes, suffix: str = "") -> str | None:
    """png, jpeg, webp, gif, bmp, tiff, heic, avif, raw or pdf; None for anything else.

    `suffix` of the file's name in lower case, without its dot: a TIFF may be called raw by it.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):  # 42 is TIFF, 43 is BigTIFF
        return "raw" if suffix in RAW_SUFFIXES or head[8:11] == b"CR\x02" else "tiff"
    if head.startswith(_RAW_HEADS):
        return "raw"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    if head[4:8] == b"ftyp":
        return _sniff_heif(head)
    return None


def _sniff_heif(head: bytes) -> str | None:
    """AVIF, HEIC and CR3 share a container (ISO/IEC 14496-12) that opens with a major and compatible brands."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = {head[start : start + 4] for start in range(16, end - 3, 4)}
    brands = {head[8:12]} | compatible
    if b"crx " in brands:
        return "raw"
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & _HEIC_BRANDS else None


def promises_image(path: str) -> bool:
    """True if the file's name says that it is an image of a kind that is read here."""
    suffix = suffix_of(path)
    return suffix in IMAGE_SUFFIXES and not is_missing("raw" if suffix in RAW_SUFFIXES else suffix)


def recognise(image: OpenFile) -> str | None:
    """The format by the file's first bytes, or None. Whether it can be read here is another question."""
    return sniff(os.pread(image.fd, HEAD_BYTES, 0), suffix_of(image.path))


EXTRAS = {"raw": "rawpy", "pdf": "pypdfium2"}
"""The package that reads a format. The extra that brings it has the format's name (pyproject.toml)."""


@cache
def is_missing(image_format: str) -> bool:
    """True if the package that this format needs is not installed. It is looked for, not imported."""
    return image_format in EXTRAS and find_spec(EXTRAS[image_format]) is None


def what_is_missing(image_format: str) -> str:
    """In words, and how to install it."""
    name = "raw images" if image_format == "raw" else "PDFs"
    return f"{name} are read once this is done: pip install 'snapsortd[{image_format}]'"


def installed() -> str:
    """The extra formats that can be read, as one word for a fingerprint."""
    return "+".join(image_format for image_format in EXTRAS if not is_missing(image_format))
