"""Watched folders on disks that come, go and hang, and a watcher that is tended only when something was reported."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snapsortd.files.answering import Answering
from snapsortd.watch.watcher import Watcher
from tests.support.file_systems import served
from tests.support.mounting import mounted
from tests.support.waiting import wait_for
from tests.support.watched import Folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="about inotify, mountinfo and FUSE")

UNMOUNTED = "missing: its disk is not mounted"
SILENT = "not answering since 2"


@dataclass
class Watched:
    """A watcher, everything that it reported, and its loop."""

    folders: tuple[Folder, ...]
    paths: list[str] = field(default_factory=list)
    rescans: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._woken = threading.Event()
        self._answering = Answering(patience=0.5)
        self.watcher = Watcher(self.folders, self._on_path, self._on_rescan, self._woken.set, self._answering)
        self.watcher.start()

    def _on_path(self, path: str, _settle: float) -> None:
        self.paths.append(path)

    def _on_rescan(self, path: str) -> None:
        self.rescans.append(path)
        self._woken.set()

    def becomes(self, path: Path, state: str) -> None:
        """Wait until the folder is in this state."""
        wait_for(lambda: self._tended()[str(path)].startswith(state), what=f"{path} {state}")

    def is_scanned(self, path: Path) -> None:
        """Wait until a scan of the folder is requested."""
        wait_for(lambda: [self._tended(), str(path) in self.rescans][1], what=f"a scan of {path}")
        self.rescans = [each for each in self.rescans if each != str(path)]

    def hears(self, path: Path) -> None:
        """Create a file and wait for its event."""
        path.touch()
        wait_for(lambda: [self._tended(), str(path) in self.paths][1], what=f"an event for {path}")

    def _tended(self) -> dict[str, str]:
        if self._woken.is_set():
            self._woken.clear()
            self.watcher.tend(0.0)
        return self.watcher.states()

    def close(self) -> None:
        self.watcher.stop()
        self._answering.close()


@pytest.fixture
def point(tmp_path: Path) -> Path:
    """Return an empty folder to mount on."""
    path = tmp_path / "point"
    path.mkdir()
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a folder on a disk that answers."""
    path = tmp_path / "good"
    path.mkdir()
    return path


@contextmanager
def running(*paths: Path, scanned: Sequence[Path] = ()) -> Iterator[Watched]:
    """Watch these folders, of which all or those in `scanned` can be scanned at once."""
    one = Watched(tuple(Folder(str(path), subfolders=True) for path in paths))
    try:
        for path in scanned or paths:
            one.is_scanned(path)
        yield one
    finally:
        one.close()


@pytest.fixture
def watched(point: Path) -> Iterator[Watched]:
    """Watch a mount point on which nothing is mounted."""
    with running(point) as one:
        yield one


@pytest.mark.parametrize("how", [(), ("-l",)], ids=["unused", "in use"])
def test_a_disk_is_mounted_on_a_watched_folder_and_unmounted(
    watched: Watched, point: Path, how: tuple[str, ...]
) -> None:
    with mounted(point, "-t", "tmpfs", "none"):
        watched.is_scanned(point)
        watched.hears(point / "a.png")
        watched.becomes(point, "watching")
        with (point / "a.png" if how else Path("/dev/null")).open("rb"):
            subprocess.run(["umount", *how, point], check=True, timeout=60)
            watched.becomes(point, UNMOUNTED)
        watched.rescans.clear()
        subprocess.run(["mount", "-t", "tmpfs", "none", point], check=True, timeout=60)
        watched.is_scanned(point)
        watched.hears(point / "b.png")
        watched.becomes(point, "watching")


def test_a_disk_is_mounted_below_a_watched_folder(watched: Watched, point: Path) -> None:
    inner = point / "inner"
    inner.mkdir()
    watched.is_scanned(point)
    watched.hears(inner / "before.png")
    with mounted(inner, "-t", "tmpfs", "none"):
        watched.is_scanned(point)
        watched.hears(inner / "on the disk.png")
    watched.is_scanned(point)
    watched.hears(inner / "after.png")
    watched.becomes(point, "watching")


def test_a_folder_on_a_disk_that_is_unmounted_is_missed_even_if_the_bare_mount_point_has_one(point: Path) -> None:
    folder = point / "DCIM"
    folder.mkdir()
    with mounted(point, "-t", "tmpfs", "none"):
        folder.mkdir()
        with running(folder) as watched:
            subprocess.run(["umount", point], check=True, timeout=60)
            watched.becomes(folder, UNMOUNTED)
            subprocess.run(["mount", "-t", "tmpfs", "none", point], check=True, timeout=60)
            watched.becomes(folder, UNMOUNTED)
            folder.mkdir()
            watched.watcher.tend(0.0)
            watched.becomes(folder, "watching")


def test_a_disk_that_hangs_keeps_no_other_folder_waiting(tmp_path: Path, good: Path) -> None:
    with served("bindfs", tmp_path) as disk, running(disk.where, good) as watched:
        watched.hears(disk.where / "a.png")
        disk.freeze()
        watched.watcher.tend(0.0)
        watched.becomes(disk.where, SILENT)
        watched.hears(good / "a.png")
        watched.becomes(good, "watching")
        disk.thaw()
        watched.is_scanned(disk.where)
        watched.becomes(disk.where, "watching")
        watched.hears(disk.where / "b.png")


def test_a_folder_on_a_disk_that_hangs_from_the_start_is_watched_once_it_answers(tmp_path: Path, good: Path) -> None:
    with served("bindfs", tmp_path) as disk:
        (disk.where / "sub").mkdir()
        disk.freeze()
        with running(disk.where, good, scanned=(good,)) as watched:
            assert watched.watcher.states()[str(disk.where)].startswith(SILENT)
            watched.hears(good / "a.png")
            disk.thaw()
            watched.is_scanned(disk.where)
            watched.hears(disk.where / "sub" / "b.png")


def test_a_disk_that_hangs_is_unmounted_and_another_one_mounted(tmp_path: Path, point: Path) -> None:
    """The call to the old one still has not returned."""
    with served("bindfs", tmp_path, point) as disk, running(point) as watched:
        disk.freeze()
        watched.watcher.tend(0.0)
        watched.becomes(point, SILENT)
        subprocess.run(["umount", "-l", point], check=True, timeout=60)
        watched.becomes(point, UNMOUNTED)
        with mounted(point, "-t", "tmpfs", "none"):
            watched.is_scanned(point)
            watched.becomes(point, "watching")
            watched.hears(point / "a.png")
            disk.thaw()
            watched.hears(point / "b.png")
