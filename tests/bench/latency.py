"""Time from close to filed for each format and size, alternating with the baseline on the same images."""

from __future__ import annotations

import statistics
from typing import Any

from asked import Baseline
from pictures import DISTINCT, KINDS
from world import World

PERCENTS = (50, 95, 99)


def measure(world: World) -> dict[str, Any]:
    """Return `close_to_filed_ratio`: the median of the baseline's time per image divided by ours without settling."""
    latency: dict[str, list[float]] = {name: [] for name in KINDS}
    original: dict[str, list[float]] = {name: [] for name in KINDS}
    ratios: dict[str, list[float]] = {name: [] for name in KINDS}
    with world.instance("latency", world.checkpoint) as instance, Baseline(world.checkpoint) as baseline:
        engine = instance.wait_for_engine()
        for image in world.pictures["png_1280"][: world.amounts.warm_up]:
            instance.drop(image)
        baseline.classify(world.pictures["png_1280"])
        for _ in range(world.amounts.rounds):
            for name, kind in KINDS.items():
                ours = [instance.drop(image) for image in world.pictures[name]]
                latency[name] += ours
                if kind.original_reads_it:
                    theirs = baseline.classify(world.pictures[name]) / DISTINCT
                    original[name].append(theirs)
                    ratios[name].append(theirs / statistics.median(ours))
    return {
        "close_to_filed_ratio": {name: statistics.median(found) for name, found in ratios.items() if found},
        "latency": {
            name: {
                **{f"p{percent}_ms": 1000 * percentile(latency[name], percent) for percent in PERCENTS},
                "baseline_ms": 1000 * statistics.median(original[name]) if original[name] else None,
                "samples": len(latency[name]),
            }
            for name in KINDS
        },
        "model": engine,
    }


def percentile(values: list[float], percent: float) -> float:
    """Return the smallest of `values` that is not below `percent` of them (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]
