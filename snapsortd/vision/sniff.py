"""Which kind of image a file holds, told from its first bytes. Pure.

Its name counts in one case: most raw files are TIFFs, and only far inside differ from others.
"""

from __future__ import annotations

from snapsortd.domain.names import RAW_SUFFIXES

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
