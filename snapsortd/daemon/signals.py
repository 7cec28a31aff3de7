"""Signals: a handler sets a flag, and the loop that minds it is woken."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Signals:
    """SIGTERM and SIGINT ask for the end, SIGHUP for reading the configuration again."""

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` is called from signal handlers and from another thread: it may take no lock."""
        self.stop = False
        self.reload = False
        self._wake = wake

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch them until the block ends; for the main thread, whose handlers they are."""
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        with self._woken():
            before = [signal.signal(number, self._note) for number in numbers]
            try:
                yield
            finally:
                for number, handler in zip(numbers, before, strict=True):
                    signal.signal(number, handler)

    @contextmanager
    def _woken(self) -> Iterator[None]:
        """Have a thread wake the loop at every signal.

        Python runs handlers in the main thread only, once that runs at all. The system may hand a signal to any
        other thread, or to the main one just before it falls asleep: then nothing ends that sleep.
        """
        theirs, ours = socket.socketpair()
        with theirs, ours:
            ours.setblocking(False)
            thread = threading.Thread(target=self._heed, args=(theirs,), name="signals", daemon=True)
            thread.start()
            before = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
            try:
                yield
            finally:
                signal.set_wakeup_fd(before)
                ours.close()
                thread.join()

    def _heed(self, told: socket.socket) -> None:
        while told.recv(64):
            self._wake()

    def _note(self, number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            self.reload = True
        else:
            self.stop = True
        self._wake()
