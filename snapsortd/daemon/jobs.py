"""Work handed from the API's threads to the daemon's own, which alone files and undoes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar, cast

from snapsortd.domain.errors import Unavailable

T = TypeVar("T")

MAX_WAITING = 32
"""Jobs for the model that may wait, each with a connection to the API: there must be room for other requests."""


class JobQueue:
    """A line of jobs; `wake` tells the owner that one has come."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._jobs: deque[Callable[[], None]] = deque()
        self._later: deque[Callable[[], None]] = deque()
        self._open: set[Future[object]] = set()
        self._closed = False

    def ask(self, work: Callable[[], T], *, needs_model: bool = False) -> T:
        """Have the owner do `work` and wait for its answer; its exceptions come through.

        Raises Unavailable if the daemon stops first, or too many wait for the model.
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
                raise Unavailable(f"{MAX_WAITING} requests wait for the model already", "try again in a while")
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
        """True if a job waits for the model."""
        return bool(self._later)

    def work(self, *, model_ready: bool) -> bool:
        """Owner: do one job, if there is one that can be done now; True if one was done."""
        with self._lock:
            job = self._jobs.popleft() if self._jobs else None
            if job is None and model_ready and self._later:
                job = self._later.popleft()
        if job is None:
            return False
        job()
        return True

    def close(self) -> None:
        """Owner: refuse all that waits and all that comes."""
        with self._lock:
            self._closed = True
            waiting = list(self._open)
        for future in waiting:
            if not future.done():
                future.set_exception(Unavailable("the daemon is stopping"))
