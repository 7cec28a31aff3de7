"""Labels without prompts: their zero-shot logits come from how similar an image is to their examples. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snapsortd.vision.child.learning.fit import Matrix

LEAST_GAP = 0.05
"""Least difference of cosines between own and foreign images that a prototype is credited with."""
FOREIGN_QUANTILE = 0.9
"""Quantile of the foreign images' cosines that stands for them: most are easy to tell apart."""
OWN_ODDS = 19.0
"""Odds of the label for an image as close to the prototype as its own examples are on average: a score of 0.95."""


@dataclass(frozen=True, slots=True)
class Prototype:
    """The mean direction (d,) of a label's examples. At a cosine of `threshold` the label draws level with the best
    other one, and its logit grows by `slope` per cosine."""

    direction: Matrix
    threshold: float
    slope: float


def prototype(own: Matrix, foreign: Matrix) -> Prototype:
    """Return the prototype of examples (n, d), n ≥ 1, as distinguished from other images (m, d)."""
    total = own.sum(axis=0)
    direction = total / max(float(np.linalg.norm(total)), 1e-12)
    others = total - own
    lengths = np.maximum(np.linalg.norm(others, axis=1), 1e-12)
    near = float(((own * others).sum(axis=1) / lengths).mean()) if len(own) > 1 else 1.0
    far = float(np.quantile(foreign @ direction, FOREIGN_QUANTILE)) if len(foreign) else 0.0
    gap = max(near - far, LEAST_GAP)
    return Prototype(direction, near - gap / 2, 2 * float(np.log(OWN_ODDS)) / gap)


def logits_of(embeddings: Matrix, prompted: Matrix, found: Prototype) -> Matrix:
    """Return the logits (n,) of a label by its prototype; `prompted` (n, k) are those of the labels with prompts."""
    cosines = embeddings @ found.direction
    added: Matrix = prompted.max(axis=1) + found.slope * (cosines - found.threshold)
    return added
