"""Parsing of times on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, now: datetime) -> datetime:
    """Parse `2h` (ago), `today`, `yesterday`, `2026-11-23` or `2026-11-23 16:42` to an aware time.

    Raises ValueError or OverflowError for anything else.
    """
    word = text.strip().lower()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if word in ("today", "yesterday"):
        return midnight - timedelta(days=word == "yesterday")
    if ago := re.fullmatch(r"(\d{1,6})\s*(s|m|min|h|d|w)", word):
        return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo else found.astimezone()


def moment(option: str, text: str | None) -> str | None:
    """Return a time as the API takes it. Raises click's BadParameter."""
    try:
        return None if text is None else parse_moment(text, datetime.now(UTC).astimezone()).isoformat()
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is not a valid time; write 2h, today, 2026-11-23 or '2026-11-23 16:42'", param_hint=option
        ) from None
