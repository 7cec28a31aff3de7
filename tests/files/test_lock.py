"""One process at a time, however the others end."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from snapsortd.domain.errors import Busy
from snapsortd.files.lock import Lock

HOLD = (
    "import sys; from snapsortd.files.lock import Lock; Lock(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
)


def hold(path: str) -> subprocess.Popen[str]:
    """Run another process that holds the lock until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: subprocess.Popen[str]) -> None:
    holder.communicate(timeout=30)


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    path = str(tmp_path / "state" / "lock")
    holder = hold(path)
    try:
        with pytest.raises(Busy, match=f"pid {holder.pid}"):
            Lock(path)
    finally:
        end(holder)
    Lock(path).close()


def test_kill_9_lets_go(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    holder = hold(path)
    holder.send_signal(signal.SIGKILL)
    end(holder)
    with Lock(path):
        assert Path(path).read_text() == f"{os.getpid()}\n"


def test_a_child_does_not_inherit_it(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    lock = Lock(path)
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, text=True)
    lock.close()
    try:
        Lock(path).close()
    finally:
        end(child)


def test_a_symlink_in_its_place_is_not_written_through(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "lock").symlink_to(precious)
    with pytest.raises(Exception, match="lock"):
        Lock(str(tmp_path / "lock"))
    assert precious.read_text() == "precious"


def test_deleting_the_file_lets_nobody_in_and_it_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(str(path)) as lock:
        lock.renew()
        path.unlink()
        with pytest.raises(Busy, match="pid unknown"):
            Lock(str(path))
        lock.renew()
        assert path.read_text() == f"{os.getpid()}\n"
        with pytest.raises(Busy, match=f"pid {os.getpid()}"):
            Lock(str(path))
    Lock(str(path)).close()


def test_a_file_that_another_process_has_taken_is_not_taken_back(tmp_path: Path) -> None:
    """A folder on a network cannot be locked, so that there the file alone decides."""
    path = tmp_path / "lock"
    with Lock(str(path)) as lock:
        path.unlink()
        with path.open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            other.write("4711")
            other.flush()
            with pytest.raises(Busy, match="pid 4711"):
                lock.renew()
