"""The soak in short; `make soak` is the long form."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.soak import Soak
from tests.soak.world import KINDS

SECONDS = 30.0
SEED = 1


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="its file systems are for Linux")
def test_random_operations_lose_double_and_change_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    soak = Soak(tmp_path, KINDS, SEED, lines.append)
    try:
        soak.run(SECONDS)
        assert len(soak.world.entries("state = 'done'")) > 10, lines
    finally:
        soak.world.end_all()
