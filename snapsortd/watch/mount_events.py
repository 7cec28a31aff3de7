"""Notice at once that a file system was mounted or unmounted, anywhere.

Linux reports it: poll(2) on mountinfo, see proc_pid_mountinfo(5). macOS does so only to programs with an event loop of
its own kind; there, the watched folders are checked every few seconds instead, which costs a few stats each.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable

from snapsortd.files.mounts import MOUNTS

CHANGED = getattr(select, "POLLPRI", 0) | getattr(select, "POLLERR", 0)


class MountEvents:
    """Calls `on_change` from a thread of its own after every change; no thread wakes up while nothing happens."""

    def __init__(self, on_change: Callable[[], object], mounts: str = MOUNTS) -> None:
        """`mounts` is the file to poll; without it, nothing is reported."""
        self.are_reported = os.access(mounts, os.R_OK)
        """True if the system reports changes."""
        self._on_change = on_change
        self._mounts = mounts
        self._taken: int | None = None
        self._end: int | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start waiting for changes."""
        if not self.are_reported:
            return
        self._taken = os.open(self._mounts, os.O_RDONLY | os.O_CLOEXEC)
        polled = os.open(self._mounts, os.O_RDONLY | os.O_CLOEXEC)
        received, self._end = os.pipe()
        self._thread = threading.Thread(target=self._wait, args=(polled, received), name="mounts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        taken, self._taken = self._taken, None
        if taken is not None and self._thread is not None and self._end is not None:
            os.close(self._end)
            self._thread.join()
            os.close(taken)

    def take(self) -> bool:
        """Return True if there was a change since the last call, or if the system does not report changes."""
        return self._taken is None or bool(_poll(self._taken).poll(0))

    def _wait(self, polled: int, received: int) -> None:
        poll = _poll(polled)
        poll.register(received, 0)  # its other end is closed
        while received not in dict(poll.poll()):
            self._on_change()
        os.close(polled)
        os.close(received)


def _poll(fd: int) -> select.poll:
    poll = select.poll()
    poll.register(fd, CHANGED)
    return poll
