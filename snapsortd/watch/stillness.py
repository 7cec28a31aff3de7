"""Say for how long a file that a scan finds has been as it is: a file that was there long before need not settle again.

Its times of change say so, which no program can set, as far as they and the clock can be trusted. The wait is all that
they shorten: who has the file open, its name and what is beside it are looked at as ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from snapsortd.domain.file import Stat
from snapsortd.files.capabilities import filesystem_at

KEEPS_TIMES = frozenset({"bcachefs", "btrfs", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"})
"""Local file systems that set the time of change with every write, rename and link, by this computer's clock. Others
keep it to two seconds (FAT), cache it or take it from another computer (FUSE, networks), or may do so."""
CLOCK_STEP_S = 0.1
"""A file system's time of change may be this much behind or ahead of the clock."""
_SECOND_NS = 1_000_000_000


class Stillness:
    """Compares times of change with the clock as it is and as it was at first: a clock that was set proves nothing."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        filesystem: Callable[[str, int], str] = filesystem_at,
    ) -> None:
        """`filesystem` returns the type of the file system of a path, given its device number."""
        self._wall = wall
        self._monotonic = monotonic
        self._filesystem = filesystem
        self._ahead = wall() - monotonic()

    def of(self, path: str, stat: Stat) -> float:
        """Return for how many seconds a file has certainly not been changed, renamed or linked; 0 if it is unknown.

        A time without a fraction of a second may be kept to a second only, as on an ext4 with small inodes.
        """
        found = stat.identity
        if found.ctime_ns % _SECOND_NS == 0 or self._filesystem(path, found.dev) not in KEEPS_TIMES:
            return 0.0
        changed = max(found.mtime_ns, found.ctime_ns) / _SECOND_NS
        now = min(self._wall(), self._monotonic() + self._ahead)
        return max(0.0, now - changed - CLOCK_STEP_S)
