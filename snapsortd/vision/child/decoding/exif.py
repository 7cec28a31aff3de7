"""Read the EXIF data of an open image as short texts."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import ExifTags, Image

from snapsortd.domain.errors import ImageError
from snapsortd.domain.exif_tags import EXIF_NAMES, MAX_VALUE, select_tags

MAX_EXIF = 1 << 20
"""Bytes. Cameras write at most 64 KB; Pillow takes a second for each megabyte of numbers."""

_MAX_NUMBERS = 16
"""Longer lists are ignored, because no rule needs them."""

_MAX_VALUE_BYTES = 1 << 16
"""Longer values are ignored; of a text, only the start is needed."""

_CHARSETS = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", bytes(8): "utf-8"}
"""The prefixes of the text of UserComment and two GPS tags (EXIF 2.32, table 9)."""

for _name in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le"):
    codecs.lookup(_name)  # loads it, which is impossible behind the seal

_ASKED = frozenset(EXIF_NAMES)
_MAIN = {tag: name for tag, name in ExifTags.TAGS.items() if name in _ASKED}
_GPS = {tag: name for tag, name in ExifTags.GPSTAGS.items() if name in _ASKED}


def exif_is_huge(image: Image.Image) -> bool:
    """Return whether the EXIF data is larger than any camera writes, so that reading it would take too long."""
    return any(len(image.info.get(key) or b"") > MAX_EXIF for key in ("exif", "Raw profile type exif"))


def exif_texts(image: Image.Image) -> dict[str, str]:
    """Return name and value of the readable tags that rules may use: at most 64, of up to 200 characters.

    Fractions become decimal numbers ("2.8"), lists are separated by spaces ("52 30 15.5"). Broken EXIF data does not
    make an image unreadable.
    """
    if exif_is_huge(image):
        return {}
    found: dict[str, str] = {}
    try:
        exif = image.getexif()
        for names, tags in (
            (_MAIN, exif),
            (_MAIN, exif.get_ifd(ExifTags.IFD.Exif)),
            (_GPS, exif.get_ifd(ExifTags.IFD.GPSInfo)),
        ):
            found.update(_texts(names, tags))
    except ImageError:  # it takes too long
        raise
    except Exception:  # Pillow's EXIF parser raises nearly anything on bad data
        pass
    return select_tags(found.items())


def _texts(names: Mapping[int, str], tags: Mapping[int, Any]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        name = names.get(tag)
        if name is None or _is_long(tags, tag):
            continue
        try:
            text = _text(name, tags[tag])
        except ImageError:
            raise
        except Exception:  # one bad value does not affect the next
            continue
        if text:
            yield name, text


def _is_long(tags: Mapping[int, Any], tag: int) -> bool:
    """Return whether a value is too long, before Pillow converts it: the millions of numbers that fit take seconds."""
    undecoded: Mapping[int, bytes] = getattr(getattr(tags, "_info", None), "_tagdata", {})
    return len(undecoded.get(tag, b"")) > _MAX_VALUE_BYTES


def _text(name: str, value: Any) -> str:
    """Return the value as at most 200 printable characters, or "" if it cannot be read."""
    if isinstance(value, bytes):
        text = _decoded(name, value)
    elif isinstance(value, str):
        text = _fix_encoding(value)
    elif isinstance(value, Sequence):
        text = " ".join(_number(each) for each in value) if len(value) <= _MAX_NUMBERS else ""
    else:
        text = _number(value)
    printable = "".join(char if char.isprintable() else " " for char in text.split("\0")[0])
    return " ".join(printable.split())[:MAX_VALUE].rstrip()


def _number(value: Any) -> str:
    """Format a fraction, float or integer. Raise ValueError for a fraction with denominator 0."""
    if isinstance(value, int):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return f"{number:.6g}" if abs(number) < 1e6 else f"{number:.0f}"


def _fix_encoding(text: str) -> str:
    """Decode UTF-8 that Pillow decoded as Latin-1: EXIF texts should be ASCII, but many programs write UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _decoded(name: str, value: bytes) -> str:
    if name.startswith("XP"):  # Windows
        return value.decode("utf-16-le", "ignore")
    if len(value) == 1:  # a number that the standard calls undefined
        return str(value[0])
    charset = _CHARSETS.get(value[:8])
    if charset is not None:
        return value[8:].decode(charset, "ignore")
    text = value.rstrip(b"\0 ").decode("ascii")
    if not text.isprintable():
        raise ValueError("not a text")
    return text
