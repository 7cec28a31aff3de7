"""`make bench-text`, with one image of each kind: only the form of the figures is checked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_small_bench_tells_every_figure(tmp_path: Path) -> None:
    out = tmp_path / "bench-text.json"
    done = subprocess.run(
        [sys.executable, BENCH / "text.py", "--small", "--out", out], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(out.read_text())
    for name in json.loads((BENCH / "expected_text.json").read_text()):
        value = figures
        for part in name.split("."):
            value = value[part]
        assert value is None or value >= 0, name
        assert name.partition(".")[0] in done.stdout or name == "peak_mib"
