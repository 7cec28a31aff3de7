"""What a file system can do is probed once, and nothing of the probe is left."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
from pathlib import Path

from snapsortd.files.capabilities import capabilities
from snapsortd.files.folders import open_folder
from snapsortd.files.probe import LEFT_AFTER_S, PREFIX
from tests.support.mounting import formatted, mounted


def test_a_common_local_file_system_can_do_everything(tmp_path: Path) -> None:
    with open_folder(str(tmp_path)) as folder:
        found = capabilities(folder)
        assert capabilities(folder) is found
    assert found.noreplace_rename
    assert found.hard_links
    assert found.modes
    assert not found.forbidden
    assert not found.trims_dots
    assert os.listdir(tmp_path) == []


def test_what_a_killed_probe_left_is_removed_and_what_a_running_one_needs_is_not(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    here = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    running = {f"{PREFIX}{here}.{os.getpid()}.1": 0, f"{PREFIX}elsewhere.{ended.pid}.2": 0}
    left = {f"{PREFIX}{here}.{ended.pid}.3": 0, f"{PREFIX}elsewhere.{os.getpid()}.4": LEFT_AFTER_S + 9}
    with mounted(disk, "-t", "tmpfs", "tmpfs"), open_folder(str(disk)) as folder:
        for name, age in {**running, **left}.items():
            (disk / name).mkdir(mode=0o700)
            (disk / name / "a.probe").touch()
            os.utime(disk / name, (time.time() - age,) * 2)
        capabilities(folder)
        assert set(os.listdir(disk)) == set(running)


def test_another_disk_at_the_same_place_is_probed_anew(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "tmpfs"), open_folder(str(disk)) as folder:
        assert capabilities(folder).filesystem == "tmpfs"
    with formatted(disk, tmp_path / "image", "mkfs.ext4", "-o", "loop"), open_folder(str(disk)) as folder:
        assert capabilities(folder).filesystem == "ext4"
