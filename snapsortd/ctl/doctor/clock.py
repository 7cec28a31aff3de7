"""Check of the clock against the journal and against the times of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from snapsortd.ctl.doctor.finding import Finding, ok, warning
from snapsortd.domain.text import count

NAME = "clock"
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""This program is not older than this, so a clock that shows an earlier time is wrong."""
SLACK_S = 120.0
"""Difference in seconds that setting the clock over the network may cause."""
MAX_ENTRIES = 1000
"""Maximum number of entries of each watched folder whose times are inspected."""
SET_CLOCK = "`sudo timedatectl set-ntp true` (macOS: System Settings → General → Date & Time)"


def check_clock(now: float, newest: float | None) -> Iterator[Finding]:
    """Compare `now` with `newest`, the time of the newest journal entry, both in seconds since 1970.

    Nothing is ordered by these times, but they are shown to people, and `{created}` and `age` depend on them.
    """
    if now < RELEASED.timestamp():
        yield warning(NAME, f"it shows {_date(now)}, which is before this program was written", SET_CLOCK)
    elif newest is not None and now < newest - SLACK_S:
        yield warning(NAME, f"it shows {_date(now)}, but the journal has an entry of {_date(newest)}", SET_CLOCK)
    else:
        yield ok(NAME, _date(now))


def _date(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.0f} s after 1970"


def future_files(folder: str, now: float) -> list[str]:
    """Return the files directly in a folder that were modified later than now, among its first MAX_ENTRIES entries."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, MAX_ENTRIES):
                try:
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime > now + SLACK_S:
                        found.append(entry.path)
                except OSError:  # it was deleted meanwhile
                    continue
    except OSError:  # reported by the check of the folder
        pass
    return sorted(found)


def check_future(found: list[str]) -> Iterator[Finding]:
    """Warn about files written under a clock that was ahead, such as a camera's."""
    if found:
        yield warning(
            NAME,
            f"{count(len(found), 'file')} modified in the future, such as {found[0]}",
            "set the clock of the device that wrote it; what a date in the image or its name says comes first anyway",
        )
