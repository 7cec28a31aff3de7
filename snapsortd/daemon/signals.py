"""Signal handling: handlers set flags and wake the loop that acts on them."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Signals:
    """SIGTERM and SIGINT request shutdown, SIGHUP a reload of the configuration."""

    def __init__(self) -> None:
        self.stop = False
        self.reload = False

    def take_reload(self) -> bool:
        """Return True once after a reload was requested."""
        requested, self.reload = self.reload, False
        return requested

    @contextmanager
    def caught(self, wake: Callable[[], object]) -> Iterator[None]:
        """Handle the signals until the block ends; only the main thread can install handlers.

        `wake` is called from signal handlers and from another thread, so it must not take a lock.
        """

        def note(number: int, _frame: object) -> None:
            if number == signal.SIGHUP:
                self.reload = True
            else:
                self.stop = True
            wake()

        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        with _wake_on_signal(wake):
            before = [signal.signal(number, note) for number in numbers]
            try:
                yield
            finally:
                for number, handler in zip(numbers, before, strict=True):
                    signal.signal(number, handler)


@contextmanager
def _wake_on_signal(wake: Callable[[], object]) -> Iterator[None]:
    """Call `wake` from a thread on every signal, until the block ends.

    Python runs handlers only in the main thread, and only once that thread runs. The kernel may deliver a signal to
    any other thread, or to the main thread just before it falls asleep; in both cases nothing else ends that sleep.
    """
    theirs, ours = socket.socketpair()
    with theirs, ours:
        ours.setblocking(False)
        thread = threading.Thread(target=_call_for_each, args=(theirs, wake), name="signals", daemon=True)
        thread.start()
        before = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            ours.close()
            thread.join()


def _call_for_each(received: socket.socket, wake: Callable[[], object]) -> None:
    while received.recv(64):
        wake()
