"""The files that have settled, in the order in which they are filed: new ones, other fresh ones, the backlog."""

from __future__ import annotations

from collections import OrderedDict

NEW_FILE_WINDOW_S = 1.0
"""A file that settled less than this long ago is served first, so that bulk copies do not delay a new screenshot."""


class ReadyFiles:
    """The settled files. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._new: OrderedDict[str, float] = OrderedDict()
        """Paths with the time at which each settled."""
        self._fresh: OrderedDict[str, None] = OrderedDict()
        self._backlog: OrderedDict[str, None] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._new or self._fresh or self._backlog)

    @property
    def has_new(self) -> bool:
        """True if the next file settled less than NEW_FILE_WINDOW_S ago."""
        return bool(self._new)

    def add(self, path: str, now: float, *, fresh: bool) -> None:
        """Add a file that has settled now; a fresh one was offered, the others were found by a scan."""
        if fresh:
            self._new[path] = now
        else:
            self._backlog[path] = None

    def age(self, now: float) -> None:
        """Move files that have been new for longer than NEW_FILE_WINDOW_S behind the other fresh ones."""
        while self._new and next(iter(self._new.values())) + NEW_FILE_WINDOW_S <= now:
            path, _ = self._new.popitem(last=False)
            self._fresh[path] = None

    def first(self) -> str | None:
        """Return the file that is next, or None."""
        return next((next(iter(ready)) for ready in (self._new, self._fresh, self._backlog) if ready), None)

    def discard(self, path: str) -> None:
        """Remove a file if it is here."""
        for ready in (self._new, self._fresh, self._backlog):
            ready.pop(path, None)

    def clear(self) -> None:
        """Remove all files."""
        for ready in (self._new, self._fresh, self._backlog):
            ready.clear()
