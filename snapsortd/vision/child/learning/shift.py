"""What was learnt: a shift of the logits. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.vision.child.learning.fit import Matrix, shift
from snapsortd.vision.child.learning.near import Neighbours


@dataclass(frozen=True, slots=True)
class Shift:
    """What is added to the logits of all labels in order: by weights (k, d + 1) of the embedding, and by the examples
    that an image is like."""

    weights: Matrix
    near: Neighbours | None = None

    def of(self, embeddings: Matrix) -> Matrix:
        """Return what is added to the logits of embeddings (n, d) of length 1: (n, k)."""
        added = shift(embeddings, self.weights)
        return added if self.near is None else added + self.near.shift(embeddings)
