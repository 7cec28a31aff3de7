"""The threads that look at images, each at one from its first byte to the answer. Runs in the classifier process.

While one decodes, another has the model: batches of several images were no faster, and with weights of 8 bits an
image's answer would depend on what else is in its batch.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from snapsortd.errors import ImageError

Look = Callable[[int, str | None], dict[str, Any]]
"""Answers an image's descriptor, which it closes, and its format, where more is known than its first bytes say."""

Answer = Callable[[dict[str, Any]], None]
"""Tells the daemon. Called by one thread at a time."""

PATIENCE_SECONDS = 300.0
"""For the images that are looked at to warm up."""


class Workers:
    """So many threads, which take the images in the order in which they came."""

    def __init__(self, look: Look, answer: Answer, count: int) -> None:
        self._look = look
        self._answer = answer
        self._count = count
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._busy = 0
        for number in range(count):
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True).start()

    def warm_up(self, fd: int) -> None:
        """Have each thread look at the image `fd`: what is set up at the first use only must be set up in each."""
        together = threading.Barrier(self._count + 1)
        turn = threading.Lock()  # duplicates of one descriptor share its offset

        def try_out() -> None:
            with turn:
                self._look(os.dup(fd), None)
            together.wait(PATIENCE_SECONDS)

        for _ in range(self._count):
            self._jobs.put(try_out)
        together.wait(PATIENCE_SECONDS)

    def give(self, number: int, fd: int, image_format: str | None) -> None:
        """An image to be looked at; the answer has its number."""

        def look() -> None:
            try:
                answer = self._look(fd, image_format)
            except ImageError as error:
                answer = {"unreadable": error.message}
            with self._lock:
                self._answer({"id": number, **answer})

        with self._lock:
            self._busy += 1
        self._jobs.put(lambda: self._rest_after(look))

    def _rest_after(self, look: Callable[[], None]) -> None:
        look()
        with self._lock:
            self._busy -= 1
            rests = not self._busy
        if rests:
            give_memory_back()

    def _work(self) -> None:
        try:
            while True:
                self._jobs.get()()
        except BaseException as error:  # a defect, or no memory for the model: what was to come is sent to another
            with self._lock:
                self._answer({"crashed": f"{type(error).__name__}: {error}"})
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            os._exit(1)  # no thread but the main one could end Python in good order


def give_memory_back() -> None:
    """Return to the system what large images took; the GNU C library keeps it for the next ones."""
    if _TRIM is not None:
        _TRIM(0)


_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
