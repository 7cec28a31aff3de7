"""Signals to a sleeping loop, whichever thread of the process receives them."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from snapsortd.daemon.signals import Signals
from snapsortd.watch.queue import WorkQueue
from tests.support.waiting import wait_for

TIMEOUT_S = 60.0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows when a thread sleeps")
def test_a_signal_that_another_thread_got_ends_the_sleep() -> None:
    queue = WorkQueue(lambda _path: None)
    signals = Signals()
    main = Path(f"/proc/self/task/{threading.get_native_id()}/stat")

    def get_the_signal() -> None:
        wait_for(lambda: main.read_text().rpartition(")")[2].split()[0] == "S", what="the main thread asleep")
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    thread = threading.Thread(target=get_the_signal)
    with signals.caught(queue.wake):
        began = time.monotonic()
        thread.start()
        while not signals.stop:
            queue.wait(TIMEOUT_S)
        assert time.monotonic() - began < TIMEOUT_S
    thread.join()


def test_before_and_after_the_handlers_are_those_of_others() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Signals().caught(lambda: None):
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
    assert signal.set_wakeup_fd(-1) == -1
