"""Read the date in the name that phones, messengers and desktops give to pictures. Pure.

Examples: `IMG_20240517_093012.jpg`, `IMG-20240517-WA0003.jpg`, `Screenshot 2024-05-17 at 9.30.12 PM.png`,
`Bildschirmfoto vom 2024-05-17 09-30-12.png`, `signal-2024-05-17-09-30-12-123.jpg`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, time, tzinfo
from unicodedata import normalize

_DASHED = re.compile(r"(?<!\d)(?P<year>\d{4})([-_.])(?P<month>\d\d?)\2(?P<day>\d\d?)(?!\d)")
_DIGITS = re.compile(r"(?<!\d)(?P<year>19\d\d|20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)")
_ALL_DIGITS = re.compile(r"(?<!\d)(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?=\d{6}(?:\d{3})?(?!\d))")
_NAMED = re.compile(
    r"(^|[^a-z])(img|image|vid|video|pic|picture|photo|pxl|wp|ss|mvimg|pano|burst|scan|signal|whatsapp|screen|screenshot|capture)"
    r"[-_ ]*$"
)
"""The words after which eight digits are a date even without a time."""
_HALVES_BEFORE = "上午|午前|오전|下午|午後|오후"
_HALVES_AFTER = r"am|a\.\s?m\.|ص|pm|p\.\s?m\.|م"
"""The halves of the day, before the time in East Asia and after it elsewhere."""
_TIME = re.compile(
    rf"(?:[^\d]{{0,3}}?[-_ .T]|[^\d]{{2,14}}?)?(?P<before>{_HALVES_BEFORE})?\s?"
    r"(?P<hour>\d\d?)(?:(?P<sign>[-_.: ∶])(?P<minute>\d\d)(?P=sign)(?P<second>\d\d)(?!\d)"
    r"|(?<=\d\d)(?P<minute2>\d\d)(?P<second2>\d\d)(?:\d{3})?(?!\d))"
    rf"(?:\s?(?P<after>{_HALVES_AFTER}))?",
    re.IGNORECASE,
)
_IS_AFTER_NOON = re.compile("[pم下후]|午後", re.IGNORECASE)
_EARLIEST_YEAR = 1826
"""That of the oldest surviving photo."""
_IS_UTC = "pxl_"
"""Prefix of the names that Google's Pixel phones give, whose time is that of Greenwich."""


def date_in_name(name: str) -> datetime | None:
    """Return the date in the name of a file, at midnight if the name has no time; local time, aware if it is in UTC.

    Eight digits may be any number: they are a date after a word such as IMG, before a time, or if they are the name.
    """
    name = normalize("NFC", name)
    for pattern in (_DASHED, _DIGITS, _ALL_DIGITS):
        for found in pattern.finditer(name):
            before, after = name[: found.start()].lower(), name[found.end() :]
            clock = _time(after)
            is_named = _NAMED.search(before) is not None or (not before and after[:1] in ("", "."))
            if int(found["year"]) >= _EARLIEST_YEAR and (pattern is not _DIGITS or clock is not None or is_named):
                with suppress(ValueError):
                    day = datetime(int(found["year"]), int(found["month"]), int(found["day"]))  # noqa: DTZ001
                    return datetime.combine(day, clock, _zone(before)) if clock is not None else day
    return None


def _zone(before: str) -> tzinfo | None:
    return UTC if before.startswith(_IS_UTC) else None


def _time(text: str) -> time | None:
    """Return the time of day that follows a date."""
    found = _TIME.match(text)
    if found is None:
        return None
    hour = int(found["hour"])
    if (half := found["before"] or found["after"]) and hour <= 12:
        hour = hour % 12 + (12 if _IS_AFTER_NOON.search(half) else 0)
    try:
        return time(hour, int(found["minute"] or found["minute2"]), int(found["second"] or found["second2"]))
    except ValueError:
        return None
