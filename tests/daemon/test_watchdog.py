"""The service manager's watchdog is fed only by the loop's own iterations, not by other threads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from snapsortd.daemon.api.control import DaemonControl
from snapsortd.pipeline.session import Session
from tests.support.turns import make_daemon
from tests.support.waiting import wait_for

INTERVAL_S = 0.1


@pytest.fixture
def manager(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.setblocking(False)
        yield listener


def feeds(manager: socket.socket) -> int:
    """Return how often the watchdog was fed since the last call."""
    count = 0
    with suppress(BlockingIOError):
        while message := manager.recv(4096):
            count += message == b"WATCHDOG=1"
    return count


def test_a_loop_that_hangs_is_not_fed_although_the_api_answers(
    session: Session,
    manager: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", str(int(2 * INTERVAL_S * 1e6)))
    daemon = make_daemon(session)
    control = DaemonControl(daemon)
    end, hanging, go_on = threading.Event(), threading.Event(), threading.Event()

    def loop() -> None:
        while not end.is_set():
            daemon.step(time.monotonic())

    def hang() -> bool:
        hanging.set()
        return go_on.wait(60)

    with ThreadPoolExecutor(2) as people:
        running = people.submit(loop)
        try:
            wait_for(lambda: feeds(manager), what="fed while idle")
            job = people.submit(daemon.jobs.submit, hang)
            assert hanging.wait(60)
            feeds(manager)
            began = time.monotonic()
            wait_for(
                lambda: control.status() and time.monotonic() > began + 10 * INTERVAL_S, what="ten intervals passed"
            )
            assert feeds(manager) == 0, "it is not fed"
            go_on.set()
            assert job.result(60)
            wait_for(lambda: feeds(manager), what="fed again")
        finally:
            go_on.set()
            end.set()
            daemon.queue.wake()
            running.result(60)
