"""A disk whose driver has no sync, or reports an error when a file is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from snapsortd.domain.entry import State
from snapsortd.domain.errors import SnapsortError
from tests.support.file_systems import Served, served
from tests.support.filing import PIXELS, Filing, tree
from tests.support.switches import Switches
from tests.support.trees import reasons, undo_all
from tests.support.waiting import wait_for


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Served]:
    with served("passthrough", tmp_path) as mounted:
        yield mounted


@pytest.fixture
def filing(tmp_path: Path, disk: Served) -> Filing:
    for folder in (tmp_path / "inbox", disk.where / "sorted"):
        folder.mkdir()
    return Filing(str(tmp_path / "state" / "journal.sqlite3"), tmp_path / "inbox", disk.where / "sorted")


def test_a_driver_without_sync_is_no_disk_in_doubt(filing: Filing, disk: Served) -> None:
    Switches(failing={"fsync": "EINVAL", "fsyncdir": "EINVAL"}).write(disk.behind)
    for name in ("a.png", "b.png"):
        assert filing.file(filing.image(name)).state is State.DONE
    assert reasons(undo_all(filing)) == ["", ""]
    assert tree(filing.inbox) == {"a.png": PIXELS, "b.png": PIXELS}


def test_an_error_at_close_of_what_was_only_read_says_nothing(tmp_path: Path, disk: Served) -> None:
    for folder in (disk.where / "inbox", tmp_path / "sorted"):
        folder.mkdir()
    filing = Filing(str(tmp_path / "state" / "journal.sqlite3"), disk.where / "inbox", tmp_path / "sorted")
    image = filing.image()
    Switches(failing={"flush": "ENOTCONN"}).write(disk.behind)
    assert filing.file(image).state is State.DONE
    assert os.listdir(filing.inbox) == []
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_an_error_at_close_leaves_the_original_and_no_copies(filing: Filing, disk: Served) -> None:
    image = filing.image()
    Switches(failing={"flush": "EIO"}).write(disk.behind)
    for _ in range(3):
        with suppress(SnapsortError):
            filing.file(image)
        filing.restart()
    Switches().write(disk.behind)
    assert tree(filing.inbox) == {"a.png": PIXELS}
    # FUSE keeps a removed file as .fuse_hidden… until its server has heard that it was closed.
    wait_for(lambda: os.listdir(filing.sorted) == [], what="no file in the destination")
