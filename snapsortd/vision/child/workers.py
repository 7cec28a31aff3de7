"""The threads that look at images. Each decodes one after the other; the model sees them in batches.

A batch forms while further images wait to be decoded, and is given to the model by the thread that completes it. Where
nothing waits there is none: a single image goes to the model at once. One thread more is for an urgent image, which
waits for none of the others. Runs in the classifier process.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.errors import ImageError

LARGEST_BATCH = 2
"""Images that the model sees at a time. More gain little (`tests/bench/README.md`), and the first waits longer."""

Answer = Callable[[dict[str, Any]], None]
"""Tells the daemon. Called by one thread at a time."""

PATIENCE_SECONDS = 300.0
"""For the images that are looked at to warm up."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The two steps of looking at images."""

    prepare: Callable[[int, str | None, bool], Any]
    """What the model takes of an image: of its descriptor, which is closed, its format, where more is known than its
    first bytes say, and whether it is the only image now. Raises ImageError."""
    judge: Callable[[Sequence[Any]], Sequence[dict[str, Any]]]
    """The answers to some that were prepared."""


Job = Callable[[], None]


class Workers:
    """So many threads, which take the images in the order in which they came, and one more for urgent ones."""

    def __init__(self, look: Steps, answer: Answer, count: int) -> None:
        self._look = look
        self._answer = answer
        self._count = count
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Job] = deque()
        self._prepared: list[tuple[int, Any]] = []
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        self._busy = 0
        for number in range(count):
            threading.Thread(target=self._work, args=(self._next,), name=f"worker-{number}", daemon=True).start()
        threading.Thread(target=self._work, args=(self._next_urgent,), name="urgent", daemon=True).start()

    def warm_up(self, fd: int) -> None:
        """Have each thread look at the image `fd`: what is set up at the first use only must be set up in each."""
        lines = [*self._count * [self._jobs], self._urgent]  # one for each thread
        together = threading.Barrier(len(lines) + 1)
        turn = threading.Lock()  # duplicates of one descriptor share its offset

        def try_out() -> None:
            with turn:
                for alone in (True, False):
                    self._look.judge([self._look.prepare(os.dup(fd), None, alone)])
            together.wait(PATIENCE_SECONDS)

        for line in lines:
            self._put(line, try_out)
        together.wait(PATIENCE_SECONDS)

    def give(self, number: int, fd: int, image_format: str | None, *, urgent: bool = False) -> None:
        """An image to be looked at; the answer has its number. An urgent one goes to the model as soon as it can."""
        with self._telling:
            self._busy += 1
        if urgent:
            self._put(self._urgent, lambda: self._look_at(number, fd, image_format))
        else:
            self._put(self._jobs, lambda: self._prepare(number, fd, image_format))

    def _put(self, line: deque[Job], job: Job) -> None:
        with self._changed:
            line.append(job)
            self._changed.notify_all()

    def _next_urgent(self) -> Job:
        with self._changed:
            self._changed.wait_for(lambda: self._urgent)
            return self._urgent.popleft()

    def _next(self) -> Job:
        """What a free thread does now: decode the next image, or show the model what is decoded; waits for either."""
        with self._changed:
            while True:
                if self._jobs and len(self._prepared) < LARGEST_BATCH:
                    return self._jobs.popleft()
                if self._prepared:
                    batch = self._prepared[:LARGEST_BATCH]
                    del self._prepared[:LARGEST_BATCH]
                    return lambda: self._judge(batch)
                self._changed.wait()

    def _look_at(self, number: int, fd: int, image_format: str | None) -> None:
        """An urgent image, by itself."""
        if (prepared := self._decoded(number, fd, image_format)) is not None:
            self._judge([(number, prepared)])

    def _prepare(self, number: int, fd: int, image_format: str | None) -> None:
        if (prepared := self._decoded(number, fd, image_format)) is not None:
            with self._changed:
                self._prepared.append((number, prepared))

    def _decoded(self, number: int, fd: int, image_format: str | None) -> Any:
        """What the model takes; None: it can't be read, and that is told."""
        try:
            return self._look.prepare(fd, image_format, self._busy == 1)
        except ImageError as error:
            self._tell([(number, {"unreadable": error.message})])
            return None

    def _judge(self, batch: list[tuple[int, Any]]) -> None:
        answers = self._look.judge([prepared for _, prepared in batch])
        self._tell([(number, answer) for (number, _), answer in zip(batch, answers, strict=True)])

    def _tell(self, answers: list[tuple[int, dict[str, Any]]]) -> None:
        with self._telling:
            for number, answer in answers:
                self._answer({"id": number, **answer})
            self._busy -= len(answers)
            rests = not self._busy
        if rests:
            give_memory_back()

    def _work(self, next_job: Callable[[], Job]) -> None:
        try:
            while True:
                next_job()()
        except BaseException as error:  # a defect, or no memory for the model: what was to come is sent to another
            with self._telling:
                self._answer({"crashed": f"{type(error).__name__}: {error}"})
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            os._exit(1)  # no thread but the main one could end Python in good order


def give_memory_back() -> None:
    """Return to the system what large images took; the GNU C library keeps it for the next ones."""
    if _TRIM is not None:
        _TRIM(0)


_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
