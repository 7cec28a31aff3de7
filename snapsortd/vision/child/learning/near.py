"""Fit what was told to images that look nearly the same. Pure.

What was told says little about other images of its label, which may well be right already (`evidence.py`), but nearly
everything about one that looks the same. So what the regression leaves wrong is fitted once more, by a function of how
similar an image is to each example, which is next to nothing for any other: a logistic regression with the kernel
VARIANCE·exp((x·y − 1) / WIDTH) and the logits so far as offset (Zhu and Hastie 2005, "Kernel logistic regression and
the import vector machine").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snapsortd.vision.child.learning.fit import Flags, Lessons, Matrix, cross_entropy, fit_inputs

WIDTH = 0.05
"""Difference of cosines by which the similarity to an example falls to 1/e. Wider ones teach more about images of the
examples' own sources, and cost others accuracy (packaging/embedded-model/README.md, "Learning")."""
VARIANCE = 60.0
"""Variance of a logit in the place of an example before it is told."""
MAX_POINTS = 500
"""Examples that an image is compared with."""

_JITTER = 1e-6
"""Added to the kernel's diagonal, as two examples may be the same image."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Examples, `points` (n, d) of length 1, and what each adds to the logits of an image like it, `shifts` (k, n)."""

    points: Matrix
    shifts: Matrix

    def shift(self, embeddings: Matrix) -> Matrix:
        """Return what is added to the logits of embeddings (m, d): (m, k)."""
        added: Matrix = _similarity(embeddings, self.points) @ self.shifts.T
        return added


def fit_near(lessons: Lessons, examples: int, free: Flags) -> Neighbours:
    """Return what examples add to the logits of labels that are `free`; the first lessons, so many, are the examples.

    If there are more than MAX_POINTS, those whose offsets are the most wrong.
    """
    losses = cross_entropy(lessons.offsets[:examples], lessons.wanted[:examples])
    points = lessons.embeddings[np.argsort(-losses, kind="stable")[:MAX_POINTS]]
    kernel = _similarity(points, points) + _JITTER * np.eye(len(points))
    whitened = np.sqrt(VARIANCE) * np.linalg.inv(np.linalg.cholesky(kernel)).T
    weights = fit_inputs(_similarity(lessons.embeddings, points) @ whitened, lessons, free)
    return Neighbours(points, weights @ whitened.T)


def _similarity(embeddings: Matrix, points: Matrix) -> Matrix:
    """Return exp((x·y − 1) / WIDTH) of each pair, (m, n)."""
    found: Matrix = np.exp((embeddings @ points.T - 1) / WIDTH)
    return found
