"""What Linux tells of processes in /proc: memory, processor time, wake-ups."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


def memory_mib(pid: int) -> dict[str, float]:
    """PSS (shared pages divided by those who share them), RSS and the highest RSS so far of a process, in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    status = Path(f"/proc/{pid}/status").read_text()
    return {
        "pss": _kib(rollup, "Pss") / 1024,
        "rss": _kib(rollup, "Rss") / 1024,
        "highest_rss": _kib(status, "VmHWM") / 1024,
    }


def _kib(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None, f"/proc does not tell {name}"
    return int(found[1])


class Use(NamedTuple):
    """What processes have used so far."""

    cpu_s: float
    """Processor seconds."""
    wakeups: int
    """How often their threads went to sleep of their own accord."""


def used(pids: Iterable[int]) -> Use:
    """Of all threads that these processes have now."""
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
    """Processor seconds of these processes, threads that have ended included; in steps of 10 ms."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / 100


def at_rest(pids: list[int], seconds: float) -> dict[str, float]:
    """Percent of one processor, and wake-ups per second, of processes that are left alone for that long."""
    before = used(pids)
    time.sleep(seconds)
    after = used(pids)
    return {
        "cpu_percent": 100 * (after.cpu_s - before.cpu_s) / seconds,
        "wakeups_per_s": (after.wakeups - before.wakeups) / seconds,
    }
