"""When a file was created and when it came to its folder, and what is said where the file system does not record it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from snapsortd.domain.image import FileFacts
from snapsortd.files.file_times import birth_time
from snapsortd.files.open_file import file_facts, open_file
from tests.support.waiting import wait_for


def facts(path: Path, since: float | None = None) -> FileFacts:
    with open_file(str(path), str(path.parent)) as image:
        return file_facts(image, "png", since)


def changed_after(path: Path, change: Callable[[], object], moment: float) -> None:
    """Change the file until the system's clock, which has a coarse resolution, shows that this was after `moment`."""
    wait_for(lambda: [change(), path.stat().st_ctime > moment][1], what="a later time of change")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return a file of now that says it was modified in 2001; its file system records births."""
    path = tmp_path / "a.png"
    path.write_bytes(b"image")
    with path.open("rb") as file:
        if birth_time(file.fileno(), path.stat()) is None:
            pytest.skip("this file system records no births")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS moves the birth back to the modification")
def test_a_file_is_created_at_its_birth_and_not_when_it_was_modified(image: Path) -> None:
    found = facts(image)
    assert found.is_birth_known
    assert abs(found.created.timestamp() - time.time()) < 60
    assert found.modified.timestamp() == 1_000_000_000
    assert found.earliest == found.modified


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS itself records it")
def test_a_file_is_added_when_it_is_moved_there(image: Path, tmp_path: Path) -> None:
    born = facts(image).created.timestamp()
    moved = tmp_path / "moved" / "a.png"
    moved.parent.mkdir()
    changed_after(image, lambda: image.chmod(0o600), born)
    before = image.stat().st_ctime
    image.rename(moved)
    assert born < before
    assert _added(moved) == pytest.approx(moved.stat().st_ctime, abs=1e-5)
    assert _added(moved, since=before) == pytest.approx(before, abs=1e-5)  # its inode was changed later
    assert _added(moved, since=born - 100) == pytest.approx(born, abs=1e-5)  # another file had this name


def _added(path: Path, since: float | None = None) -> float:
    added = facts(path, since).added
    assert added is not None
    return added.timestamp()


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="the file system without births is Linux's")
def test_where_no_birth_is_recorded_that_is_known() -> None:
    found = facts(Path("/proc/version"))
    assert not found.is_birth_known
    assert found.created == found.modified
