"""`make bench`, with a model of two thin layers and a few small images: only the form of the figures is checked."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from numbers import Real
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

BENCH = Path(__file__).parents[1] / "bench"
_spec = importlib.util.spec_from_file_location("bench_floors", BENCH / "floors.py")
assert _spec is not None
assert _spec.loader is not None
floors = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(floors)

MAX_CHART_BYTES = 60_000


@pytest.mark.bench
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="the bench reads /proc")
def test_a_small_bench_tells_every_figure(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, BENCH / "bench.py", "--small", "--out", out, "--kept", tmp_path / "kept"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    figures = json.loads(out.read_text())
    for name in figures_wanted():
        assert is_amount(at(figures, name)), name
    for kind in ("png_4k", "png_phone", "png_1280", "jpeg_2mp", "jpeg_12mp", "jpeg_48mp", "webp_12mp", "heic_12mp"):
        latency = figures["latency"][kind]
        assert 0 < latency["p50_ms"] <= latency["p95_ms"] <= latency["p99_ms"], kind
        assert all(is_amount(figures["stages"][kind][f"{step}_ms"]) for step in ("decode", "resize", "tower")), kind
    assert [row["images"] for row in figures["scaling"]] == [10, 100]
    assert all(row["ms_per_image"] > 0 for row in figures["scaling"])
    assert [row["images"] for row in figures["finding"]] == [10, 100]
    assert all(row[name] > 0 for row in figures["finding"] for name in ("find_s", "find_cpu_s", "text_s", "text_cpu_s"))
    with Image.open(tmp_path / "bench.png") as chart:
        assert chart.format == "PNG"
    assert (tmp_path / "bench.png").stat().st_size < MAX_CHART_BYTES


def figures_wanted() -> set[str]:
    """Return the figures that have a limit, and those quoted in documents."""
    return set(floors.read_expected()) | {
        "close_to_filed_ratio.png_4k",
        "close_to_filed_ratio.jpeg_12mp",
        "backlog.images_per_s",
        "backlog.baseline_images_per_s",
        "backlog.cpu_ms_per_image",
        "pss_mib.baseline",
        "start.first.loaded_s",
        "start.baseline_cold_start_s",
        "tower.gemm_gflop_per_s",
        "tower.engines.torch.share_of_gemm",
        "memory.vit_b32.classifier.after_backlog.rss",
        "moving_ratio.same_disk",
        "moving_ratio.other_disk",
    }


def at(figures: dict[str, Any], name: str) -> Any:
    """Return the figure at a dotted name."""
    value: Any = figures
    for part in name.split("."):
        value = value[part]
    return value


def is_amount(value: object) -> bool:
    """Return whether this is a number that can have been measured."""
    return isinstance(value, Real) and not isinstance(value, bool) and float(value) >= 0


@pytest.mark.parametrize(
    ("value", "limits", "reached", "fell_behind"),
    [
        pytest.param(6.5, {"target": 6, "at_least": 4}, True, False, id="more than wanted"),
        pytest.param(5.0, {"target": 6, "at_least": 4}, False, False, id="less than wanted, more than needed"),
        pytest.param(3.9, {"target": 6, "at_least": 4}, False, True, id="less than needed"),
        pytest.param(50.0, {"target": 60, "at_most": 66}, True, False, id="small enough"),
        pytest.param(64.0, {"target": 60, "at_most": 66}, False, False, id="larger than wanted"),
        pytest.param(67.0, {"target": 60, "at_most": 66}, False, True, id="too large"),
        pytest.param(9.0, {"target": 0.5}, False, False, id="a time only has a target"),
        pytest.param(9.0, {"at_most": 12}, True, False, id="no target"),
    ],
)
def test_a_figure_is_judged_by_its_limits(
    value: float, limits: dict[str, float], reached: bool, fell_behind: bool
) -> None:
    (judged,) = floors.judge({"of": {"it": value}}, {"of.it": limits, "of.another": limits})
    assert (judged.name, judged.value) == ("of.it", value)
    assert (judged.reached, judged.fell_behind) == (reached, fell_behind)
