"""Read the facts of files, those of each folder in its thread, in slices of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from snapsortd.domain.file import Stat
from snapsortd.watch.scan_queue import SLICE_S


def look_at_each(stat: Callable[[str], Stat | None], paths: Sequence[str]) -> list[tuple[str, Stat | None]]:
    """Return the facts of the first paths: as many as can be read in a slice of time, at least one."""
    until, found = time.monotonic() + SLICE_S, []
    for path in paths:
        found.append((path, stat(path)))
        if time.monotonic() >= until:
            break
    return found
