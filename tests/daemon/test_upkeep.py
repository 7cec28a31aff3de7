"""What a running daemon does when its socket or its lock is deleted, or another daemon is in its place."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.daemon.api.server import ApiServer
from snapsortd.daemon.upkeep import Upkeep
from snapsortd.domain.errors import Busy
from snapsortd.files.lock import Lock
from tests.support.api_calls import connect, received, send
from tests.support.fake_control import STATUS, FakeControl
from tests.support.waiting import wait_for

CALL = "GET /v1/status"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="snap"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server(folder: Path) -> Iterator[ApiServer]:
    one = ApiServer(FakeControl(), str(folder / "run" / "control.sock"))
    one.start()
    yield one
    one.stop()


def test_a_socket_that_was_deleted_is_made_again(folder: Path, server: ApiServer) -> None:
    path = folder / "run" / "control.sock"
    assert send(str(path), CALL) == (200, STATUS)
    with connect(str(path)) as before:
        path.unlink()
        server.keep()
        assert send(str(path), CALL) == (200, STATUS)
        before.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        assert received(before) == (200, STATUS)
    shutil.rmtree(path.parent)
    server.keep()
    server.keep()
    assert send(str(path), CALL) == (200, STATUS)


def test_a_socket_on_which_another_daemon_answers_is_left_to_it(folder: Path, server: ApiServer) -> None:
    path = folder / "run" / "control.sock"
    second = ApiServer(FakeControl(), str(path))
    second.start()
    try:
        mine = path.stat().st_ino
        second.keep()
        assert path.stat().st_ino == mine
        assert send(str(path), CALL) == (200, STATUS)  # what was asked before is answered
        server.stop()
        second.keep()
        assert send(str(path), CALL) == (200, STATUS)
        server.stop()
        assert path.exists()
    finally:
        second.stop()
    assert not path.exists()


def test_a_lock_that_was_deleted_is_made_again(folder: Path) -> None:
    path = folder / "state" / "lock"
    ended = threading.Event()
    with Lock(str(path)) as lock, Upkeep([lock.renew], ended.set, interval_s=0.01).running():
        path.unlink()
        wait_for(path.exists, what="the lock is there again")
    assert not ended.is_set()


def test_the_daemon_ends_if_another_process_has_taken_the_lock(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = folder / "state" / "lock"
    ended = threading.Event()
    with Lock(str(path)) as lock, (folder / "taken").open("w") as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        os.replace(folder / "taken", path)
        with pytest.raises(Busy), Upkeep([lock.renew], ended.set, interval_s=0.01).running():
            assert ended.wait(60)
    assert ["snapsortd ends" in record.message for record in caplog.records] == [True]


def test_what_cannot_be_made_again_is_said_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = folder / "state" / "lock"
    with Lock(str(path)) as lock:
        shutil.rmtree(path.parent)
        times = threading.Semaphore(0)

        def renew() -> None:
            times.release()
            lock.renew()

        with Upkeep([renew], pytest.fail, interval_s=0.01).running():
            for _ in range(3):
                assert times.acquire(timeout=60)
    assert ["cannot be made again" in record.message for record in caplog.records] == [True]
