"""What an engine is: the image tower of one model, from prepared pixels to points of its space."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.float32]

TORCH, ONNX_FP32, ONNX_INT8 = "torch", "onnx fp32", "onnx int8"


class Engine(Protocol):
    """One way to run an image tower. `dim` is the length of its vectors."""

    @property
    def name(self) -> str:
        """torch, onnx fp32 or onnx int8."""

    @property
    def dim(self) -> int: ...

    def encode(self, pixels: Array) -> Array:
        """Normalised vectors, shape (n, dim), of prepared images, shape (n, 3, side, side)."""


class Preparing(Protocol):
    """What makes an RGB image into an engine's input."""

    @property
    def side(self) -> int:
        """Pixels of the longest side that the image tower looks at."""

    def prepare(self, image: Image.Image) -> Array:
        """Shape (3, side, side)."""


def normalised(vectors: Array) -> Array:
    """Each row at length 1; a row of zeros stays so."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    rows: Array = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return rows
