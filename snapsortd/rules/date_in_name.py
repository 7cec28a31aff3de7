"""Read the date in the name that phones, messengers and desktops give to pictures. Pure.

Examples: `IMG_20240517_093012.jpg`, `IMG-20240517-WA0003.jpg`, `Screenshot 2024-05-17 at 9.30.12 PM.png`,
`Bildschirmfoto vom 2024-05-17 09-30-12.png`, `signal-2024-05-17-09-30-12-123.jpg`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time
from unicodedata import normalize

_DASHED = re.compile(r"(?<!\d)(?P<year>\d{4})([-_.])(?P<month>\d\d?)\2(?P<day>\d\d?)(?!\d)")
_DIGITS = re.compile(r"(?<!\d)(?P<year>19\d\d|20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)")
_ALL_DIGITS = re.compile(r"(?<!\d)(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?=\d{6}(?:\d{2,3})?(?!\d))")
_YEAR_LAST = re.compile(r"(?<!\d)(?P<day>\d\d?)(?P<sign>[-_.])(?P<month>\d\d?)(?P=sign)(?P<year>\d{4})(?!\d)")
_SECONDS = re.compile(r"(?:fb_img_|mmexport|wx_camera_)(\d{10})\d{3}(?!\d)", re.IGNORECASE)
"""The names that Facebook and WeChat give: milliseconds since 1970."""
_NAMED = re.compile(
    r"(^|[^a-z])(img|image|vid|video|pic|picture|photo|pxl|wp|ss|scr|mvimg|pano|burst|scan|signal|whatsapp|screen|screenshot"
    r"|capture)[-_ ]*$"
)
"""The words after which eight digits are a date even without a time."""
_OF_WHATSAPP = re.compile(r"-wa\d", re.IGNORECASE)
"""What follows such a date in the names of WhatsApp, whatever is before it."""
_HALVES_BEFORE = "上午|午前|오전|凌晨|早上|öö|下午|午後|오후|中午|晚上|ös"
_HALVES_AFTER = r"am|a\.\s?m\.|ص|π\.μ\.|sa|öö|pm|p\.\s?m\.|م|μ\.μ\.|ch|ös"
"""The halves of the day, before the time in East Asia and after it elsewhere."""
_TIME = re.compile(
    rf"(?:[^\d]{{0,3}}?[-_ .T]|[^\d]{{2,14}}?)?(?P<before>{_HALVES_BEFORE})?\s?"
    r"(?P<hour>\d\d?)(?:(?P<sign>[-_.: ∶h])(?P<minute>\d\d)(?:(?P=sign)|(?<=h\d\d)m)(?P<second>\d\d)(?!\d)"
    r"|(?<=\d\d)(?P<minute2>\d\d)(?P<second2>\d\d)(?:\d{2,3})?(?!\d))"
    rf"(?:\s?(?P<after>{_HALVES_AFTER})(?!\w)|(?:[._]\d{{1,9}})?(?P<zone>Z)(?!\w))?",
    re.IGNORECASE,
)
_MINUTES = re.compile(r"[_ T](?P<hour>\d\d)[-:](?P<minute>\d\d)(?!\d)")
"""A time without seconds, as Flameshot writes it: `2024-05-17_09-30.png`."""
_IS_AFTER_NOON = re.compile(r"[pم下후晚中]|午後|μ\.μ|ch|ös", re.IGNORECASE)
_EARLIEST_YEAR = 1826
"""That of the oldest surviving photo."""
_NO_CLOCK = datetime(1970, 1, 1)  # noqa: DTZ001
"""What a clock shows that was never set."""
_THAI_YEARS, _LATEST_YEAR = 543, 2400
"""The calendar of Thailand is so many years ahead."""
_IS_UTC = "pxl_"
"""Prefix of the names that Google's Pixel phones give, whose time is that of Greenwich."""


def date_in_name(name: str) -> datetime | None:
    """Return the date in the name of a file, at midnight if the name has no time; local time, aware if it is in UTC.

    Eight digits may be any number: they are a date after a word such as IMG, before a time, or at the start.
    """
    name = normalize("NFC", name)
    if seconds := _SECONDS.search(name):
        return datetime.fromtimestamp(int(seconds[1]), UTC)
    for pattern in (_DASHED, _DIGITS, _ALL_DIGITS, _YEAR_LAST):
        for found in pattern.finditer(name):
            before, after = name[: found.start()].lower(), name[found.end() :]
            clock = _time(after)
            is_first = not before and not after[:1].isalnum()
            is_date = is_first or clock is not None or _NAMED.search(before) or _OF_WHATSAPP.match(after)
            if pattern is not _DIGITS or is_date:
                with suppress(ValueError):
                    written = datetime.combine(_day(found, before), clock or time())
                    if written.year >= _EARLIEST_YEAR and written != _NO_CLOCK:
                        return written.replace(tzinfo=UTC) if clock and before.startswith(_IS_UTC) else written
    return None


def _day(found: re.Match[str], before: str) -> date:
    """Return a day. Raise ValueError if there is none, or if it may be one of two.

    Where the year is last, dots mean that the day is first, and so does Telegram's `@` before it.
    """
    year, month, day = (int(found[name]) for name in ("year", "month", "day"))
    if found.re is _YEAR_LAST and found["sign"] != "." and not before.endswith("@"):
        if day <= 12 and month <= 12 and day != month:
            raise ValueError("day and month are not known from each other")
        month, day = min(month, day), max(month, day)
    return date(year - (_THAI_YEARS if year > _LATEST_YEAR else 0), month, day)


def _time(text: str) -> time | None:
    """Return the time of day that follows a date."""
    found = _TIME.match(text) or _MINUTES.match(text)
    if found is None:
        return None
    parts = found.groupdict()
    hour = int(parts["hour"])
    if (half := parts.get("before") or parts.get("after")) and hour <= 12:
        hour = hour % 12 + (12 if _IS_AFTER_NOON.search(half) else 0)
    minute, second = (int(parts.get(name) or parts.get(f"{name}2") or 0) for name in ("minute", "second"))
    try:
        return time(hour, minute, second, tzinfo=UTC if parts.get("zone") else None)
    except ValueError:
        return None
