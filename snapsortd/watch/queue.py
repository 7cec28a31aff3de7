"""The queue of files to file: new arrivals first, then earlier arrivals, then the backlog found by scans.

The watched folders are the durable queue, so this one may drop entries: a later scan finds them again. It reads none of
them itself: a folder that does not answer must not keep the others waiting.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue

from snapsortd.domain.file import Stat
from snapsortd.files.answering import Ask, NotAnswering, directly
from snapsortd.watch.held_back import HeldBack
from snapsortd.watch.look import look_at_each
from snapsortd.watch.ready import ReadyFiles
from snapsortd.watch.scan_queue import ScanQueue, Still
from snapsortd.watch.settle import Kind, Observation, settle

BACKLOG_LIMIT = 1_000
"""Paths are pulled from the scans only while fewer files than this are waiting."""
PULLS_PER_UPDATE = 2_000
"""Maximum number of paths that one `update` pulls from the scans, so that it always returns quickly."""
FEWEST_PULLS = 100
"""Minimum number of paths to pull at a time, because each time a thread has to be waited for."""
FRESH_LIMIT = 20_000
"""Maximum number of waiting events; further ones are dropped, and a scan finds their files instead."""
RETRY_LIMIT = 5_000
"""Maximum number of failed files that wait for a retry; further ones are left to the next scan."""
FIRST_RETRY_S = 60.0
MAX_RETRY_S = 3600.0
_IMMEDIATELY = 0.0


def retry_pause(attempts: int) -> float:
    """Return the seconds to wait after this many failed attempts: 1 minute, doubled each time, at most 1 hour."""
    return min(FIRST_RETRY_S * 2.0 ** min(max(attempts - 1, 0), 16), MAX_RETRY_S)


@dataclass(slots=True)
class _Waiting:
    quiet: float
    fresh: bool
    due: float
    seen: Observation | None = None
    retry_at: float | None = None
    """For a failed file, the time before which it is not retried unless it changes."""


def _never(_path: str, _stat: Stat) -> bool:
    return False


def _unknown(_path: str, _stat: Stat) -> float:
    return 0.0


class WorkQueue:
    """Lets each file settle, then hands it out.

    `offer` and `wake` may be called from any thread and from signal handlers, everything else only from the owner's
    thread. Times are monotonic seconds.
    """

    def __init__(
        self,
        stat: Callable[[str], Stat | None],
        known: Callable[[str, Stat], bool] = _never,
        place: Callable[[str], str] = lambda _path: "",
        ask: Ask = directly,
        still: Still = _unknown,
    ) -> None:
        """`stat` reads a path's file facts. `known` returns True if this version of a file was already processed;
        such files are dropped without settling, so that a scan over many of them is cheap. `place` returns the folder
        that a path is in, in whose thread `ask` reads it: the files of one that does not answer are dropped. `still`
        returns for how many seconds a file that a scan has found has been as it is, which it need not wait again."""
        self._stat = stat
        self._known = known
        self._place = place
        self._ask = ask
        self._inbox: SimpleQueue[tuple[str, float] | None] = SimpleQueue()
        self._dropped = False
        self._waiting: dict[str, _Waiting] = {}
        self._timers: list[tuple[float, int, str]] = []
        self._order = count()
        self._ready = ReadyFiles()
        self._scans = ScanQueue(stat, ask, still)
        self._retries = 0
        self.held_back = HeldBack()

    def offer(self, path: str, quiet: float) -> None:
        """Queue the file at `path`, which was created or changed; it settles after `quiet` seconds without a change."""
        if self._inbox.qsize() < FRESH_LIMIT:
            self._inbox.put((path, quiet))
        else:
            self._dropped = True

    def wake(self) -> None:
        """End the current `wait`, or the next one."""
        self._inbox.put(None)

    def offer_many(self, source: str, paths: Iterator[str], quiet: float) -> None:
        """Queue the results of a scan of `source`, which are pulled as room becomes available; see `ScanQueue.add`."""
        self._scans.add(source, paths, quiet)

    def end_scans(self) -> None:
        """Abort the scans, whose open folders keep file systems from being unmounted; a later scan finds the rest."""
        self._scans.close()

    def wait(self, timeout: float | None) -> None:
        """Sleep until a file is offered, `wake` is called, or `timeout` seconds have passed (None: no limit)."""
        with suppress(Empty):
            self._take(self._inbox.get(timeout=timeout))

    def overflowed(self) -> bool:
        """Return True once after offers were dropped: the folders must be scanned again."""
        dropped, self._dropped = self._dropped, False
        return dropped

    def update(self, now: float) -> None:
        """Take in the offers, pull from the scans, and inspect every file that is due.

        Files that have been new for longer than NEW_FILE_WINDOW_S move behind the other fresh ones.
        """
        with suppress(Empty):
            while True:
                self._take(self._inbox.get_nowait())
        self._pull(now)
        for path, stat in self._look(self._take_due(now)):
            if path in self._waiting:
                self._inspect(path, self._waiting[path], stat, now)
        self._ready.age(now)

    @property
    def has_new(self) -> bool:
        """True if the next file settled less than NEW_FILE_WINDOW_S ago."""
        return self._ready.has_new

    def pop(self) -> str | None:
        """Remove and return the next settled file: new ones first, then other fresh ones, then the backlog."""
        path = self._ready.first()
        if path is not None:
            self._forget(path)
        return path

    def requeue_last(self, path: str, quiet: float) -> None:
        """Retry a file without a pause, but after every other file that is ready."""
        if path not in self._waiting:
            self._set(path, _Waiting(quiet, fresh=False, due=_IMMEDIATELY))

    def retry(self, path: str, attempts: int, now: float, quiet: float = 1.0) -> None:
        """Retry a failed file after a pause that grows with `attempts`, or as soon as it changes."""
        self._retry_at(path, now + retry_pause(attempts), now, quiet)

    def hold(self, path: str, reason: str, now: float, quiet: float) -> None:
        """Hold a settled file back that is not complete, until it is offered, or a pause has passed."""
        self._retry_at(path, self.held_back.hold(path, reason, now), now, quiet)

    def _retry_at(self, path: str, due: float, now: float, quiet: float) -> None:
        stat = next((stat for _, stat in self._look([path])), None)
        if stat is None or self._retries >= RETRY_LIMIT:
            self.held_back.release(path)
            return
        self._forget(path)
        self._retries += 1
        self._set(path, _Waiting(quiet, fresh=False, due=due, seen=Observation(stat, now), retry_at=due))

    def next_due(self, now: float) -> float | None:
        """Return when `update` or `pop` next has something to do, at least `now`; None if not before the next offer."""
        if self._ready or (self._scans and self._has_room()):
            return now
        return max(now, self._timers[0][0]) if self._timers else None

    def clear(self) -> None:
        """Remove every entry, and abort the scans."""
        self.end_scans()
        self._waiting.clear()
        self._timers.clear()
        self._ready.clear()
        self.held_back.clear()
        self._retries = 0

    def __len__(self) -> int:
        """Return the number of waiting files, without failed ones that are retried later."""
        return len(self._waiting) - self._retries + self._inbox.qsize()

    def _has_room(self) -> bool:
        return len(self._waiting) - self._retries < BACKLOG_LIMIT

    def _take(self, offered: tuple[str, float] | None) -> None:
        if offered is None:
            return
        path, quiet = offered
        if self.held_back.shorten(path):  # a program may just have closed it, which shows in no other way
            self._forget(path)
        before = self._waiting.get(path)
        if before is None and len(self._waiting) - self._retries >= FRESH_LIMIT:
            self._dropped = True
        elif before is None:
            self._set(path, _Waiting(quiet, fresh=True, due=_IMMEDIATELY))
        else:
            self._ready.discard(path)
            before.fresh, before.due = True, _IMMEDIATELY
            self._set(path, before)

    def _pull(self, now: float) -> None:
        pulls = PULLS_PER_UPDATE
        while pulls and self._has_room():
            room = BACKLOG_LIMIT + self._retries - len(self._waiting)
            found = self._scans.next(min(pulls, max(room, FEWEST_PULLS)))
            if not found:
                return
            pulls -= len(found)
            for each in found:
                if each.path not in self._waiting:
                    waiting = _Waiting(each.quiet, fresh=False, due=_IMMEDIATELY)
                    self._inspect(each.path, waiting, each.stat, now, each.still)

    def _take_due(self, now: float) -> Iterator[str]:
        """Yield the files that are due, each once."""
        taken = set()
        while self._timers and self._timers[0][0] <= now:
            due, _, path = heappop(self._timers)
            waiting = self._waiting.get(path)
            if waiting is not None and waiting.due == due and path not in taken:
                taken.add(path)
                yield path

    def _look(self, paths: Iterable[str]) -> list[tuple[str, Stat | None]]:
        """Return the facts of these files, read in the threads of their folders; files that could not be read in time
        are due again at once, those of a folder that does not answer are dropped."""
        places: dict[str, list[str]] = {}
        for path in paths:
            places.setdefault(self._place(path), []).append(path)
        found: list[tuple[str, Stat | None]] = []
        for place, here in places.items():
            try:
                seen = self._ask(place, partial(look_at_each, self._stat, here))
            except NotAnswering:
                self._drop(place)
                continue
            found += seen
            for path in here[len(seen) :]:
                if path in self._waiting:
                    self._set(path, self._waiting[path])
        return found

    def _drop(self, place: str) -> None:
        for path in [path for path in self._waiting if self._place(path) == place]:
            self._forget(path)
            self.held_back.release(path)

    def _inspect(self, path: str, waiting: _Waiting, stat: Stat | None, now: float, still: float = 0.0) -> None:
        if waiting.retry_at is not None:
            assert waiting.seen is not None
            unchanged = stat is not None and stat.identity.is_unchanged_since(waiting.seen.stat.identity)
            if unchanged and now < waiting.retry_at:
                waiting.due = waiting.retry_at  # its timer is already set
                return
            self._forget(path)
            waiting.retry_at = None
        elif waiting.seen is None and stat is not None and self._known(path, stat):
            self._forget(path)
            self.held_back.release(path)
            return
        verdict = settle(waiting.seen, stat, now, waiting.quiet, still)
        waiting.seen = verdict.observation
        match verdict.kind:
            case Kind.READY:
                waiting.due = math.inf
                self._waiting[path] = waiting
                self._ready.add(path, now, fresh=waiting.fresh)
            case Kind.WAIT:
                waiting.due = verdict.until
                self._set(path, waiting)
            case Kind.GONE | Kind.NOT_A_FILE | Kind.EMPTY:
                self._forget(path)
                self.held_back.release(path)

    def _set(self, path: str, waiting: _Waiting) -> None:
        self._waiting[path] = waiting
        heappush(self._timers, (waiting.due, next(self._order), path))

    def _forget(self, path: str) -> None:
        self._ready.discard(path)
        waiting = self._waiting.pop(path, None)
        if waiting is not None and waiting.retry_at is not None:
            self._retries -= 1
