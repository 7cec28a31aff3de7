"""Time from close to filed for a new screenshot while a backlog is processed, compared with the same one alone."""

from __future__ import annotations

import statistics
from typing import Any

from latency import percentile
from pictures import mixed
from world import World

NEW = "png_1280"
ALONE = 20


def measure(world: World) -> dict[str, Any]:
    """Return `newcomers`: milliseconds without settling, `alone` and `among` images copied in just before.

    `by_alone` is the ratio of both medians.
    """
    images, new = mixed(world.pictures, world.amounts.newcomers_backlog), world.pictures[NEW][0]
    with world.instance("newcomers", world.checkpoint) as instance:
        instance.wait_for_engine()
        for _ in range(world.amounts.warm_up):
            instance.drop(new)
        alone = [instance.drop(new) for _ in range(ALONE)]
        among = instance.drop_among(images, new)
    ratio = statistics.median(among) / statistics.median(alone)
    return {"newcomers": {"alone": _told(alone), "among": _told(among), "by_alone": ratio}}


def _told(seconds: list[float]) -> dict[str, float]:
    return {
        "p50_ms": 1000 * statistics.median(seconds),
        "p95_ms": 1000 * percentile(seconds, 95),
        "samples": len(seconds),
    }
