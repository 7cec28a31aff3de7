"""The fast engine: run an exported image tower in ONNX Runtime, without torch or transformers."""

from __future__ import annotations

import onnxruntime

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child.engines.engine import Array

INPUT, OUTPUT = "pixels", "vectors"
"""Names in the exported graph."""

_ERRORS_ONLY = 3


class OnnxEngine:
    """An exported image tower in ONNX Runtime."""

    def __init__(self, path: str, name: str, threads: int) -> None:
        """Load a file that `export` wrote. Raise ModelError on any other file."""
        self.name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # Spinning threads cost many times more while other programs are busy.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # free the memory of a batch after it
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            self.any_size = not isinstance(self._session.get_inputs()[0].shape[-1], int)
            self.dim = int(self._session.get_outputs()[0].shape[-1])
        except Exception as error:  # its exceptions have no other common base
            raise ModelError(f"the exported model {path} cannot be loaded: {error}", "it is created again") from error

    def encode(self, pixels: Array) -> Array:
        """Return normalised vectors, shape (n, dim), of prepared images, shape (n, 3, height, width)."""
        vectors: Array = self._session.run([OUTPUT], {INPUT: pixels})[0]
        return vectors
