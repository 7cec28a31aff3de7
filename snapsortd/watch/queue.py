"""What waits to be looked at: what has just come, then what came before, then what was there already.

The folders themselves are the durable queue, so this one may forget: what does not fit is found by a scan.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue

from snapsortd.domain.file import Stat
from snapsortd.watch.settle import Kind, Observation, settle

BACKLOG_LIMIT = 1_000
"""While fewer files than this wait, more are pulled from the scans."""
PULLS_PER_LOOK = 2_000
"""A look takes no more than this from the scans, so that it never takes long."""
FRESH_LIMIT = 20_000
"""More waiting events than this are dropped, and found by a scan instead."""
RETRY_LIMIT = 5_000
"""More failed files than this are left to the next scan."""
NEW_FILE_WINDOW_S = 1.0
"""So long a settled file is new, and goes first: else a copy of many would hold up the next screenshot."""
AT_ONCE = 0.0
FIRST_RETRY_S = 60.0
LAST_RETRY_S = 3600.0


def retry_pause(attempts: int) -> float:
    """Seconds to wait after so many failed attempts: 1 minute, doubled each time, 1 hour at most."""
    return min(FIRST_RETRY_S * 2.0 ** min(max(attempts - 1, 0), 16), LAST_RETRY_S)


@dataclass(slots=True)
class _Waiting:
    quiet: float
    fresh: bool
    due: float
    seen: Observation | None = None
    retry_at: float | None = None
    """A failed file: not before this time, unless it changes."""


def _never(_path: str, _stat: Stat) -> bool:
    return False


class WorkQueue:
    """`offer` and `wake` may be called from any thread and from signal handlers, all else from the owner's.

    `stat` looks at a path. `known` may say that this version of a file is dealt with already, so that a scan
    over many such files costs little. Times are monotonic seconds.
    """

    def __init__(self, stat: Callable[[str], Stat | None], known: Callable[[str, Stat], bool] = _never) -> None:
        self._stat = stat
        self._known = known
        self._inbox: SimpleQueue[tuple[str, float] | None] = SimpleQueue()
        self._dropped = False
        self._waiting: dict[str, _Waiting] = {}
        self._timers: list[tuple[float, int, str]] = []
        self._order = count()
        self._ready_new: OrderedDict[str, float] = OrderedDict()
        """With the time at which it settled."""
        self._ready_fresh: OrderedDict[str, None] = OrderedDict()
        self._ready_backlog: OrderedDict[str, None] = OrderedDict()
        self._scans: dict[str, list[tuple[Iterator[str], float]]] = {}
        self._retries = 0

    def offer(self, path: str, quiet: float) -> None:
        """Something happened to the file at `path`; it is settled after `quiet` seconds without a change."""
        if self._inbox.qsize() < FRESH_LIMIT:
            self._inbox.put((path, quiet))
        else:
            self._dropped = True

    def wake(self) -> None:
        """End the wait that is going on, or the next one."""
        self._inbox.put(None)

    def offer_many(self, source: str, paths: Iterator[str], quiet: float) -> None:
        """Scan results, pulled as there is room, after an unfinished scan of the same `source`.

        If that were given up, a stream of requests would never let one end; if it were not followed by another,
        what came behind its back would be missed. One that was to follow, and did not begin, is dropped.
        """
        unfinished = self._scans.setdefault(source, [])
        for dropped, _ in unfinished[1:]:
            _close(dropped)
        unfinished[1:] = [(paths, quiet)]

    def end_scans(self) -> None:
        """Let go of the scans' folders, which keep their disks from being unmounted; a later scan finds the rest."""
        for unfinished in self._scans.values():
            for paths, _ in unfinished:
                _close(paths)
        self._scans.clear()

    def wait(self, timeout: float | None) -> None:
        """Sleep until something is offered, `wake` is called, or `timeout` seconds are over (None: no limit)."""
        with suppress(Empty):
            self._take(self._inbox.get(timeout=timeout))

    def overflowed(self) -> bool:
        """True, once, after offers were dropped: the folders must be scanned again."""
        dropped, self._dropped = self._dropped, False
        return dropped

    def look(self, now: float) -> None:
        """Take in what was offered, pull from the scans, and look at every file that is due.

        What has been new for too long lines up behind others like it.
        """
        with suppress(Empty):
            while True:
                self._take(self._inbox.get_nowait())
        self._pull(now)
        while self._timers and self._timers[0][0] <= now:
            due, _, path = heappop(self._timers)
            waiting = self._waiting.get(path)
            if waiting is not None and waiting.due == due:
                self._look_at(path, waiting, now)
        while self._ready_new and next(iter(self._ready_new.values())) + NEW_FILE_WINDOW_S <= now:
            path, _ = self._ready_new.popitem(last=False)
            self._ready_fresh[path] = None

    @property
    def has_new(self) -> bool:
        """True if the next file has settled just now."""
        return bool(self._ready_new)

    def pop(self) -> str | None:
        """The next settled file: new ones, other fresh ones, the backlog; it is no longer waiting then."""
        for line in (self._ready_new, self._ready_fresh, self._ready_backlog):
            if line:
                path = next(iter(line))
                self._forget(path)
                return path
        return None

    def put_back(self, path: str, quiet: float) -> None:
        """Try a file again soon, but behind every other that is ready."""
        if path not in self._waiting:
            self._set(path, _Waiting(quiet, fresh=False, due=AT_ONCE))

    def retry(self, path: str, attempts: int, now: float, quiet: float = 1.0) -> None:
        """Try a failed file again after a pause that grows with `attempts`, or as soon as it changes."""
        stat = self._stat(path)
        if stat is None or self._retries >= RETRY_LIMIT:
            return
        self._forget(path)
        self._retries += 1
        due = now + retry_pause(attempts)
        self._set(path, _Waiting(quiet, fresh=False, due=due, seen=Observation(stat, now), retry_at=due))

    def next_due(self, now: float) -> float | None:
        """When `look` or `pop` will have something to do, `now` at the earliest; None if not without an offer."""
        if self._ready_new or self._ready_fresh or self._ready_backlog or (self._scans and self._has_room()):
            return now
        return max(now, self._timers[0][0]) if self._timers else None

    def clear(self) -> None:
        """Forget everything, and let go of the scans' folders."""
        self.end_scans()
        self._waiting.clear()
        self._timers.clear()
        self._ready_new.clear()
        self._ready_fresh.clear()
        self._ready_backlog.clear()
        self._retries = 0

    def __len__(self) -> int:
        """Files that wait for their turn, without those that failed and are tried again later."""
        return len(self._waiting) - self._retries + self._inbox.qsize()

    def _has_room(self) -> bool:
        return len(self._waiting) - self._retries < BACKLOG_LIMIT

    def _take(self, offered: tuple[str, float] | None) -> None:
        if offered is None:
            return
        path, quiet = offered
        before = self._waiting.get(path)
        if before is None and len(self._waiting) - self._retries >= FRESH_LIMIT:
            self._dropped = True
        elif before is None:
            self._set(path, _Waiting(quiet, fresh=True, due=AT_ONCE))
        else:
            self._unline(path)
            before.fresh, before.due = True, AT_ONCE
            self._set(path, before)

    def _pull(self, now: float) -> None:
        for _ in range(PULLS_PER_LOOK):
            if not self._scans or not self._has_room():
                return
            source, unfinished = next(iter(self._scans.items()))
            paths, quiet = unfinished[0]
            path = next(paths, None)
            if path is None:
                self._next_scan(source)
            elif path not in self._waiting:
                self._look_at(path, _Waiting(quiet, fresh=False, due=AT_ONCE), now)

    def _look_at(self, path: str, waiting: _Waiting, now: float) -> None:
        stat = self._stat(path)
        if waiting.retry_at is not None:
            assert waiting.seen is not None
            unchanged = stat is not None and stat.identity == waiting.seen.stat.identity
            if unchanged and now < waiting.retry_at:
                waiting.due = waiting.retry_at  # the timer for it stands already
                return
            self._forget(path)
            waiting.retry_at = None
        elif waiting.seen is None and stat is not None and self._known(path, stat):
            self._forget(path)
            return
        verdict = settle(waiting.seen, stat, now, waiting.quiet)
        waiting.seen = verdict.observation
        match verdict.kind:
            case Kind.READY:
                waiting.due = math.inf
                self._waiting[path] = waiting
                if waiting.fresh:
                    self._ready_new[path] = now
                else:
                    self._ready_backlog[path] = None
            case Kind.WAIT:
                waiting.due = verdict.until
                self._set(path, waiting)
            case Kind.GONE | Kind.NOT_A_FILE | Kind.EMPTY:
                self._forget(path)

    def _set(self, path: str, waiting: _Waiting) -> None:
        self._waiting[path] = waiting
        heappush(self._timers, (waiting.due, next(self._order), path))

    def _forget(self, path: str) -> None:
        self._unline(path)
        waiting = self._waiting.pop(path, None)
        if waiting is not None and waiting.retry_at is not None:
            self._retries -= 1

    def _unline(self, path: str) -> None:
        self._ready_new.pop(path, None)
        self._ready_fresh.pop(path, None)
        self._ready_backlog.pop(path, None)

    def _next_scan(self, source: str) -> None:
        """The first scan of `source` has ended; the one after it waits until the other sources had their turn."""
        (ended, _), *rest = self._scans.pop(source)
        _close(ended)
        if rest:
            self._scans[source] = rest


def _close(paths: Iterator[str]) -> None:
    close = getattr(paths, "close", None)
    if close is not None:
        close()
