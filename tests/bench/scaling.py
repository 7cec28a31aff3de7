"""Cost per image when the journal already knows 10² to 10⁵ images, and the folders hold them.

All sizes run side by side and alternate, so that a busy moment of the machine affects all of them.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from typing import Any

from instance import Instance
from PIL import Image
from prefill import CONFIG, prefill
from processes import cpu_s, memory_mib
from world import World

SIDE = 32
"""Pixels: the image costs nearly nothing, so the rest is what may grow."""


def measure(world: World) -> dict[str, Any]:
    """Return `scaling`: a list of sizes with the milliseconds from close to filed, without settling; medians.

    `ready_s` and `start_cpu_s` are for a start with a cleanly closed journal; `checked_ready_s` for one that has to be
    checked first, as after a crash.
    """
    image = world.folder / "scaling.png"
    Image.effect_noise((SIDE, SIDE), 50).convert("RGB").save(image)
    instances: dict[int, Instance] = {}
    found: dict[int, dict[str, Any]] = {}
    filed: dict[int, list[float]] = {}
    cpu: dict[int, list[float]] = {}
    with world.instance("scaling", world.tiny_checkpoint) as instance:
        instance.wait_for_engine()  # otherwise each of them would export it while the others are measured
    for size in world.amounts.scales:
        instances[size] = Instance(world.folder / f"scaling-{size}", str(world.tiny_checkpoint), world.cache, CONFIG)
        began = time.perf_counter()
        prefill(instances[size], image, size)
        found[size] = {"images": size, "prefill_s": time.perf_counter() - began}
        with instances[size] as instance:
            instance.wait_until_idle()
        found[size]["checked_ready_s"] = instance.ready_s  # the bench has written to its journal
    with ExitStack() as held:
        for size, instance in instances.items():
            held.enter_context(instance)
            instance.wait_until_idle()
            found[size] |= {"ready_s": instance.ready_s, "start_cpu_s": cpu_s([instance.pid])}
            instance.drop(image)
            filed[size], cpu[size] = [], []
        for _ in range(world.amounts.filed_at_each_scale):
            for size, instance in instances.items():
                before = cpu_s([instance.pid])
                filed[size].append(instance.drop(image))
                cpu[size].append(cpu_s([instance.pid]) - before)
        for size, instance in instances.items():
            found[size] |= {
                "ms_per_image": 1000 * statistics.median(filed[size]),
                "daemon_cpu_ms_per_image": 1000 * statistics.mean(cpu[size]),
                "daemon_pss_mib": memory_mib(instance.pid)["pss"],
            }
    ordered = [found[size] for size in world.amounts.scales]
    return {
        "scaling": ordered,
        "scaling_ratio": ordered[-1]["ms_per_image"] / ordered[0]["ms_per_image"],
    }
