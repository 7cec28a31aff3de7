"""The clock, against the journal and against the files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from snapsortd.ctl.doctor.finding import Finding, ok, quoted, warning
from snapsortd.domain.text import count

NAME = "clock"
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time than this program's."""
SLACK_S = 120.0
"""A clock that is set by the network may step so far."""
LOOKED_AT = 1000
"""Entries of each watched folder whose times are looked at."""
SET_IT = "`sudo timedatectl set-ntp true` (macOS: System Settings → General → Date & Time)"


def check_clock(now: float, newest: float | None) -> Iterator[Finding]:
    """`newest` is the time of the journal's newest entry; both in seconds since 1970.

    Nothing is ordered by these times; but what people are shown, `{created}` and `age` go by them.
    """
    if now < WRITTEN.timestamp():
        yield warning(NAME, f"it says {_date(now)}, before this program was written", SET_IT)
    elif newest is not None and now < newest - SLACK_S:
        yield warning(NAME, f"it says {_date(now)}, but the journal has an entry of {_date(newest)}", SET_IT)
    else:
        yield ok(NAME, _date(now))


def _date(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.0f} s after 1970"


def future_files(folder: str, now: float) -> list[str]:
    """Files right in a folder that were last changed later than now, among its first LOOKED_AT entries."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, LOOKED_AT):
                try:
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime > now + SLACK_S:
                        found.append(entry.path)
                except OSError:  # it has gone
                    continue
    except OSError:  # told elsewhere
        pass
    return sorted(found)


def check_future(found: list[str]) -> Iterator[Finding]:
    """Files from a clock that was ahead, as a camera's."""
    if found:
        yield warning(
            NAME,
            f"{count(len(found), 'file')} last changed in the future, such as {found[0]}",
            f"set the clock of what wrote it; `touch {quoted(found[0])}` gives it today's time",
        )
