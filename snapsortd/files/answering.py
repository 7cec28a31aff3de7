"""Call a file system in a thread of its own, with a deadline: one that hangs hangs only that thread.

A system call on a network or FUSE mount whose server does not respond never returns, and nothing can interrupt it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from snapsortd.domain.errors import MoveRefused
from snapsortd.files.mounts import mount_of

log = logging.getLogger("snapsortd")

T = TypeVar("T")

PATIENCE_S = 2.0
"""Maximum time in seconds to wait for one call. A disk that spins up takes longer, and is asked again afterwards."""


class NotAnswering(MoveRefused):
    """The file system at a place does not answer now."""

    def __init__(self, place: str) -> None:
        super().__init__(f"the disk at {place} does not answer", "check its connection or server; it is tried again")


def reach(path: str) -> None:
    """Return once the file system at `path`, or where that would be created, has answered; it may never do so."""
    existing = os.path.realpath(path)
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    with suppress(OSError):
        os.statvfs(existing)  # asks the server, unlike the check if it exists, whose result is kept for a while


class Ask(Protocol):
    """Calls `work` in the thread of a place, as `Answering.ask` does, and raises NotAnswering likewise."""

    def __call__(self, place: str, work: Callable[[], T], /) -> T: ...


def directly(_place: str, work: Callable[[], T], /) -> T:
    """Call `work` in this thread."""
    return work()


class Answering:
    """Threads that call file systems: one for each place, a folder in most cases. Safe to use from any thread."""

    def __init__(self, patience: float = PATIENCE_S) -> None:
        """`patience` is the deadline of a call in seconds."""
        self._patience = patience
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}

    def ask(
        self, place: str, work: Callable[[], T], then: Callable[[], object] | None = None, patience: float | None = None
    ) -> T:
        """Call `work` in the thread of `place`; return its result or raise its exception.

        Raise NotAnswering if that takes longer than the deadline (`patience` seconds, if given), and at once as long as
        an earlier call there has not returned. Then `then` is called once in that thread as soon as the place answers
        again; equal ones count as one.
        """
        line = self._line(place)
        return line.wait_for(line.begin(work, then), then, self._patience if patience is None else patience)

    def ask_all(self, calls: Mapping[str, tuple[Callable[[], T], Callable[[], object]]]) -> dict[str, T]:
        """Make the calls, each `work` and `then` for its place, at the same time and with one deadline.

        Return the results of the places that answer.
        """
        begun: list[tuple[str, _Line, Future[T]]] = []
        for place, (work, then) in calls.items():
            line = self._line(place)
            with suppress(NotAnswering):
                begun.append((place, line, line.begin(work, then)))
        deadline, found = time.monotonic() + self._patience, dict[str, T]()
        for place, line, future in begun:
            with suppress(NotAnswering):
                found[place] = line.wait_for(future, calls[place][1], max(0.0, deadline - time.monotonic()))
        return found

    def check(self, path: str) -> None:
        """Raise NotAnswering if the file system at `path` does not answer."""
        self.ask(mount_of(path)[0] or path, partial(reach, path))

    def silent_since(self, place: str) -> float | None:
        """Return the time (seconds since 1970) of the call at `place` that has not returned; None if it answers."""
        line = self._lines.get(place)
        return line.silent_since if line is not None else None

    def silent_places(self) -> list[str]:
        """Return the places that do not answer."""
        with self._lock:
            return [place for place, line in self._lines.items() if line.silent_since is not None]

    def abandon(self, place: str) -> None:
        """Forget a place that does not answer, because another file system is there now; its thread is left alone."""
        with self._lock:
            line = self._lines.pop(place, None)
        if line is not None:
            line.end()

    def _line(self, place: str) -> _Line:
        with self._lock:
            line = self._lines.get(place)
            if line is None:
                line = self._lines[place] = _Line(place)
            return line

    def close(self) -> None:
        """End the threads; one that hangs ends when its call returns, or with the process."""
        with self._lock:
            lines, self._lines = self._lines, {}
        for line in lines.values():
            line.end()


class _Line:
    """The thread of one place, and the calls that wait for it."""

    def __init__(self, place: str) -> None:
        self.silent_since: float | None = None
        self._place = place
        self._lock = threading.Lock()
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], object]] | None] = SimpleQueue()
        self._then: set[Callable[[], object]] = set()
        threading.Thread(target=self._run, name=f"answering {place}", daemon=True).start()

    def begin(self, work: Callable[[], T], then: Callable[[], object] | None) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self.silent_since is not None:
                self._refuse(then)
            self._calls.put((future, work))
        return future

    def wait_for(self, future: Future[T], then: Callable[[], object] | None, patience: float) -> T:
        with suppress(TimeoutError):
            future.exception(patience)
        with self._lock:
            if not future.done():
                future.cancel()  # unless it has begun
                self.silent_since = self.silent_since or time.time() - patience
                self._refuse(then)
        return future.result()

    def end(self) -> None:
        self._calls.put(None)

    def _refuse(self, then: Callable[[], object] | None) -> None:
        if then is not None:
            self._then.add(then)
        raise NotAnswering(self._place)

    def _run(self) -> None:
        while self._run_next():
            with self._lock:
                then, self._then = self._then, set()
                self.silent_since = None
            for each in then:
                try:
                    each()
                except Exception:  # a defect there must not make the place seem silent for ever
                    log.exception("snapsortd failed after %s answered again", self._place)

    def _run_next(self) -> bool:
        """Wait for a call and carry it out; return False at the end. No reference to the call is kept."""
        call = self._calls.get()
        if call is None:
            return False
        future, work = call
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
        return True
