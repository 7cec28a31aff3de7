"""Read from an open image, by their source, the dates on which it may have been taken."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from PIL import Image

from snapsortd.vision.child.decoding.date_text import parse_date
from snapsortd.vision.child.decoding.exif import ExifTexts
from snapsortd.vision.child.decoding.exif_block import raw_profile

_LONGEST_DATE = 100
_XMP_BYTES = 1 << 20
_XMP_DATES = ("DateTimeOriginal", "DateCreated", "DateTimeDigitized", "CreateDate")
"""Of the schemas exif, photoshop, exif and xmp (XMP specification, part 2); the earlier ones are preferred."""
_XMP_DATE = re.compile(
    rb":(" + "|".join(_XMP_DATES).encode() + rb""")\s{0,9}(?:=\s{0,9}["']([^"'<>]{1,40})["']|>([^<]{1,40})<)"""
)
_XMP_FIRST_DAY = {4: "-01-01", 7: "-01"}
"""What makes a day of a year or a month, which XMP allows and scanned photos have, by the length of what is written."""
_IPTC_DATES = (((2, 55), (2, 60)), ((2, 62), (2, 63)))
"""Record and number of the dates and times of creation and of digital creation (IPTC-IIM 4.2, section 6)."""
_IPTC_RESOURCE, _IPTC_TAG = 0x0404, 33723


def dates_in_image(image: Image.Image, exif: ExifTexts) -> dict[str, datetime]:
    """Return the date of each source that has a valid one; naive ones are local time, that of `gps` is UTC."""
    found = {
        "original": _exif_date(exif, "Original"),
        "digitized": _exif_date(exif, "Digitized"),
        "xmp": _xmp_date(image),
        "iptc": _iptc_date(image),
        "png": parse_date(str(image.info.get("Creation Time", ""))[:_LONGEST_DATE]),
        "gps": _gps_date(exif),
    }
    return {source: date for source, date in found.items() if date is not None}


def _exif_date(exif: ExifTexts, which: str) -> datetime | None:
    """Return a date of the table of the exposure or, where programs have put it wrongly, of another one."""
    for tags in (exif.exposure, exif.main, exif.place):
        offset = tags.get(f"OffsetTime{which}") or tags.get("OffsetTime") or ""
        if (date := parse_date(tags.get(f"DateTime{which}", ""), offset)) is not None:
            return date
    return None


def _gps_date(exif: ExifTexts) -> datetime | None:
    """Return GPSDateStamp and GPSTimeStamp as one time; the date alone if there is no valid time."""
    date = parse_date(exif.place.get("GPSDateStamp", ""))
    if date is None:
        return None
    try:
        hours, minutes, seconds = map(float, exif.place.get("GPSTimeStamp", "").split())
        time = timedelta(hours=hours, minutes=minutes, seconds=int(seconds))
    except (ValueError, OverflowError):
        return date
    return (date + time).replace(tzinfo=UTC) if timedelta(0) <= time < timedelta(days=1) else date


def _xmp_date(image: Image.Image) -> datetime | None:
    text = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if not text and (profile := image.info.get("Raw profile type xmp")):
        text = raw_profile(str(profile))
    encoded = text if isinstance(text, bytes) else str(text).encode("utf-8", "ignore")
    found: dict[str, datetime] = {}
    for match in _XMP_DATE.finditer(encoded[:_XMP_BYTES]):
        name, written = match[1].decode(), (match[2] or match[3]).decode("ascii", "ignore").strip()
        if name not in found and (date := parse_date(written + _XMP_FIRST_DAY.get(len(written), ""))) is not None:
            found[name] = date
    return next((found[name] for name in _XMP_DATES if name in found), None)


def _iptc_date(image: Image.Image) -> datetime | None:
    values: dict[tuple[int, int], str] = {}
    for key, value in _iptc_values(_iptc_block(image)):
        values.setdefault(key, value.decode("ascii", "ignore"))
    for date_key, time_key in _IPTC_DATES:
        written = values.get(date_key, "")
        date = parse_date(f"{written} {values.get(time_key, '')}") or parse_date(written)
        if date is not None:
            return date
    return None


def _iptc_block(image: Image.Image) -> bytes:
    resources = image.info.get("photoshop")
    if isinstance(resources, dict):
        return bytes(resources.get(_IPTC_RESOURCE) or b"")
    tags = getattr(getattr(image, "tag_v2", None), "_tagdata", {})  # as numbers of four bytes, Pillow would swap them
    return tags.get(_IPTC_TAG) or raw_profile(str(image.info.get("Raw profile type iptc", "")))


def _iptc_values(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield record, number and value of each data set (IPTC-IIM 4.2, section 1.6); long ones end the search."""
    place = block.find(b"\x1c\x02")  # ImageMagick puts Photoshop's header before them
    while 0 <= place <= len(block) - 5 and block[place] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", block, place + 1)
        yield (record, number), block[place + 5 : place + 5 + size]
        place += 5 + size
