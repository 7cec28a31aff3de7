"""Installed daemons: one per test, or one for all tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import SHARED, Instance, kept


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that is not started yet; whatever runs at the end is killed."""
    with kept(Instance(tmp_path)) as one:
        yield one


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running daemon that files every image, because a model takes seconds. Use names that no other test has."""
    one = Instance(tmp_path_factory.mktemp("shared"), SHARED)
    for name in ("names", "disk"):
        (one.inbox / name).mkdir()
    with kept(one):
        one.start()
        yield one
