"""A backlog of mixed large images: throughput and CPU time, alternating with the baseline on the same images."""

from __future__ import annotations

import statistics
from typing import Any

from asked import Baseline
from pictures import KINDS, mixed
from processes import cpu_s
from world import World

PARTS = 5
FOR_BASELINE = 2
"""The baseline gets one in this many images of each part, in the same mixture: it is slow, at a constant speed."""


def measure(world: World) -> dict[str, Any]:
    """Return `backlog_ratio`: our images per second divided by the baseline's."""
    images = mixed(world.pictures, world.amounts.backlog)
    each = len(images) // PARTS
    ours, theirs, our_cpu, their_cpu = [], [], [], []
    with world.instance("backlog", world.checkpoint) as instance, Baseline(world.checkpoint) as baseline:
        instance.wait_for_engine()
        instance.drop(images[0])
        baseline.classify(images[:1])
        pids = [instance.pid, instance.classifier_pid]
        for part in range(PARTS):
            some = images[part * each : (part + 1) * each]
            before = cpu_s(pids)
            ours.append(instance.file_backlog(some))
            our_cpu.append(cpu_s(pids) - before)
            before = cpu_s([baseline.pid])
            fewer = some[: each // FOR_BASELINE]
            theirs.append(baseline.classify(fewer) / len(fewer) * each)
            their_cpu.append((cpu_s([baseline.pid]) - before) / len(fewer) * each)
    count = PARTS * each
    return {
        "backlog_ratio": statistics.median(slow / fast for slow, fast in zip(theirs, ours, strict=True)),
        "backlog": {
            "images": count,
            "baseline_images": PARTS * (each // FOR_BASELINE),
            "of_twenty": {name: kind.of_twenty for name, kind in KINDS.items() if kind.of_twenty},
            "images_per_s": count / sum(ours),
            "baseline_images_per_s": count / sum(theirs),
            "cpu_ms_per_image": 1000 * sum(our_cpu) / count,
            "baseline_cpu_ms_per_image": 1000 * sum(their_cpu) / count,
            "cpu_ratio": sum(their_cpu) / sum(our_cpu),
        },
    }
