"""Parse bounds for dates: `>= 2024-01-01, < 2024-07` or `== 2024`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from snapsortd.rules.filters import OPERATORS, DateBound

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[ T](\d\d):(\d\d))?)?)?", re.ASCII)
_EXAMPLE = '">= 2024-01-01"'


def date_bounds(text: str) -> tuple[DateBound, ...]:
    """Return bounds that must all hold; each date means the whole year, month, day or minute. Raises ValueError."""
    return tuple(_bound(part.strip()) for part in text.split(","))


def _bound(text: str) -> DateBound:
    symbol = next((symbol for symbol in OPERATORS if text.startswith(symbol)), None)
    if symbol is None:
        raise ValueError(f"'{text}' has no comparison operator; write for example {_EXAMPLE}")
    written = text.removeprefix(symbol).strip()
    found = _DATE.fullmatch(written)
    if found is None:
        raise ValueError(f"'{written}' is not a valid date; write 2024, 2024-05, 2024-05-17 or 2024-05-17 09:30")
    year, *rest = (int(each) for each in found.groups() if each is not None)
    try:
        return DateBound(symbol, *_span(year, *rest), text)
    except (ValueError, OverflowError):
        raise ValueError(f"'{written}' is not in the calendar") from None


def _span(year: int, month: int = 0, day: int = 0, hour: int = -1, minute: int = 0) -> tuple[datetime, datetime]:
    """Return start and end of a period. Raises ValueError or OverflowError if there is no such date."""
    if hour >= 0:
        start = datetime(year, month, day, hour, minute)  # noqa: DTZ001 (local wall-clock time)
        return start, start + timedelta(minutes=1)
    start = datetime(year, month or 1, day or 1)  # noqa: DTZ001
    if day:
        return start, start + timedelta(days=1)
    years, follower = divmod(month, 12) if month else (1, 0)
    return start, start.replace(year=year + years, month=follower + 1)
