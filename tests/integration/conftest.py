"""Fixtures for tests against the real system."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.integration.filing import SHARED_MEMORY, Filing
from tests.integration.patient import Patient
from tests.integration.user_manager import AS_NOBODY, AS_ROOT, UserManager, user_manager, why_not


@pytest.fixture(scope="session")
def systemd() -> Iterator[UserManager]:
    """A running `systemd --user` that can start what is installed here; skips where there can be none."""
    yield from managers(AS_ROOT)


@pytest.fixture(scope="session")
def systemd_of_nobody() -> Iterator[UserManager]:
    """A running `systemd --user` with no privileges at all; skips where there can be none."""
    yield from managers(AS_NOBODY)


def managers(who: Sequence[str]) -> Iterator[UserManager]:
    """One user manager."""
    if reason := why_not():
        pytest.skip(f"no user manager of systemd: {reason}")
    with user_manager(who) as manager:
        yield manager


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`."""
    if not os.path.isdir(SHARED_MEMORY) or os.stat(SHARED_MEMORY).st_dev == tmp_path.stat().st_dev:
        pytest.skip("the temporary folder and /dev/shm are one file system, or there is none")
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def filing(tmp_path: Path) -> Iterator[Filing]:
    """A journal and a mover, all on one file system."""
    yield from _filing(tmp_path, tmp_path / "sorted")


@pytest.fixture
def far_filing(tmp_path: Path, other_disk: Path) -> Iterator[Filing]:
    """The same, with `sorted` on another file system."""
    yield from _filing(tmp_path, other_disk / "sorted")


@pytest.fixture(params=["filing", "far_filing"], ids=["one disk", "two disks"])
def any_filing(request: pytest.FixtureRequest) -> Filing:
    """Both, one after the other."""
    made: Filing = request.getfixturevalue(request.param)
    return made


def _filing(tmp_path: Path, sorted_folder: Path) -> Iterator[Filing]:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    sorted_folder.mkdir()
    filing = Filing(str(tmp_path / "state" / "journal.sqlite3"), inbox, sorted_folder)
    yield filing
    filing.journal.close()


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """An instance for the doctor."""
    return Patient(tmp_path)
