"""Process statistics from Linux's /proc: memory, CPU time, wake-ups."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


def memory_mib(pid: int) -> dict[str, float]:
    """Return PSS (shared pages divided by the number of sharers), RSS and peak RSS of a process, in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    status = Path(f"/proc/{pid}/status").read_text()
    return {
        "pss": _kib(rollup, "Pss") / 1024,
        "rss": _kib(rollup, "Rss") / 1024,
        "highest_rss": _kib(status, "VmHWM") / 1024,
    }


def _kib(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None, f"/proc does not report {name}"
    return int(found[1])


class Use(NamedTuple):
    """The cumulative usage of processes."""

    cpu_s: float
    """CPU seconds."""
    wakeups: int
    """The number of voluntary context switches of their threads."""


def used(pids: Iterable[int]) -> Use:
    """Return the usage of all current threads of these processes."""
    cpu, wakeups = 0, 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            cpu += int((task / "schedstat").read_text().split()[0])  # nanoseconds; /proc/PID/stat counts in 10 ms
            status = (task / "status").read_text()
            found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)
            assert found is not None
            wakeups += int(found[1])
    return Use(cpu / 1e9, wakeups)


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds of these processes, including threads that have ended; in steps of 10 ms."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / 100


def at_rest(pids: list[int], seconds: float) -> dict[str, float]:
    """Return the percentage of one CPU, and wake-ups per second, of processes that are left alone for that long."""
    before = used(pids)
    time.sleep(seconds)
    after = used(pids)
    return {
        "cpu_percent": 100 * (after.cpu_s - before.cpu_s) / seconds,
        "wakeups_per_s": (after.wakeups - before.wakeups) / seconds,
    }
