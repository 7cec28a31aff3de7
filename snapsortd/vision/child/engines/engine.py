"""The interface of an engine: run the image tower of one model, from prepared pixels to embeddings."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
"""Scores and logits, in double precision."""

TORCH, ONNX_FP32, ONNX_FP16, ONNX_INT8 = "torch", "onnx fp32", "onnx fp16", "onnx int8"


class Engine(Protocol):
    """A way to run an image tower. `dim` is the length of its vectors."""

    @property
    def name(self) -> str:
        """torch, onnx fp32, onnx fp16 or onnx int8."""

    @property
    def dim(self) -> int: ...

    @property
    def any_size(self) -> bool:
        """True if the tower takes inputs of any height and width, as convolutional ones do."""

    def encode(self, pixels: Array) -> Array:
        """Return normalised vectors, shape (n, dim), of prepared images, shape (n, 3, side, side), or of `any_size`."""


class ImageProcessor(Protocol):
    """Converts RGB images to an engine's input."""

    @property
    def side(self) -> int:
        """Pixels of the longest side of the image tower's input."""

    def prepare(self, image: Image.Image) -> Array:
        """Return the engine's input, shape (3, side, side)."""


def normalised(vectors: Array) -> Array:
    """Scale each row to length 1; rows of zeros stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    rows: Array = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return rows
