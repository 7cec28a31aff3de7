"""Installed daemons: one per test, or one shared by all tests that leave it unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import SHARED, Instance, kept


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """Return an instance that is not started yet; anything still running at the end is killed."""
    with kept(Instance(tmp_path)) as one:
        yield one


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Yield a running daemon that files every image; shared, because loading a model takes seconds.

    Use file names that no other test uses.
    """
    one = Instance(tmp_path_factory.mktemp("shared"), SHARED)
    for name in ("names", "disk"):
        (one.inbox / name).mkdir()
    with kept(one):
        one.start()
        yield one
