"""The places where the date on which an image was taken may be found, in the usual order of preference."""

from __future__ import annotations

from collections.abc import Mapping

DATE_SOURCES: Mapping[str, str] = {
    "original": "EXIF DateTimeOriginal",
    "digitized": "EXIF DateTimeDigitized",
    "xmp": "XMP",
    "iptc": "IPTC",
    "png": "the PNG's creation time",
    "gps": "EXIF GPSDateStamp",
    "film": "the film beside it",
    "name": "the file's name",
}
"""The name in the configuration of each, and its name for people."""

IN_IMAGE = frozenset({"original", "digitized", "xmp", "iptc", "png", "gps"})
"""Those that the classifier process reads from the image."""
