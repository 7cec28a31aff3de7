"""Queue the scans of several folders, and read them in short slices, each in the thread of its folder."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from snapsortd.domain.file import Stat
from snapsortd.files.answering import Ask, NotAnswering

SLICE_S = 0.1
"""Maximum time in seconds after which a call returns what it has until then, so that slow disks are not taken for
disks that do not answer."""


Still = Callable[[str, Stat], float]
"""Returns for how many seconds a file has been as it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a scan has found."""

    path: str
    stat: Stat | None
    quiet: float
    """Its settle time in seconds."""
    still: float
    """Seconds for which it has been as it is."""


@dataclass(slots=True)
class _Scan:
    paths: Iterator[str]
    quiet: float
    found: deque[Found] = field(default_factory=deque)
    has_ended: bool = False
    is_being_read: bool = False

    def read(self, limit: int, stat: Callable[[str], Stat | None], still: Still) -> None:
        """Add up to `limit` files to `found`, until the slice of time has passed."""
        if self.is_being_read:  # by a thread that a disk has hung which is no longer mounted
            self.has_ended = True
            return
        self.is_being_read = True
        until = time.monotonic() + SLICE_S
        while len(self.found) < limit and time.monotonic() < until:
            path = next(self.paths, None)
            if path is None:
                self.has_ended = True
                break
            seen = stat(path)
            self.found.append(Found(path, seen, self.quiet, still(path, seen) if seen else 0.0))
        self.is_being_read = False

    def close(self) -> None:
        """Abort the scan, which closes the folder that it holds open; one that is being read is closed after that."""
        close = getattr(self.paths, "close", None)
        if close is not None and not self.is_being_read:
            close()


class ScanQueue:
    """Scans by source, a folder: the unfinished one, and at most one more that follows it."""

    def __init__(self, stat: Callable[[str], Stat | None], ask: Ask, still: Still) -> None:
        """`stat` reads a path's file facts, in the thread in which its source is read; `still` is called there, too."""
        self._stat = stat
        self._still = still
        self._ask = ask
        self._scans: dict[str, list[_Scan]] = {}
        self._silent: set[str] = set()
        """Sources that do not answer, until a scan of them is requested again."""

    def __bool__(self) -> bool:
        """True if there is something to read now."""
        return len(self._scans) > len(self._silent)

    def add(self, source: str, paths: Iterator[str], quiet: float) -> None:
        """Add a scan of `source` behind an unfinished one; a scan that was waiting there is dropped.

        Aborting the unfinished scan would mean that under a stream of requests none ever completes; dropping the new
        one would miss files that appeared in folders already passed.
        """
        self._silent.discard(source)
        unfinished = self._scans.setdefault(source, [])
        for dropped in unfinished[1:]:
            dropped.close()
        unfinished[1:] = [_Scan(paths, quiet)]

    def next(self, limit: int) -> list[Found]:
        """Return up to `limit` files of the first source that has any; none if every scan has ended or must wait."""
        while self:
            source = next(source for source in self._scans if source not in self._silent)
            scan = self._scans[source][0]
            try:
                if not scan.found:
                    self._ask(source, partial(scan.read, limit, self._stat, self._still))
            except NotAnswering:
                self._silent.add(source)
                continue
            found = [scan.found.popleft() for _ in range(min(limit, len(scan.found)))]
            if scan.has_ended and not scan.found:
                self._end_first(source)
            if found:
                return found
        return []

    def close(self) -> None:
        """Abort every scan, which closes the folders that the scans hold open."""
        for source, unfinished in self._scans.items():
            for scan in unfinished:
                with suppress(NotAnswering):  # then it is closed by the last that refers to it
                    self._ask(source, scan.close)
        self._scans.clear()
        self._silent.clear()

    def _end_first(self, source: str) -> None:
        """Remove the finished scan of `source`; its follower waits until the other sources have had their turn."""
        ended, *rest = self._scans.pop(source)
        ended.close()
        if rest:
            self._scans[source] = rest
