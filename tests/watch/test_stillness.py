"""For how long a file has been as it is: what its times of change prove, and when they prove nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from snapsortd.domain.file import FileIdentity, Stat
from snapsortd.files.folders import lstat
from snapsortd.watch.queue import WorkQueue
from snapsortd.watch.stillness import CLOCK_STEP_S, Stillness
from tests.support.file_systems import served
from tests.support.mounting import mounted
from tests.support.waiting import wait_for

STARTED = 1_000_000.0
"""The clock when a daemon starts."""
LONG_S = 3600.0


def file(mtime: float, ctime: float) -> Stat:
    return Stat(FileIdentity(1, 2, 3, round(mtime * 1e9) + 1, round(ctime * 1e9) + 1 if ctime else 0), is_regular=True)


def still(stat: Stat, *, set_by: float = 0.0, later: float = 10.0, kind: str = "ext4") -> float:
    """Return for how long a file is still, `later` seconds after the start of a daemon, its clock set by so much."""
    seconds = iter((50.0, 50.0 + later))
    clock = iter((STARTED, STARTED + later + set_by))
    return Stillness(lambda: next(clock), lambda: next(seconds), lambda _path, _dev: kind).of("/inbox/a.png", stat)


OLD = file(STARTED - 5, STARTED - 5)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(still(OLD), 15.0, id="long-before"),
        pytest.param(still(file(STARTED + 8, STARTED + 8)), 2.0, id="since"),
        pytest.param(still(file(STARTED - 900, STARTED + 8)), 2.0, id="moved-or-its-time-set-back"),
        pytest.param(still(file(STARTED + 8, STARTED - 900)), 2.0, id="mapped-and-written"),
        pytest.param(still(file(STARTED + 99, STARTED - 5)), 0.0, id="from-the-future"),
        pytest.param(still(file(STARTED - 5, STARTED + 99)), 0.0, id="changed-in-the-future"),
        pytest.param(still(OLD, set_by=900), 15.0, id="clock-set-forward-after-it"),
        pytest.param(still(file(STARTED + 909, STARTED + 909), set_by=900), 0.0, id="clock-set-forward-before-it"),
        pytest.param(still(OLD, set_by=-12), 3.0, id="clock-set-back-after-it"),
        pytest.param(still(file(STARTED - 92, STARTED - 92), set_by=-100), 2.0, id="clock-set-back-before-it"),
        pytest.param(still(file(STARTED - 5, 0)), 0.0, id="no-time-of-change"),
        pytest.param(
            still(Stat(FileIdentity(1, 2, 3, 7, int(STARTED - 5) * 10**9), is_regular=True)), 0.0, id="whole-seconds"
        ),
        *(pytest.param(still(OLD, kind=kind), 0.0, id=kind or "unknown") for kind in ("vfat", "fuseblk", "nfs4", "")),
    ],
)
def test_how_long(found: float, expected: float) -> None:
    assert found == pytest.approx(max(0.0, expected - CLOCK_STEP_S), abs=1e-6)


def popped_at_once(path: Path, quiet: float) -> bool:
    """Return whether a scan that finds a file hands it out without a wait."""
    queue = WorkQueue(lstat, still=Stillness().of)
    queue.offer_many("inbox", iter([str(path)]), quiet)
    queue.update(0.0)
    return queue.pop() is not None


def test_only_what_nothing_has_happened_to_need_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"image")
    wait_for(lambda: popped_at_once(path, 0.1), what="it has been still for long enough")
    assert not popped_at_once(path, LONG_S)
    os.utime(path, (0, 0))
    assert not popped_at_once(path, LONG_S), "its time of change is that of now"
    moved = path.rename(tmp_path / "b.png")
    assert not popped_at_once(moved, LONG_S)


def test_what_is_offered_waits_however_old_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"image")
    wait_for(lambda: popped_at_once(path, 0.1), what="it has been still for long enough")
    queue = WorkQueue(lstat, still=Stillness().of)
    queue.offer(str(path), 0.1)
    queue.update(0.0)
    assert queue.pop() is None
    queue.update(0.1)
    assert queue.pop() == str(path)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts file systems")
def test_the_kind_of_a_file_system_decides(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    with mounted(tmp_path / "memory", "-t", "tmpfs", "none") as memory, served("bindfs", tmp_path) as disk:
        trusted, other = memory / "a.png", disk.where / "a.png"
        other.write_bytes(b"image")
        trusted.write_bytes(b"image")
        wait_for(lambda: popped_at_once(trusted, 0.1), what="it has been still for long enough")
        assert not popped_at_once(other, 0.1), "it is at least as old"
