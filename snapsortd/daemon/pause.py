"""The pause that a person asked for: until `resume`, or for a while; it survives a restart."""

from __future__ import annotations

import json
import math
import os
from contextlib import suppress
from datetime import UTC, datetime

from snapsortd.files.atomic_write import write_atomically

CHECK_S = 10.0
"""Maximum interval between checks: the wall clock may be set, or the computer suspended."""
LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""A pause until then or later never ends: later moments cannot be shown."""


class Pause:
    """Whether filing is paused, and until when; kept in a file, which is damaged at worst, and then nothing is paused.

    Times are those of the wall clock, in seconds since 1970.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.until: float | None = self._read()
        """When the pause ends: never if it is infinite; None if nothing is paused."""

    def begin(self, until: float = math.inf) -> None:
        """Pause until then."""
        self.until = until if until < LAST else math.inf
        with suppress(OSError):
            write_atomically(self._path, json.dumps(until if until < LAST else None).encode())

    def end(self) -> None:
        """Pause no longer."""
        self.until = None
        with suppress(OSError):
            os.unlink(self._path)

    def remaining(self, now: float) -> float:
        """Return the seconds until it ends; 0 if nothing is paused."""
        return max(0.0, self.until - now) if self.until is not None else 0.0

    def _read(self) -> float | None:
        try:
            with open(self._path, encoding="ascii") as file:
                found = json.load(file)
        except (OSError, ValueError):
            return None
        if found is None:
            return math.inf
        return float(found) if isinstance(found, int | float) and 0 <= found < LAST else None
