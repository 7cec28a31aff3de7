"""Queues the images about which the rules are to be asked again, when that is due by the wall clock."""

from __future__ import annotations

import math
import time

from snapsortd.daemon.watched_folders import WatchedFolders
from snapsortd.pipeline.session import Session
from snapsortd.watch.candidates import wanted_in

CHECK_S = 10.0
"""Maximum interval between checks while anything is due later: the wall clock may be set, or the computer suspended,
during which the monotonic clock stands still."""
PAUSE_S = 1.0
"""Minimum interval between checks."""
MOST = 1_000
"""Images that are queued at a time; if more are due, the folders are scanned, which finds them little by little."""


class DueImages:
    """The images that are due. Those that were due before the start are found by the first scan."""

    def __init__(self, session: Session, folders: WatchedFolders) -> None:
        self._session = session
        self._folders = folders
        self._checked = session.clock()
        self.next_check = 0.0
        """The time of the next check, in monotonic seconds; never if nothing is due later."""

    def check_soon(self) -> None:
        """Check soon, because something was decided; callable from any thread."""
        self._checked = min(self._checked, self._session.clock())  # the clock may have been set back
        self.next_check = min(self.next_check, time.monotonic() + PAUSE_S)

    def update(self, now: float) -> None:
        """Queue what has become due since the last check. Raises JournalError."""
        if now < self.next_check:
            return
        self.next_check = math.inf
        before, wall = self._checked, self._session.clock()
        self._checked = wall
        journal = self._session.journal
        paths = journal.due(min(before, wall) - CHECK_S, wall, MOST + 1)  # a decision may be recorded a little late
        if len(paths) > MOST:
            self._folders.rescan_soon()
        else:
            self._queue(paths)
        if (following := journal.next_due(wall)) is not None:
            self.next_check = min(self.next_check, now + min(max(following - wall, PAUSE_S), CHECK_S))

    def _queue(self, paths: list[str]) -> None:
        for path in paths:
            folder = wanted_in(path, self._session.config.watch)
            if folder is not None:
                self._folders.queue.requeue_last(path, folder.settle)
