"""One implementation of an image tower, or a matrix product, as a process that is queried repeatedly.

Prints a line of JSON once it is ready, then replies to each line of input with the seconds of one run.

usage: worker.py torch MODEL_DIR | onnx FILE | gemm SIDE
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from snapsortd.vision.cores import default_threads

SIDE = 224


def torch_tower(folder: str, threads: int) -> tuple[Callable[[], object], dict[str, Any]]:
    """Return the reference: transformers' model in float32, one image."""
    import torch
    from transformers import CLIPModel

    torch.set_num_threads(threads)
    model = CLIPModel.from_pretrained(folder).eval().requires_grad_(False)
    pixels = torch.rand(1, 3, SIDE, SIDE)
    config = model.config.vision_config
    tokens, width = (SIDE // config.patch_size) ** 2 + 1, config.hidden_size
    weights = 4 * width * width + 2 * width * config.intermediate_size
    layers = config.num_hidden_layers * 2 * tokens * (weights + 2 * tokens * width)
    patches = 2 * (tokens - 1) * 3 * config.patch_size**2 * width

    def run() -> object:
        with torch.inference_mode():
            return model.get_image_features(pixel_values=pixels)

    return run, {"flop": layers + patches + 2 * width * model.config.projection_dim}


def onnx_tower(file: str, threads: int) -> tuple[Callable[[], object], dict[str, Any]]:
    """Return the product's engine on a file that it exported, one image."""
    import numpy as np

    from snapsortd.vision.child.engines.onnx_engine import open_exported

    engine = open_exported(file, "onnx", threads)
    pixels = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)
    return lambda: engine.encode(pixels), {}


def gemm(side: str, threads: int) -> tuple[Callable[[], object], dict[str, Any]]:
    """Return a product of two square matrices in float32: the processor's capability."""
    import torch

    torch.set_num_threads(threads)
    left, right = torch.rand(2, int(side), int(side))
    return lambda: left @ right, {"flop": 2 * int(side) ** 3}


def main(kind: str, what: str) -> None:
    """Load, then reply until the input ends."""
    make = {"torch": torch_tower, "onnx": onnx_tower, "gemm": gemm}[kind]
    run, about = make(what, default_threads())
    for _ in range(3):
        run()
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        run()
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
