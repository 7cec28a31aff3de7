"""Hands requests from the API's threads to the daemon's loop, which carries them out or has a worker do so."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TypeVar, cast

from snapsortd.domain.errors import Unavailable

T = TypeVar("T")
Job = Callable[[], None]
Elsewhere = Callable[[Job, str], None]
"""Runs a job that is about the file at a path; the path is empty if it is about several."""

MAX_WAITING = 32
"""Maximum number of jobs waiting for the model. Each holds an API connection, and other requests need some too."""


class JobQueue:
    """Jobs that any thread submits and the owner's thread runs in order; those that touch files, `elsewhere`."""

    def __init__(self, wake: Callable[[], object], elsewhere: Elsewhere | None = None) -> None:
        """`wake` is called from the submitting thread for every new job, `elsewhere` from the owner's."""
        self._wake = wake
        self._elsewhere = elsewhere or _call
        self._lock = threading.Lock()
        self._jobs: deque[tuple[Job, str]] = deque()
        self._on_files: deque[tuple[Job, str]] = deque()
        self._later: deque[tuple[Job, str]] = deque()
        self._open: set[Future[object]] = set()
        self._closed = False

    def submit(
        self, work: Callable[[], T], *, touches_files: bool = False, needs_model: bool = False, path: str = ""
    ) -> T:
        """Have `work` called, wait for it, and return its result or raise its exception.

        What needs the model touches files too; `path` is the one that it is about. Raises Unavailable if the daemon
        stops first, or if MAX_WAITING jobs are already waiting for the model.
        """
        future: Future[object] = Future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:
                with suppress(InvalidStateError):  # it was refused meanwhile
                    future.set_exception(error)
            else:
                with suppress(InvalidStateError):
                    future.set_result(result)

        with self._lock:
            if self._closed:
                raise Unavailable("the daemon is stopping")
            if needs_model and len(self._later) >= MAX_WAITING:
                raise Unavailable(f"{MAX_WAITING} requests are already waiting for the model", "try again later")
            self._open.add(future)
            (self._later if needs_model else self._on_files if touches_files else self._jobs).append((job, path))
        self._wake()
        try:
            return cast(T, future.result())
        finally:
            with self._lock:
                self._open.discard(future)

    @property
    def wants_model(self) -> bool:
        """True if a job is waiting for the model."""
        return bool(self._later)

    def run_next(self, *, model_ready: bool, has_room: bool = True) -> bool:
        """Run the next job that can run now; return False if there is none. Called by the owner.

        `has_room`: one that touches files can run.
        """
        with self._lock:
            if self._jobs:
                line = self._jobs
            elif has_room and self._on_files:
                line = self._on_files
            elif has_room and model_ready and self._later:
                line = self._later
            else:
                return False
            job, path = line.popleft()
        if line is self._jobs:
            job()
        else:
            self._elsewhere(job, path)
        return True

    def close(self) -> None:
        """Refuse every waiting and every future job. Called by the owner."""
        with self._lock:
            self._closed = True
            waiting = list(self._open)
        for future in waiting:
            with suppress(InvalidStateError):  # it was done meanwhile
                future.set_exception(Unavailable("the daemon is stopping"))


def _call(job: Job, _path: str) -> None:
    job()
