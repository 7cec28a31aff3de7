"""Fixtures for tests against the real system, and hypothesis profiles.

`pytest --hypothesis-profile=long` searches for an hour; the default is limited to what CI has time for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.ctl import Ctl
from tests.support.filing import SHARED_MEMORY, Filing
from tests.support.patient import Patient
from tests.support.user_manager import AS_NOBODY, AS_ROOT, UserManager, user_manager, why_not

settings.register_profile("short", deadline=None)
settings.register_profile("long", deadline=None, max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("short")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the long files first, so that no worker is left with one at the end while the others are done."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


@pytest.fixture(scope="session")
def systemd() -> Iterator[UserManager]:
    """Yield a running `systemd --user` that can start what is installed here; skip the test if that is impossible."""
    yield from managers(AS_ROOT)


@pytest.fixture(scope="session")
def systemd_of_nobody() -> Iterator[UserManager]:
    """Yield a running `systemd --user` without any privileges; skip the test where that is impossible."""
    yield from managers(AS_NOBODY)


def managers(who: Sequence[str]) -> Iterator[UserManager]:
    """Run one user manager."""
    if reason := why_not():
        pytest.skip(f"no user manager of systemd: {reason}")
    with user_manager(who) as manager:
        yield manager


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a different file system from `tmp_path`."""
    if not os.path.isdir(SHARED_MEMORY) or os.stat(SHARED_MEMORY).st_dev == tmp_path.stat().st_dev:
        pytest.skip("the temporary folder and /dev/shm are one file system, or there is none")
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def filing(tmp_path: Path) -> Iterator[Filing]:
    """Yield a journal and a mover, all on one file system."""
    yield from _filing(tmp_path, tmp_path / "sorted")


@pytest.fixture
def far_filing(tmp_path: Path, other_disk: Path) -> Iterator[Filing]:
    """Yield the same, with `sorted` on a different file system."""
    yield from _filing(tmp_path, other_disk / "sorted")


@pytest.fixture(params=["filing", "far_filing"], ids=["one disk", "two disks"])
def any_filing(request: pytest.FixtureRequest) -> Filing:
    """Run the test with both, one after the other."""
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
    """Return an instance for the doctor to examine."""
    return Patient(tmp_path)


@pytest.fixture
def ctl(tmp_path: Path) -> Iterator[Ctl]:
    # The path of a socket must be short, and pytest's folders may not be.
    runtime = tempfile.mkdtemp(prefix="snap")
    locations = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "STATE", "CACHE")}
    yield Ctl(os.environ | locations | {"XDG_RUNTIME_DIR": runtime, "HOME": str(tmp_path)})
    shutil.rmtree(runtime)
