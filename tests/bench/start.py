"""Start-up time, `snapsortctl status`, and idle usage."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from asked import Baseline
from instance import COMMANDS
from processes import at_rest
from world import World

CALM_S = 2.0
"""Time after the last image until the work that it caused has ended."""


def measure(world: World) -> dict[str, Any]:
    """Return `ready_s` until READY, `status_s` from start to exit, `idle` of daemon and classifier; medians."""
    instance = world.instance("start", world.checkpoint)
    with instance:
        first = {"ready_s": instance.ready_s, "loaded_s": instance.loaded_s}
        began = time.perf_counter()
        instance.wait_for_engine()
        first["engine_chosen_s"] = instance.loaded_s + time.perf_counter() - began
        for image in world.pictures["png_1280"][: world.amounts.warm_up]:
            instance.drop(image)
        status, python = [], []
        for _ in range(world.amounts.starts):
            status.append(timed(str(COMMANDS / "snapsortctl"), "status", env=instance.env))
            python.append(timed(sys.executable, "-c", "pass", env=instance.env))
        time.sleep(CALM_S)
        idle = at_rest([instance.pid, instance.classifier_pid], world.amounts.idle_s)
        ready, loaded, original = [], [], []
        for _ in range(world.amounts.starts):
            instance.stop()
            instance.start()
            ready.append(instance.ready_s)
            loaded.append(instance.loaded_s)
        for _ in range(max(1, world.amounts.starts // 3)):
            with Baseline(world.checkpoint) as baseline:
                original.append(baseline.cold_start_s)
    return {
        "ready_s": statistics.median(ready),
        "status_s": statistics.median(status),
        "idle": idle,
        "start": {
            "loaded_s": statistics.median(loaded),
            "baseline_cold_start_s": statistics.median(original),
            "cold_start_ratio": statistics.median(original) / statistics.median(loaded),
            "status_by_python": statistics.median(a / b for a, b in zip(status, python, strict=True)),
            "ready_by_python": statistics.median(ready) / statistics.median(python),
            "first": first,
        },
    }


def timed(*words: str, env: dict[str, str]) -> float:
    """Return the seconds that a command takes from start to exit."""
    began = time.perf_counter()
    subprocess.run(words, env=env, capture_output=True, check=True)
    return time.perf_counter() - began
