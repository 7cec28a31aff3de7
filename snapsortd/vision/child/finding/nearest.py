"""The images that are most like a vector."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from snapsortd.vision.child.engines.engine import Array, normalised

ROWS = 256
"""Embeddings that are compared at once: in single precision they stay in the cache of a core."""
TINY = 1e-6


def nearest(images: Iterable[NDArray[np.float16]], wanted: Array, limit: int) -> list[tuple[int, float]]:
    """Return the row and the cosine of the embeddings that are most like a vector (dim,), the best first.

    `images` are parts of them, (n, dim) each.
    """
    direction = normalised(wanted)
    found = [np.zeros(0, np.float32)]
    for part in images:
        vectors = part.astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        found.append(vectors @ direction / np.maximum(lengths, TINY))
    cosines = np.concatenate(found)
    best = np.argsort(-cosines, kind="stable")[:limit]
    return [(int(row), float(cosines[row])) for row in best]
