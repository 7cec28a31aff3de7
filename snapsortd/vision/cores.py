"""How many physical cores this process may use: two threads of one core gain a matrix product nothing."""

from __future__ import annotations

import os
import sys

MAX_THREADS = 4
"""More gain one image at a time little, and the machine is the user's."""


def default_threads() -> int:
    """One per physical core, and no more than are of use."""
    return min(MAX_THREADS, physical_cores())


def physical_cores() -> int:
    """Physical cores among the processors that this process may run on; off Linux, all processors."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len({_core(processor) for processor in os.sched_getaffinity(0)})


def _core(processor: int) -> str:
    """The processors that share a core with this one, as the kernel lists them ("0,4")."""
    try:
        with open(
            f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list", encoding="ascii"
        ) as siblings:
            return siblings.read()
    except OSError:
        return str(processor)
