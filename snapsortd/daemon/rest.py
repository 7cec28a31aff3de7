"""Rest while the computer is on battery or busy, where the configuration asks for it."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from glob import glob

CHECK_S = 30.0
"""Interval between checks."""
BUSY_LOAD = 1.5
"""Load per core (getloadavg(3), of a minute) from which the computer is busy; our own work alone is at most 1."""


class Rest:
    """Why nothing is filed for now, checked at intervals. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.reason = ""
        """Why it rests; empty if it does not."""
        self.next_check = 0.0
        """The time of the next check; never if the configuration asks for none."""

    def update(self, now: float, *, on_battery: bool, busy: bool) -> bool:
        """Check if that is due; return True if it begins or ends to rest. The arguments say what it rests for."""
        if not (on_battery or busy):
            found, self.next_check = "", math.inf
        elif now < self.next_check:
            return False
        else:
            found, self.next_check = why(on_battery=on_battery, busy=busy), now + CHECK_S
        before, self.reason = self.reason, found
        return bool(before) != bool(found)

    def check_soon(self) -> None:
        """Check at once, because the configuration was changed."""
        self.next_check = 0.0


def why(
    *,
    on_battery: bool,
    busy: bool,
    discharges: Callable[[], bool] | None = None,
    keeps_awake: Callable[[], bool] | None = None,
) -> str:
    """Return why the computer is to be left in peace; empty if it is not."""
    if on_battery and (discharges or is_on_battery)():
        return "while the computer is on battery"
    if busy and os.getloadavg()[0] > BUSY_LOAD * (os.cpu_count() or 1):
        return "while the computer is busy"
    if busy and (keeps_awake or _keeps_awake)():
        return "while a program keeps the screen on, as for a film or a presentation"
    return ""


def _keeps_awake() -> bool:
    if sys.platform != "linux":
        return False
    from snapsortd.daemon.kept_awake import is_kept_awake  # loaded only where it is asked for

    return is_kept_awake()


def is_on_battery(supplies: str = "/sys/class/power_supply") -> bool:
    """Return True if a battery is discharged and no mains is connected (sysfs-class-power); False if unknown."""
    if sys.platform != "linux":
        import psutil  # elsewhere nothing needs it

        found = psutil.sensors_battery()
        return found is not None and found.power_plugged is False
    kinds = [(_read(f"{each}/type"), each) for each in sorted(glob(f"{supplies}/*"))]
    if any(kind in ("Mains", "USB") and _read(f"{each}/online") == "1" for kind, each in kinds):
        return False
    batteries = (each for kind, each in kinds if kind == "Battery" and _read(f"{each}/scope") != "Device")
    return any(_read(f"{each}/status") == "Discharging" for each in batteries)


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
