"""The images that are most like a vector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snapsortd.vision.child.engines.engine import Array, normalised

CHUNK = 8192
"""Images that are compared at once: their embeddings in single precision stay in the cache of the processor."""


def nearest(images: NDArray[np.float16], wanted: Array, limit: int) -> list[tuple[int, float]]:
    """Return the row and the cosine of the embeddings (n, dim) that are most like a vector (dim,), the best first."""
    cosines = np.concatenate(
        [
            np.zeros(0, np.float32),
            *(
                normalised(images[start : start + CHUNK].astype(np.float32)) @ normalised(wanted)
                for start in range(0, len(images), CHUNK)
            ),
        ]
    )
    best = np.argsort(-cosines, kind="stable")[:limit]
    return [(int(row), float(cosines[row])) for row in best]
