"""The image tower alone, one image at a time: each engine alternating with torch in float32 and a matrix product."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from asked import Asked
from world import World

from snapsortd.vision.checkpoint import digest_checkpoint
from snapsortd.vision.child.engines import cache as engine_cache

GEMM_SIDE = 2048


def measure(world: World) -> dict[str, Any]:
    """Return `tower_ratio`: torch's time divided by that of the engine which the product chose; medians."""
    with world.instance("tower", world.checkpoint) as instance:
        model = instance.wait_for_engine()
    chosen = str(model["engine"])
    with ExitStack() as held:
        gemm = held.enter_context(Asked("worker.py", "gemm", str(GEMM_SIDE)))
        engines = {"torch": held.enter_context(Asked("worker.py", "torch", str(world.checkpoint)))}
        for name, file in exports(world).items():
            engines[name] = held.enter_context(Asked("worker.py", "onnx", file))
        peak: list[float] = []
        seconds: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(world.amounts.tower_rounds):
            peak.append(gemm.about["flop"] / gemm.ask())
            for name, engine in engines.items():
                seconds[name].append(engine.ask())
    ratio = {
        name: statistics.median(a / b for a, b in zip(seconds["torch"], found, strict=True))
        for name, found in seconds.items()
    }
    flop = engines["torch"].about["flop"]
    return {
        "tower_ratio": ratio.get(chosen, 1.0),
        "tower": {
            "engine": chosen,
            "share_of_best": ratio.get(chosen, 1.0) / max(ratio.values()),
            "gflop_per_image": flop / 1e9,
            "gemm_gflop_per_s": statistics.median(peak) / 1e9,
            "engines": {
                name: {
                    "ms": 1000 * statistics.median(found),
                    "ratio": ratio[name],
                    "share_of_gemm": statistics.median(
                        flop / second / best for second, best in zip(found, peak, strict=True)
                    ),
                }
                for name, found in seconds.items()
            },
        },
    }


def exports(world: World) -> dict[str, str]:
    """Return engine → the file to which the product exported the checkpoint."""
    folder = engine_cache.folder_of(str(world.cache / "snapsortd"), digest_checkpoint(str(world.checkpoint)))
    files = {name: engine_cache.path_of(folder, name) for name in engine_cache.FILES}
    return {name: file for name, file in files.items() if Path(file).exists()}
