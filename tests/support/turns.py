"""One iteration of the daemon's loop."""

from __future__ import annotations

import threading
import time

from snapsortd.daemon.loop import Daemon
from snapsortd.daemon.signals import Signals
from snapsortd.daemon.systemd import ServiceNotifier
from snapsortd.pipeline.session import Session


def make_daemon(session: Session) -> Daemon:
    """Return a daemon for the session, with signals and a notifier of its own."""
    return Daemon(session, Signals(), ServiceNotifier())


def turn(daemon: Daemon, ahead: float = 0.0) -> str:
    """Run one iteration, `ahead` seconds from now, and cut its sleep short. Return why filing is halted, if it is."""
    awake = threading.Timer(0.05, daemon.queue.wake)
    awake.start()
    daemon.step(time.monotonic() + ahead)
    awake.join()
    return daemon.halt.reason
