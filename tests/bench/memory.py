"""Memory of each process: after the start, after some images, after a backlog. One program at a time, as PSS shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asked import Baseline
from pictures import mixed
from processes import memory_mib
from world import World

PART_OF_BACKLOG = 15
"""Memory does not grow with the number of images, so a part of the backlog is enough."""


def measure(world: World) -> dict[str, Any]:
    """Return `pss_mib`: after some images, the product's typical state; the rest is under `memory`."""
    images = mixed(world.pictures, max(20, world.amounts.backlog // PART_OF_BACKLOG))
    vit = _product(world, "memory-vit", world.checkpoint, images)
    embedded = _product(world, "memory-embedded", world.embedded, images)
    with Baseline(world.checkpoint) as process:
        baseline = {"loaded": memory_mib(process.pid)}
        process.classify(images)
        baseline["after_backlog"] = memory_mib(process.pid)
    return {
        "pss_mib": {
            "daemon": vit["daemon"]["warm"]["pss"],
            "classifier_vit_b32": vit["classifier"]["warm"]["pss"],
            "classifier_embedded": embedded["classifier"]["warm"]["pss"],
            "baseline": baseline["after_backlog"]["pss"],
        },
        "memory": {"vit_b32": vit, "embedded": embedded, "baseline": baseline},
    }


def _product(world: World, name: str, model: Path | str, images: list[Path]) -> dict[str, Any]:
    found: dict[str, Any] = {"daemon": {}, "classifier": {}}
    with world.instance(name, model) as instance:
        instance.wait_for_engine()

        def record(moment: str) -> None:
            found["daemon"][moment] = memory_mib(instance.pid)
            found["classifier"][moment] = memory_mib(instance.classifier_pid)

        record("loaded")
        for image in world.pictures["png_4k"][: world.amounts.warm_up]:
            instance.drop(image)
        record("warm")
        instance.file_backlog(images)
        record("after_backlog")
    return found
