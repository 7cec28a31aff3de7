"""Read the EXIF data of an open image as short texts."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import ExifTags, Image

from snapsortd.domain.errors import ImageError
from snapsortd.domain.exif_tags import MAX_VALUE, select_tags
from snapsortd.vision.child.decoding.exif_block import GPS_TAGS, MAIN_TAGS, MAX_NUMBERS, MAX_VALUE_BYTES, prepare_exif

_CHARSETS = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", bytes(8): "utf-8"}
"""The prefixes of the text of UserComment and two GPS tags (EXIF 2.32, table 9)."""

for _name in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le"):
    codecs.lookup(_name)  # loads it, which is impossible behind the seal


@dataclass(frozen=True, slots=True)
class ExifTexts:
    """Name and value of the readable tags that rules may use, by the table that they stand in.

    Fractions become decimal numbers ("2.8"), lists are separated by spaces ("52 30 15.5").
    """

    exposure: Mapping[str, str] = field(default_factory=dict)
    main: Mapping[str, str] = field(default_factory=dict)
    place: Mapping[str, str] = field(default_factory=dict)

    @property
    def selected(self) -> dict[str, str]:
        """Return the tags of all tables: at most 64, of up to 200 characters."""
        return select_tags((*self.main.items(), *self.exposure.items(), *self.place.items()))


def read_exif(image: Image.Image) -> tuple[int, ExifTexts]:
    """Return the orientation and the tags as texts. Broken EXIF data does not make an image unreadable."""
    try:
        prepare_exif(image)
        exif = image.getexif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        main = dict(_texts(MAIN_TAGS, exif))
    except ImageError:  # it takes too long
        raise
    except Exception:  # Pillow's EXIF parser raises nearly anything on bad data
        return 1, ExifTexts()
    exposure = dict(_texts(MAIN_TAGS, _table(exif, ExifTags.IFD.Exif)))
    place = dict(_texts(GPS_TAGS, _table(exif, ExifTags.IFD.GPSInfo)))
    return orientation, ExifTexts(exposure, main, place)


def _table(exif: Image.Exif, which: int) -> Mapping[int, Any]:
    try:
        return exif.get_ifd(which)
    except ImageError:
        raise
    except Exception:
        return {}


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
    return len(undecoded.get(tag, b"")) > MAX_VALUE_BYTES


def _text(name: str, value: Any) -> str:
    """Return the value as at most 200 printable characters, or "" if it cannot be read."""
    if isinstance(value, bytes):
        text = _decoded(name, value)
    elif isinstance(value, str):
        text = _fix_encoding(value)
    elif isinstance(value, Sequence):
        text = _numbers(value) if 0 < len(value) <= MAX_NUMBERS else ""
    else:
        text = _number(value)
    printable = "".join(char if char.isprintable() else " " for char in text.split("\0")[0])
    return " ".join(printable.split())[:MAX_VALUE].rstrip()


def _numbers(values: Sequence[Any]) -> str:
    """Format a list. A fraction of 0/0 means "unknown" (EXIF 2.32, section 4.6.2), such as the seconds of a place.

    Raise ValueError if the first one is unknown.
    """
    first, *others = values
    return " ".join([_number(first), *("0" if str(each) == "nan" else _number(each) for each in others)])


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
