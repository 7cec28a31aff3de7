"""An installed daemon per test, in folders of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import Instance


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that is not started yet; whatever runs at the end is killed."""
    one = Instance(tmp_path)
    try:
        yield one
    finally:
        one.kill()
        shutil.rmtree(one.runtime)
