"""Time per step of one image: decoding, resizing, the image tower, and the rest from close to filed.

As a program it does the classifier's part of the work, step by step: it reads a path and replies with seconds.

usage: stages.py MODEL_DIR ENGINE ONNX_FILE
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from asked import Asked
from pictures import KINDS
from tower import exports
from world import World

STEPS = ("decode", "resize", "tower")


def measure(world: World) -> dict[str, Any]:
    """Return `stages`: for each kind the medians of the steps in ms, and `rest_ms`, not covered by any step."""
    found: dict[str, dict[str, list[float]]] = {name: {step: [] for step in (*STEPS, "rest")} for name in KINDS}
    with world.instance("stages", world.checkpoint) as instance:
        engine = str(instance.wait_for_engine()["engine"])
        with Asked("stages.py", str(world.checkpoint), engine, exports(world).get(engine, "")) as steps:
            for image in world.pictures["png_1280"][: world.amounts.warm_up]:
                instance.drop(image)
                steps.answer(str(image))
            for _ in range(world.amounts.rounds):
                for name in KINDS:
                    for image in world.pictures[name]:
                        seconds = steps.answer(str(image))
                        for step in STEPS:
                            found[name][step].append(seconds[step])
                        found[name]["rest"].append(instance.drop(image) - sum(seconds.values()))
    return {
        "stages": {
            name: {f"{step}_ms": 1000 * statistics.median(values) for step, values in steps_of.items()}
            for name, steps_of in found.items()
        }
    }


def main(folder: str, name: str, file: str) -> None:
    """Reply until the input ends."""
    from snapsortd.vision.child.decoding.decode import decode
    from snapsortd.vision.child.engines.engine import TORCH, Engine
    from snapsortd.vision.child.engines.onnx_engine import open_exported
    from snapsortd.vision.child.engines.preprocess import Preprocessor
    from snapsortd.vision.child.workers import return_free_memory
    from snapsortd.vision.cores import default_threads

    threads = default_threads()
    engine: Engine
    if name == TORCH:
        from snapsortd.vision.child.engines.torch_engine import TorchEngine

        engine = TorchEngine(folder, threads)
    else:
        engine = open_exported(file, name, threads)
    preprocessor = Preprocessor.load(folder)
    assert preprocessor is not None
    print(json.dumps({"engine": engine.name}), flush=True)
    for line in sys.stdin:
        with open(json.loads(line), "rb", buffering=0) as image:
            began = time.perf_counter()
            decoded, _ = decode(image, preprocessor.side)
            seen = time.perf_counter()
            prepared = preprocessor.prepare(decoded)[None]
            resized = time.perf_counter()
            engine.encode(prepared)
            ended = time.perf_counter()
        del decoded, prepared
        return_free_memory()
        print(json.dumps(dict(zip(STEPS, (seen - began, resized - seen, ended - resized), strict=True))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
