"""Parse the dates that cameras and programs write into images: EXIF, ISO 8601, IPTC and RFC 2822. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

EARLIEST_YEAR, LATEST_YEAR = 1826, 2199
"""The year of the oldest surviving photo, and a limit for the future; other dates are not from a camera's clock."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d\d?):? ?(?P<minute>\d\d|(?<=[ :])\d)(?::? ?(?P<second>\d\d|(?<=[ :])\d)(?:[.,]\d*)?)?"
"""Some cameras pad with spaces: `9: 5: 7`."""
_HALF = r"(?: ?(?P<half>[AP]M))?"
_ZONE = r"(?P<zone>Z|UTC|GMT|[+-]\d\d?:?(?:\d\d)?)?"
_NUMBERS = re.compile(
    r"(?P<year>\d{4})(?P<sign>[:./-]?)(?P<month>\d\d|(?<=[:./-]) ?\d)(?P=sign)(?P<day>\d\d|(?<=[:./-]) ?\d)"
    rf"(?:[T ,:]*{_TIME}{_HALF}\s*{_ZONE}|[ :]*)",
    re.ASCII | re.IGNORECASE,
)
_DAY_NAME = r"(?:\w{2,9},? +)?"
_WORDS = (
    re.compile(
        rf"{_DAY_NAME}(?P<day>\d\d?)[ -](?P<month>\w{{3,9}})[ -](?P<year>\d{{4}}),? +{_TIME}{_HALF}"
        rf"\s*(?:{_ZONE}|[A-Z]{{3,5}})"
    ),
    re.compile(rf"{_DAY_NAME}(?P<month>\w{{3,9}}) +(?P<day>\d\d?) +{_TIME} +(?:[A-Z]{{3,5}} +)?(?P<year>\d{{4}})"),
)
"""RFC 2822, which the PNG specification suggests (ISO/IEC 15948, section 11.3.4.2), as GNU `date` writes it too, and
asctime of C, as `date` of Unix writes it with a zone."""
_OFFSET = re.compile(r"([+-])(\d\d?):?(\d\d)?", re.ASCII)
_NEVER = frozenset({(1904, 1, 1), (1970, 1, 1)})
"""The days at whose start clocks begin to count, so that midnight then means that the clock was not set."""


def parse_date(text: str, offset: str = "") -> datetime | None:
    """Return the date, at midnight if there is no time; None for zeros, blanks and what is malformed.

    It is aware if the text, or else `offset`, has an offset such as "+02:00", "+0530" or "Z".
    """
    found = next(filter(None, (pattern.fullmatch(text.strip()) for pattern in (_NUMBERS, *_WORDS))), None)
    if found is None:
        return None
    parts = found.groupdict("")
    try:
        year, month, day = int(parts["year"]), _month(parts["month"]), int(parts["day"])
        hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
        if (half := parts.get("half", "").upper()) and hour <= 12:
            hour = hour % 12 + (12 if half == "PM" else 0)
        elif hour == 24:  # as some phones write midnight
            hour = 0
        date = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    if not EARLIEST_YEAR <= year <= LATEST_YEAR or (not (hour or minute or second) and (year, month, day) in _NEVER):
        return None
    return date.replace(tzinfo=_zone(parts.get("zone") or offset.strip()))


def _month(text: str) -> int:
    return int(text) if text.strip().isdecimal() else _MONTHS.index(text[:3].lower()) + 1


def _zone(text: str) -> timezone | None:
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset) if offset < timedelta(days=1) else None
