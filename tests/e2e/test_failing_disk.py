"""The installed daemon on a disk that does not confirm its writes, and stopped in the middle of a move."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.images import receipt
from tests.support.instance import Instance
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may trace a running daemon everywhere"),
]

SHARED_MEMORY = Path("/dev/shm")
CONFIG = """\
version: 1
existing: file
labels: {{picture: a picture}}
watch:
  - path: {inbox}/near
    settle: 200ms
  - path: {inbox}/far
    settle: 200ms
rules:
  - name: Far
    locations: {inbox}/far
    actions: [move: "FAR/"]
  - name: Near
    actions: [move: "{filed}/"]
"""


class TwoDisks(Instance):
    """Configure two folders: inbox/far is filed to another disk, inbox/near stays on this one."""

    def __init__(self, folder: Path, far: Path) -> None:
        super().__init__(folder, CONFIG.replace("FAR", str(far)))
        self.far = far
        for name in ("near", "far"):
            (self.inbox / name).mkdir()

    def image(self, name: str) -> Path:
        """Create a new image."""
        path = self.inbox / name
        receipt(3).resize((200, 300)).save(path)
        return path

    def reason(self, path: Path) -> str:
        """Return what `status` reports about a file that needs attention; empty if it is not listed."""
        return next((each["reason"] for each in self.status()["problems"] if each["path"] == str(path)), "")

    @contextmanager
    def faults(self, log: Path, *options: str) -> Iterator[None]:
        """Inject strace's faults into the running daemon, from its start-up on, until the end of the block."""
        assert self.process is not None
        pid = str(self.process.pid)
        threads = Path(f"/proc/{pid}/task")
        with subprocess.Popen(["strace", "-f", "-qq", "-p", pid, "-o", log, *options]) as tracer:
            try:
                wait_for(lambda: tracer.poll() is not None or all(map(is_traced, threads.iterdir())), what="strace")
                if tracer.poll() is not None:
                    pytest.skip("strace may not attach to a running process here")
                yield
            finally:
                tracer.terminate()


HELD_AT_FSYNC = ("-e", "trace=fsync", "-e", "inject=fsync:signal=SIGSTOP")


def is_traced(task: Path) -> bool:
    return "\nTracerPid:\t0\n" not in (task / "status").read_text()


@pytest.fixture(scope="module")
def two_disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDisks]:
    folder = tmp_path_factory.mktemp("instance")
    if not SHARED_MEMORY.is_dir() or SHARED_MEMORY.stat().st_dev == folder.stat().st_dev:
        pytest.skip("the temporary folder and /dev/shm are one file system, or there is none")
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as far:
        one = TwoDisks(folder, Path(far))
        try:
            yield one
        finally:
            one.kill()
            shutil.rmtree(one.runtime)


@pytest.fixture
def disks(two_disks: TwoDisks) -> TwoDisks:
    """Return the running daemon; if a test has ended it, the next test starts it."""
    if two_disks.process is None:
        two_disks.start()
    return two_disks


def test_a_disk_that_does_not_confirm_a_write_gets_no_more_files(disks: TwoDisks, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with disks.faults(log, "-P", str(disks.far), "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"):
        first = disks.image("far/first.png")
        content = first.read_bytes()
        wait_for(lambda: disks.reason(disks.far / "first.png"), what="the failure is visible")
        second = disks.image("far/second.png")
        wait_for(lambda: disks.reason(second), what="nothing more is moved there")
        near = disks.image("near/near.png")
        wait_for(lambda: not near.exists(), what="the other disk goes on")
    assert "did not confirm" in disks.reason(disks.far / "first.png")
    assert "nothing is moved on this disk any more" in disks.reason(second)
    assert "restart the computer" in disks.json("explain", str(second))["reason"]
    assert "did not confirm" in disks.json("explain", str(first))["reason"]
    assert log.read_text().count("fsync(") == 1, "it is not asked again"
    assert first.read_bytes() == (disks.far / "first.png").read_bytes() == content, "both stay"
    assert second.exists()
    assert not (disks.far / second.name).exists()

    assert disks.end() == 0
    disks.start()
    wait_for(lambda: not second.exists(), what="filed after the restart")
    assert (disks.far / "second.png").read_bytes() == content
    assert first.exists(), "what is in doubt is left to its owner"
    for path in (first, disks.far / "first.png", disks.far / "second.png"):
        path.unlink()


def test_a_stop_in_the_middle_of_a_move_finishes_it_within_five_seconds(disks: TwoDisks, tmp_path: Path) -> None:
    """Hold the daemon when the copy has its name, and the original is still to be removed."""
    daemon, held = disks.process, tmp_path / "log"
    assert daemon is not None
    with disks.faults(held, "-P", str(disks.far), *HELD_AT_FSYNC):
        image = disks.image("far/stopped.png")
        content = image.read_bytes()
        wait_for(lambda: held.exists() and "stopped by SIGSTOP" in held.read_text(), what="in its middle")
        assert image.exists()
        daemon.send_signal(signal.SIGTERM)
    assert disks.end(signal.SIGCONT, seconds=5) == 0
    assert not image.exists()
    assert (disks.far / image.name).read_bytes() == content
    status = disks.status()
    assert (status["state"], status["open"]) == ("stopped", 0)
