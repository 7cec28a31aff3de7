"""Threads that classify images: each decodes one image after the other; the model receives them in batches.

A batch forms while more images wait to be decoded, and the thread that completes it runs the model. If no image waits,
there is no batch: a single image goes to the model at once. One additional thread is reserved for an urgent image,
which waits for none of the others, and one decodes slow images, for which none of the others waits. If all are busy
for long with decodes that cannot be stopped, one more takes over. A command that waits for each image before it sends
the next one is served by a single thread, which starts several times faster.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.time_limit import LacksMemory, SlowImage

MAX_BATCH = 2
"""Images per run of the model. More speed it up little (`tests/bench/README.md`) and delay the first image."""

Send = Callable[[dict[str, Any]], None]
"""Sends an answer to the daemon. Called by one thread at a time."""

STUCK_S = 3.0
"""Time after which one more thread takes over the jobs that wait, if none of the others has taken one."""

WARM_UP_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Progress:
    """The other images in progress."""

    alone: bool
    """True if there is none."""
    is_last: bool
    """True if this image was put after all others, so that it may take its time."""
    others_wait: Callable[[], bool]
    """Return whether an image waits for a thread."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The two steps of classification."""

    prepare: Callable[[int, str | None, Progress], Any]
    """Decode an image and return the model's input. Takes the descriptor, which it closes, and the format if more is
    known than the first bytes say. Raises ImageError; SlowImage if it is not the last."""
    classify: Callable[[Sequence[Any]], Sequence[dict[str, Any]]]
    """Return the answers to a batch of prepared images."""


Job = Callable[[], None]


class Workers:
    """`count` threads, which take the images in order of arrival, one more for urgent images and one for slow ones.

    If `count` is 0, the thread for urgent images takes all.
    """

    def __init__(self, steps: Steps, send: Send, count: int) -> None:
        self._steps = steps
        self._send = send
        self._count = count
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Job] = deque()
        self._slow: deque[Job] = deque()
        self._relief: deque[Job] = deque()
        self._prepared: list[tuple[int, Any]] = []
        self._changed = threading.Condition()
        self._answer_lock = threading.Lock()
        self._busy = 0
        self._taken = 0
        """The number of jobs that were taken so far."""
        threads: dict[str, Callable[[], Job]] = {"urgent": partial(self._next_of, self._urgent)}
        if count:
            threads |= {"slow": partial(self._next_of, self._slow), "relief": self._relieve}
            threads |= {f"worker-{number}": self._next for number in range(count)}
        for name, next_job in threads.items():
            threading.Thread(target=self._work, args=(next_job,), name=name, daemon=True).start()

    def warm_up(self, fd: int, *, model_once: bool = False) -> None:
        """Have each thread classify the image `fd`, because some libraries initialise themselves per thread.

        `model_once`: that has happened before, so that one thread alone runs the model.
        """
        queues = [self._urgent]  # one for each thread
        if self._count:
            queues += [*self._count * [self._jobs], self._slow, self._relief]
        barrier = threading.Barrier(len(queues) + 1)
        turn = threading.Lock()  # duplicates of one descriptor share its offset

        def try_out(*, with_model: bool) -> None:
            with turn:
                for alone in (True, False):
                    prepared = self._steps.prepare(os.dup(fd), None, self._progress(alone=alone, is_last=True))
                if with_model:
                    self._steps.classify([prepared])
            barrier.wait(WARM_UP_TIMEOUT_S)

        for queue in queues:
            with_model = queue is self._urgent if model_once else queue is not self._slow
            self._put(queue, partial(try_out, with_model=with_model))
        barrier.wait(WARM_UP_TIMEOUT_S)

    def submit(
        self, number: int, fd: int, image_format: str | None, *, urgent: bool = False, is_last: bool = False
    ) -> None:
        """Queue an image; the answer has its number. An urgent image bypasses the queue and is not batched.

        `is_last`: it was put after all others, so that it may be slow.
        """
        with self._answer_lock:
            self._busy += 1
        if urgent or not self._count:
            self._put(self._urgent, lambda: self._classify_alone(number, fd, image_format, is_last=is_last))
        else:
            queue = self._slow if is_last else self._jobs
            self._put(queue, lambda: self._prepare_for_batch(number, fd, image_format, is_last=is_last))

    def _put(self, queue: deque[Job], job: Job) -> None:
        with self._changed:
            queue.append(job)
            self._changed.notify_all()

    def _next_of(self, queue: deque[Job]) -> Job:
        with self._changed:
            self._changed.wait_for(lambda: queue)
            return queue.popleft()

    def _next(self) -> Job:
        """Wait for a job: decode the next image, or run the model on the images that are prepared."""
        with self._changed:
            while (job := self._take()) is None:
                self._changed.wait()
            return job

    def _take(self) -> Job | None:
        if self._jobs and len(self._prepared) < MAX_BATCH:
            self._taken += 1
            return self._jobs.popleft()
        if self._prepared:
            self._taken += 1
            batch = self._prepared[:MAX_BATCH]
            del self._prepared[:MAX_BATCH]
            return lambda: self._classify(batch)
        return None

    def _relieve(self) -> Job:
        """Wait until no thread has taken a job for STUCK_S seconds although one waits, because decodes that can't be
        stopped keep them busy; return a job that does their work."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._relief or self._jobs or self._prepared)
                if self._relief:
                    return self._relief.popleft()
                taken = self._taken
                self._changed.wait_for(lambda: self._relief, STUCK_S)
                if self._taken == taken and (job := self._take()) is not None:
                    return partial(self._take_over, job)

    def _take_over(self, job: Job | None) -> None:
        while job is not None:
            job()
            with self._changed:
                job = self._take()

    def _classify_alone(self, number: int, fd: int, image_format: str | None, *, is_last: bool) -> None:
        if (prepared := self._prepare(number, fd, image_format, is_last=is_last)) is not None:
            self._classify([(number, prepared)])

    def _prepare_for_batch(self, number: int, fd: int, image_format: str | None, *, is_last: bool) -> None:
        if (prepared := self._prepare(number, fd, image_format, is_last=is_last)) is not None:
            with self._changed:
                self._prepared.append((number, prepared))
                self._changed.notify_all()

    def _prepare(self, number: int, fd: int, image_format: str | None, *, is_last: bool = False) -> Any:
        """Return the model's input, or answer that the image is slow or unreadable and return None."""
        try:
            return self._steps.prepare(fd, image_format, self._progress(alone=self._busy == 1, is_last=is_last))
        except SlowImage:
            self._answer([(number, {"slow": True})])
        except LacksMemory as error:
            self._answer([(number, {"unreadable": error.message, "lacks_memory": True})])
        except ImageError as error:
            self._answer([(number, {"unreadable": error.message})])
        return None

    def _progress(self, *, alone: bool, is_last: bool) -> Progress:
        return Progress(alone, is_last, lambda: bool(self._jobs or self._urgent))

    def _classify(self, batch: list[tuple[int, Any]]) -> None:
        answers = self._steps.classify([prepared for _, prepared in batch])
        self._answer([(number, answer) for (number, _), answer in zip(batch, answers, strict=True)])

    def _answer(self, answers: list[tuple[int, dict[str, Any]]]) -> None:
        with self._answer_lock:
            for number, answer in answers:
                self._send({"id": number, **answer})
            self._busy -= len(answers)
            is_idle = not self._busy
        if is_idle:
            return_free_memory()

    def _work(self, next_job: Callable[[], Job]) -> None:
        try:
            while True:
                next_job()()
        except BaseException as error:  # a bug, or no memory for the model: the daemon restarts the process
            with self._answer_lock:
                self._send({"crashed": f"{type(error).__name__}: {error}"})
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            os._exit(1)  # only the main thread could end Python normally


def return_free_memory() -> None:
    """Return the memory of large images to the system; the GNU C library would keep it for the next ones."""
    if _TRIM is not None:
        _TRIM(0)


_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
