"""One turn of the daemon's loop."""

from __future__ import annotations

import threading
import time

from snapsortd.daemon.loop import Daemon


def turn(daemon: Daemon, ahead: float = 0.0) -> str:
    """One turn, `ahead` seconds from now; the wait at its end is cut short. Why filing has stopped, if it has."""
    awake = threading.Timer(0.05, daemon.queue.wake)
    awake.start()
    daemon.step(time.monotonic() + ahead)
    awake.join()
    return daemon.halted
