"""Keeps the daemon's lock and socket in their places while it runs: people and programs that tidy up delete files."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from snapsortd.domain.errors import Busy, SnapsortError

_log = logging.getLogger("snapsortd")

INTERVAL_S = 5.0
"""Interval between checks, which are an `lstat` of each file."""


class Upkeep:
    """Calls what makes a file again if it is gone, in a thread of its own, because the loop may be busy."""

    def __init__(
        self, keep: Sequence[Callable[[], None]], end: Callable[[], None], interval_s: float = INTERVAL_S
    ) -> None:
        """Each of `keep` raises Busy if another process has taken the place, and then `end` is called once."""
        self._keep = keep
        self._end = end
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._complaints: set[str] = set()
        self.error: Busy | None = None
        """The error because of which the daemon ends."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Check at intervals until the block ends. Raise Busy then if another process has taken a place."""
        thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        while self.error is None and not self._stop.wait(self._interval_s):
            for keep in self._keep:
                self._check(keep)

    def _check(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except Busy as error:
            _log.critical("snapsortd ends, because its lock was deleted and %s", error.message)
            self.error = error
            self._end()
        except SnapsortError as error:
            if str(error) not in self._complaints:
                self._complaints.add(str(error))
                _log.warning("%s", error)
