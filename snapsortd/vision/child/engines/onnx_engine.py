"""The fast engine: run an image tower in ONNX Runtime, without torch or transformers."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child.engines.engine import Array

INPUT, OUTPUT = "pixels", "vectors"
"""Names in the graph of an image tower."""

_ERRORS_ONLY = 3


class OnnxEngine:
    """An image tower in ONNX Runtime."""

    def __init__(self, session: onnxruntime.InferenceSession, name: str) -> None:
        """Use a graph with INPUT and OUTPUT."""
        self.name = name
        self._session = session
        self.any_size = not isinstance(session.get_inputs()[0].shape[-1], int)
        self.dim = int(session.get_outputs()[0].shape[-1])

    def encode(self, pixels: Array) -> Array:
        """Return normalised vectors, shape (n, dim), of prepared images, shape (n, 3, height, width)."""
        vectors: Array = self._session.run([OUTPUT], {INPUT: pixels})[0]
        return vectors


def open_exported(path: str, name: str, threads: int) -> OnnxEngine:
    """Load a file that `export` wrote. Raise ModelError on any other file."""
    try:
        return OnnxEngine(open_session(path, threads), name)
    except Exception as error:  # its exceptions have no other common base
        raise ModelError(f"the exported model {path} cannot be loaded: {error}", "it is created again") from error


def open_session(path: str, threads: int, weights: str = "") -> onnxruntime.InferenceSession:
    """Load a graph, and its weights from the folder `weights` if it does not contain them. Raise nearly anything."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Spinning threads cost many times more while other programs are busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # free the memory of a batch after it
    if weights:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", weights)
    graph = Path(path).read_bytes() if weights else path  # the folder counts for a graph in memory only
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
