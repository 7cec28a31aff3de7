"""Find the metadata that Pillow does not look for: the XMP of a GIF, and the XMP and EXIF data of a JPEG 2000."""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image

_FORMATS = frozenset({"GIF", "JPEG2000"})
_SEARCHED_BYTES = 1 << 20
_XMP_START, _XMP_END = b"<x:xmpmeta", b"</x:xmpmeta>"
_EXIF_MARK = b"JpgTiffExif->JP2"
"""The identifier of the box in which programs put EXIF data into a JPEG 2000 (Adobe, exiftool)."""


def add_hidden_metadata(image: Image.Image, file: BinaryIO) -> None:
    """Put the metadata at the start of `file` into `image.info`, where that of other formats is."""
    if image.format not in _FORMATS:
        return
    file.seek(0)
    data = file.read(_SEARCHED_BYTES)
    if (start := data.find(_XMP_START)) >= 0 and (end := data.find(_XMP_END, start)) >= 0:
        image.info.setdefault("xmp", data[start:end])
    if (mark := data.find(_EXIF_MARK)) >= 0:
        image.info.setdefault("exif", data[mark + len(_EXIF_MARK) :])
