"""Runs what touches files in threads of its own, so that a file system that is slow or hangs can't hold up the loop.

Normally one thing is done after the other, because the loop waits for each. If one takes long, the loop goes on after
PATIENCE_S with all that does not touch files, and after TURN_S with that too.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from snapsortd.domain.errors import Interrupted
from snapsortd.files.progress import reported_to

T = TypeVar("T")

PATIENCE_S = 0.5
"""How long the loop waits for a task; then it is overdue."""
TURN_S = 2.0
"""How long everything else that touches files waits for it."""
MAX_OVERDUE = 8
"""Maximum number of tasks that take longer; until one of them ends, nothing else that touches files is begun."""
SILENCE_S = 5.0
"""An overdue task that has not reported any progress for so long does not get an answer from its file system."""

FINISH_S = 1.0
"""Time in which a task may end what it does after it was asked to stop: most moves take less."""


class Task:
    """A piece of work that a worker does. Times are monotonic seconds; any thread may read them."""

    def __init__(self, path: str, root: str, should_stop: Callable[[], bool]) -> None:
        """`path` is the file that it is about; empty if there are several. `root` is the watched folder that it depends
        on; empty if it depends on another place."""
        self.path = path
        self.root = root
        self.began = self.heard = time.monotonic()
        self.doing = ""
        self.percent: int | None = None
        """The progress of what it is doing; None if its end is not known."""
        self._should_stop = should_stop
        self._asked_to_stop = math.inf

    def hear(self, doing: str, done: int, total: int) -> None:
        """Take in its progress. Raise Interrupted if it was to stop FINISH_S ago."""
        self.heard, self.doing = time.monotonic(), doing
        self.percent = min(100 * done // total, 100) if total else None
        if self._should_stop():
            self._asked_to_stop = min(self._asked_to_stop, self.heard)
            if self.heard - self._asked_to_stop > FINISH_S:
                raise Interrupted("snapsortd was asked to stop")

    @property
    def is_silent(self) -> bool:
        """True if it has reported nothing for SILENCE_S."""
        return time.monotonic() - self.heard > SILENCE_S

    def to_json(self) -> dict[str, Any]:
        """Return it as `status` shows it."""
        now = time.monotonic()
        return {
            "path": self.path,
            "doing": self.doing,
            "percent": self.percent,
            "seconds": round(now - self.began, 1),
            "silent_s": round(now - self.heard, 1) if self.is_silent else None,
        }


class _Worker:
    """A thread that runs one task at a time."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, name="worker", daemon=True).start()

    def take(self, work: Callable[[], T], task: Task) -> Future[T]:
        """Begin the task; return its outcome, which is set when it has ended."""
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                with reported_to(task.hear):
                    outcome.set_result(work())
            except BaseException as error:
                outcome.set_exception(error)

        self._inbox.put(run)
        return outcome

    def _run(self) -> None:
        while True:
            self._inbox.get()()


class _Overdue:
    """A task that the loop does not wait for any more."""

    def __init__(self, task: Task, worker: _Worker, outcome: Future[Any], then: Callable[[Future[Any]], None]) -> None:
        self.task = task
        self.worker = worker
        self.outcome = outcome
        self.then = then


class Workers:
    """The loop's workers: one, and another for each task that is overdue. Used by the loop's thread alone."""

    def __init__(self, wake: Callable[[], object], should_stop: Callable[[], bool]) -> None:
        """`wake` is called, from another thread, when an overdue task has ended; `should_stop` ends those that report
        progress."""
        self._wake = wake
        self._should_stop = should_stop
        self._idle: list[_Worker] = []
        self._overdue: list[_Overdue] = []

    def run(self, work: Callable[[], T], then: Callable[[Future[T]], None], path: str = "", root: str = "") -> None:
        """Have `work` done, and call `then` with its outcome: before this returns, or by `finish` if it is overdue."""
        task = Task(path, root, self._should_stop)
        worker = self._idle.pop() if self._idle else _Worker()
        outcome = worker.take(work, task)
        try:
            outcome.exception(PATIENCE_S)
        except TimeoutError:
            self._overdue.append(_Overdue(task, worker, outcome, then))
            outcome.add_done_callback(lambda _: self._wake())
            return
        self._idle.append(worker)
        then(outcome)

    def finish(self) -> bool:
        """Call `then` for every overdue task that has ended; False if there was none."""
        ended = [each for each in self._overdue if each.outcome.done()]
        self._overdue = [each for each in self._overdue if each not in ended]
        for each in ended:
            self._idle.append(each.worker)
            each.then(each.outcome)
        return bool(ended)

    def end(self, seconds: float) -> bool:
        """Wait at most so long for the overdue tasks, and finish those that end. False if one has not ended."""
        deadline = time.monotonic() + seconds
        for each in self._overdue:
            if not each.outcome.done():
                _wait(each.outcome, deadline - time.monotonic())
        self.finish()
        return not self._overdue

    @property
    def has_room(self) -> bool:
        """True if another task may be begun."""
        return len(self._overdue) < MAX_OVERDUE and self.next_due <= time.monotonic()

    @property
    def next_due(self) -> float:
        """The time at which others have their turn though none has ended; in the past if that is so already."""
        return max((each.task.began + TURN_S for each in self._overdue), default=0.0)

    @property
    def overdue(self) -> tuple[Task, ...]:
        """The tasks that are overdue, oldest first; any thread may ask."""
        return tuple(each.task for each in self._overdue)

    def holds(self, root: str) -> bool:
        """True if an overdue task in this folder makes no progress: another one would not get any further."""
        stuck = (each.root for each in self.overdue if each.percent is None or each.is_silent)
        return root != "" and root in stuck


def _wait(outcome: Future[Any], seconds: float) -> None:
    try:
        outcome.exception(max(seconds, 0.0))
    except TimeoutError:
        return
