"""The service manager's watchdog is fed by the loop's own turns, and by nothing that goes on beside it."""

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
from snapsortd.daemon.loop import Daemon
from snapsortd.pipeline.session import Session
from tests.support.waiting import wait_for

INTERVAL_S = 0.1


@pytest.fixture
def manager(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.setblocking(False)
        yield listener


def meals(manager: socket.socket) -> int:
    """How often it was fed since the last look."""
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
    daemon = Daemon(session)
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
            wait_for(lambda: meals(manager), what="fed while it idles")
            job = people.submit(daemon.jobs.ask, hang)
            assert hanging.wait(60)
            meals(manager)
            began = time.monotonic()
            wait_for(lambda: control.status() and time.monotonic() > began + 10 * INTERVAL_S, what="ten meals' time")
            assert meals(manager) == 0, "it starves"
            go_on.set()
            assert job.result(60)
            wait_for(lambda: meals(manager), what="fed again")
        finally:
            go_on.set()
            end.set()
            daemon.queue.wake()
            running.result(60)
