"""Count the physical cores this process may use: hyper-threading does not speed up matrix products."""

from __future__ import annotations

import os
import sys

MAX_THREADS = 4
"""More threads speed up a single image little, and the other cores are left to the user."""


def default_threads() -> int:
    """Return one thread per physical core, at most MAX_THREADS."""
    return min(MAX_THREADS, physical_cores())


def physical_cores() -> int:
    """Return the number of physical cores this process may run on; except on Linux, that of all processors."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len({_core(processor) for processor in os.sched_getaffinity(0)})


def _core(processor: int) -> str:
    """Return the processors that share a core with this one, as the kernel lists them ("0,4")."""
    try:
        with open(
            f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list", encoding="ascii"
        ) as siblings:
            return siblings.read()
    except OSError:
        return str(processor)
