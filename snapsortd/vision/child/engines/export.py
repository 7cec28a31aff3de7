"""The process that exports a model's image tower to ONNX, in float32 and quantised, and measures every engine.

Started by `exporter` as `python -m snapsortd.vision.child.engines.export MODEL CACHE_DIR THREADS`, with a pipe as
stdin, by which it ends with the daemon. It takes a minute, and three times the memory of the weights.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.engines import cache as engine_cache
from snapsortd.vision.child.engines.choose import Measured, min_cosine
from snapsortd.vision.child.engines.digests import cached_digest
from snapsortd.vision.child.engines.engine import ONNX_FP32, ONNX_INT8, Array, Engine
from snapsortd.vision.child.engines.onnx_engine import INPUT, OUTPUT, open_exported
from snapsortd.vision.child.engines.onnx_graph import write_graph
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.samples import sample_images
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.workers import MAX_BATCH

ROUNDS = 15
"""Number of times each engine is timed, in turn. The minimum counts, because other programs only ever add to it."""


def export(model: str, cache_dir: str, threads: int) -> engine_cache.EngineFacts:
    """Export and measure `model`, and write the results to the cache. Raise ModelError and OSError."""
    checkpoint = find_checkpoint(model)
    target = engine_cache.folder_of(cache_dir, cached_digest(checkpoint, cache_dir))
    with engine_cache.fresh_folder(target) as folder:
        try:
            facts, measured = _exported(checkpoint, folder, threads)
        except (MemoryError, OSError):
            raise  # may succeed next time
        except Exception as error:  # both exporters raise nearly anything; it would fail again
            facts = engine_cache.EngineFacts(engine_cache.machine(), threads, failed=f"{type(error).__name__}: {error}")
            measured = {}
        engine_cache.write(folder, facts, measured)
    engine_cache.prune(cache_dir)
    return facts


def _exported(checkpoint: str, folder: str, threads: int) -> tuple[engine_cache.EngineFacts, dict[str, Measured]]:
    preprocessor = Preprocessor.load(checkpoint)
    if preprocessor is None:
        raise ModelError("its image processor is supported by transformers only")
    reference = TorchEngine(checkpoint, threads)
    reference.forget_texts()
    samples = np.stack([preprocessor.prepare(image) for image in sample_images()])
    whole, quantised = (os.path.join(folder, engine_cache.FILES[name]) for name in (ONNX_FP32, ONNX_INT8))
    write_onnx(reference, samples[:2], whole)
    quantise(whole, quantised)
    engines: list[Engine] = [
        reference,
        open_exported(whole, ONNX_FP32, threads),
        open_exported(quantised, ONNX_INT8, threads),
    ]
    measured = measure(engines, samples)
    facts = engine_cache.EngineFacts(
        machine=engine_cache.machine(),
        threads=threads,
        logit_scale=reference.logit_scale,
        milliseconds={name: round(each.milliseconds, 2) for name, each in measured.items()},
        cosines={
            name: round(min_cosine(each.vectors, measured[reference.name].vectors), 6)
            for name, each in measured.items()
        },
        hashes=engine_cache.hashes_in(folder),
    )
    return facts, measured


def write_onnx(engine: TorchEngine, pixels: Array, path: str) -> None:
    """Export the image tower in float32, for batches of any size and, if it takes them, images of any size;
    `pixels` is an example of its input."""
    sizes = {2: "height", 3: "width"} if engine.any_size else {}
    write_graph(engine.model, engine.image_tower, {INPUT: torch.from_numpy(pixels)}, OUTPUT, sizes, path)


def quantise(whole: str, path: str) -> None:
    """Quantise the weights of matrix products to signed 8 bits, and activations dynamically.

    Convolutions are left alone: in 8 bits they are slower on processors without instructions for it. There is one
    scale per matrix: one per channel improved neither speed nor accuracy, and took five times as long to create.
    """
    logging.disable(logging.WARNING)  # it recommends steps that make no difference here
    quantize_dynamic(whole, path, op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8)
    logging.disable(logging.NOTSET)


def measure(engines: list[Engine], samples: Array) -> dict[str, Measured]:
    """Return each engine's vectors of the samples, and its minimum time for one of them.

    Every sample is encoded twice, alone and in a batch: 8-bit activations are scaled for each input, so an image's
    vector depends slightly on the other images in its batch.
    """
    batches = [samples[first : first + MAX_BATCH] for first in range(0, len(samples), MAX_BATCH)]
    inputs = [*(each[None] for each in samples), *batches]
    vectors = {engine.name: np.concatenate([engine.encode(pixels) for pixels in inputs]) for engine in engines}
    times: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for turn in range(ROUNDS):
        for engine in engines:
            began = time.perf_counter()
            engine.encode(samples[turn % len(samples)][None])
            times[engine.name].append((time.perf_counter() - began) * 1000)
    return {name: Measured(min(times[name]), vectors[name]) for name in vectors}


def main(model: str, cache_dir: str, threads: str) -> int:
    """Return exit code 0 if the cache is complete (with or without exports), else 1 with a sentence on stderr."""
    os.umask(0o077)
    sandbox.refuse_network()
    sandbox.end_with(sys.stdin.fileno())
    _lower_priority()
    try:
        export(model, cache_dir, int(threads))
    except (ModelError, OSError) as error:
        sys.stderr.write(f"the model cannot be exported: {error}\n")
        return 1
    return 0


def _lower_priority() -> None:
    """Let every other program go first, and be the first to be killed if memory runs out."""
    os.nice(19)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
