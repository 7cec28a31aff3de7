"""Recognise image formats by a file's first bytes, and find out which of them can be read here.

The file name counts only in three cases: most raw files are TIFFs that differ from others only far inside, a JPEG XL
may start with two bytes that say little, and a PDF with something else.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from snapsortd.domain.names import IMAGE_SUFFIXES, RAW_SUFFIXES, suffix_of

if TYPE_CHECKING:
    from snapsortd.files.open_file import OpenFile  # the classifier process, which needs only `sniff`, starts faster

HEAD_BYTES = 1024
"""Number of bytes `sniff` needs: a PDF may start so late (ISO 32000-1, annex H, note 13), and some files of the HEIF
family list dozens of brands."""

EXTRAS = {"raw": "rawpy", "pdf": "pypdfium2", "jxl": "pillow_jxl"}
"""The package that reads a format. The extra that installs it has the format's name (pyproject.toml)."""

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of every version of the BMP information header; "BM" alone would match plain text."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

_RAW_HEADS = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR")
"""RAF; RW2; ORF, in three versions."""


def recognise(image: OpenFile) -> str | None:
    """Return the format of an open file as `sniff` does. It may be one that cannot be read here."""
    return sniff(os.pread(image.fd, HEAD_BYTES, 0), suffix_of(image.path))


def sniff(head: bytes, suffix: str = "") -> str | None:
    """Return png, jpeg, webp, gif, bmp, tiff, heic, avif, jp2, jxl, raw or pdf, or None for anything else.

    `suffix` is that of the file's name, in lower case, without its dot: it decides whether a TIFF is a raw file,
    whether two bytes are enough for a JPEG XL, and whether a PDF may start with something else.
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
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-") or (suffix == "pdf" and b"%PDF-" in head):
        return "pdf"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    if head.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")):
        return "jp2"
    if head.startswith(b"\0\0\0\x0cJXL \r\n\x87\n") or (suffix == "jxl" and head.startswith(b"\xff\x0a")):
        return "jxl"
    if head[4:8] == b"ftyp":
        return _sniff_heif(head)
    return None


def _sniff_heif(head: bytes) -> str | None:
    """Distinguish AVIF, HEIC and CR3 by the brands at the start of their container (ISO/IEC 14496-12)."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = {head[start : start + 4] for start in range(16, end - 3, 4)}
    brands = {head[8:12]} | compatible
    if b"crx " in brands:
        return "raw"
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & _HEIC_BRANDS else None


def promises_image(path: str) -> bool:
    """Return whether the file's name has the suffix of an image format that can be read here."""
    suffix = suffix_of(path)
    return suffix in IMAGE_SUFFIXES and not is_missing("raw" if suffix in RAW_SUFFIXES else suffix)


@cache
def is_missing(image_format: str) -> bool:
    """Return whether the package that this format needs is not installed. It is not imported."""
    return image_format in EXTRAS and find_spec(EXTRAS[image_format]) is None


def what_is_missing(image_format: str) -> str:
    """Return a sentence that says how to install the package that this format needs."""
    name = {"raw": "raw images", "pdf": "PDFs", "jxl": "JPEG XL images"}[image_format]
    return f"{name} need one more package: pip install 'snapsortd[{image_format}]'"


def installed() -> str:
    """Return the extra formats that can be read, as one word for a fingerprint."""
    return "+".join(image_format for image_format in EXTRAS if not is_missing(image_format))
