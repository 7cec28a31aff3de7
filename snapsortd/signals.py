"""Signals: a handler sets a flag, and the loop that minds it is woken."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Signals:
    """SIGTERM and SIGINT ask for the end, SIGHUP for reading the configuration again."""

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` is called from signal handlers: it may take no lock."""
        self.stop = False
        self.reload = False
        self._wake = wake

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch them until the block ends."""
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = [signal.signal(number, self._note) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            self.reload = True
        else:
            self.stop = True
        self._wake()
