"""Open the two networks of the package `rapidocr`: one finds lines of text, the other reads a line."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import onnxruntime

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
THREADS = 2

Network = Callable[[Any], Any]
"""Returns the first output for an input, both float32 arrays."""


def open_detector() -> Network:
    """Return the network that gives each pixel the probability of being text: n × 3 × h × w to n × 1 × h × w."""
    return _network(_open(DETECTOR))


def open_recogniser() -> tuple[Network, list[str]]:
    """Return the network that reads lines, n × 3 × 48 × w to n × w / 8 × characters, and its characters.

    The first character is "none here"; the last one is the space.
    """
    session = _open(RECOGNISER)
    characters = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    return _network(session), ["", *characters, " "]


def _open(name: str) -> Any:
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the package rapidocr is not installed")
    options = onnxruntime.SessionOptions()
    options.enable_mem_pattern = False  # the sizes of images differ
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = os.path.join(next(iter(found.submodule_search_locations)), "models", name)
    provider = ("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})
    return onnxruntime.InferenceSession(path, options, providers=[provider])


def _network(session: Any) -> Network:
    name = session.get_inputs()[0].name
    how = onnxruntime.RunOptions()
    how.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")  # else it would keep that of the largest
    return lambda batch: session.run(None, {name: np.ascontiguousarray(batch, np.float32)}, how)[0]
