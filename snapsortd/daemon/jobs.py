"""Hands requests from the API's threads to the daemon's own thread, the only one that files and undoes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar, cast

from snapsortd.domain.errors import Unavailable

T = TypeVar("T")

MAX_WAITING = 32
"""Maximum number of jobs waiting for the model. Each holds an API connection, and other requests need some too."""


class JobQueue:
    """Jobs that any thread submits and the owner's thread runs in order."""

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` is called from the submitting thread for every new job."""
        self._wake = wake
        self._lock = threading.Lock()
        self._jobs: deque[Callable[[], None]] = deque()
        self._later: deque[Callable[[], None]] = deque()
        self._open: set[Future[object]] = set()
        self._closed = False

    def submit(self, work: Callable[[], T], *, needs_model: bool = False) -> T:
        """Have the owner call `work`, wait for it, and return its result or raise its exception.

        Raises Unavailable if the daemon stops first, or if MAX_WAITING jobs are already waiting for the model.
        """
        future: Future[object] = Future()

        def job() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        with self._lock:
            if self._closed:
                raise Unavailable("the daemon is stopping")
            if needs_model and len(self._later) >= MAX_WAITING:
                raise Unavailable(f"{MAX_WAITING} requests are already waiting for the model", "try again later")
            self._open.add(future)
            (self._later if needs_model else self._jobs).append(job)
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

    def run_next(self, *, model_ready: bool) -> bool:
        """Run the next job that can run now; return False if there is none. Called by the owner."""
        with self._lock:
            job = self._jobs.popleft() if self._jobs else None
            if job is None and model_ready and self._later:
                job = self._later.popleft()
        if job is None:
            return False
        job()
        return True

    def close(self) -> None:
        """Refuse every waiting and every future job. Called by the owner."""
        with self._lock:
            self._closed = True
            waiting = list(self._open)
        for future in waiting:
            if not future.done():
                future.set_exception(Unavailable("the daemon is stopping"))
