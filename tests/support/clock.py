"""A wall clock that can be set for programs started with its environment; their monotonic clock is unaffected."""

from __future__ import annotations

import os
from pathlib import Path

_HOOK = """\
import os, time

def set_by(function, unit):
    def read():
        with open(os.environ["CLOCK_SET_BY"], encoding="ascii") as file:
            return function() + int(file.read()) * unit
    return read

time.time, time.time_ns = set_by(time.time, 1), set_by(time.time_ns, 10**9)
"""
"""A start-up hook: the clock is off by the seconds in a file."""


class Clock:
    """A clock that is right at first."""

    def __init__(self, folder: Path) -> None:
        """Keep it in `folder`, which is created."""
        folder.mkdir()
        self._folder = folder
        (folder / "sitecustomize.py").write_text(_HOOK)
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
        self.env = {"PYTHONPATH": path, "CLOCK_SET_BY": str(folder / "offset")}
        self.set(0)

    def set(self, seconds: int) -> None:
        """Set it to so many seconds after the real time, in one step, because it is read all the time."""
        (self._folder / "new").write_text(str(seconds))
        (self._folder / "new").replace(self._folder / "offset")
