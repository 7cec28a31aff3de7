"""Fit what was told about images: a logistic regression on embeddings, with the zero-shot logits as offset. Pure.

The score of label k for an embedding x is softmax_k(z(x) + W·u(x)), where z are the zero-shot logits and
u(x) = (GAIN·x, BIAS). The weights W minimise the strictly convex

    Σᵢ wᵢ·H(qᵢ, softmax(z(xᵢ) + W·u(xᵢ))) + RIDGE/2·‖W‖²

with the cross-entropy H of the wanted scores q: 1 for a label that was told; for a label that was denied, the zero-shot
scores of the others; for anchors, which are images of this person that nobody told anything about, their zero-shot
scores. Without examples, W is 0 and nothing changes.

Minimised by Newton steps with a fixed bound of the Hessian, which never increase the objective (Böhning 1992,
"Multinomial logistic regression algorithm"), accelerated by Nesterov's method with restarts (O'Donoghue and Candès
2015, "Adaptive restart for accelerated gradient schemes").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

GAIN = 4.0
"""Factor of embeddings, which have length 1. Chosen with RIDGE and BIAS on the validation part of the corpus."""
RIDGE = 1.0
BIAS = 1.0
"""The constant input. A larger one lets the bias move more freely than the other weights: labels that are corrected
often then win too often."""
ANCHOR_WEIGHT = 0.1
MAX_ANCHORS = 100

_MAX_STEPS = 500
_TOLERANCE = 1e-5
"""Largest component of the gradient at which the fit ends; a score is then wrong by less than 0.0001."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What to fit to: embeddings (n, d) of length 1, zero-shot logits (n, k), wanted scores (n, k), weights (n,)."""

    embeddings: Matrix
    offsets: Matrix
    wanted: Matrix
    weights: Matrix

    def __getitem__(self, rows: Flags) -> Lessons:
        """Return the lessons of these rows."""
        return Lessons(self.embeddings[rows], self.offsets[rows], self.wanted[rows], self.weights[rows])

    def __len__(self) -> int:
        return len(self.embeddings)


def softmax(logits: Matrix) -> Matrix:
    """Return the softmax of each row."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scores: Matrix = powers / powers.sum(axis=-1, keepdims=True)
    return scores


def wanted_scores(offsets: Matrix, labels: npt.NDArray[np.intp], denied: Flags) -> Matrix:
    """Return the wanted scores (n, k): all for the label that was told, or none for the one that was denied.

    Where it was denied, the others keep their proportions.
    """
    rows = np.arange(len(labels))
    told = np.zeros_like(offsets)
    told[rows, labels] = 1.0
    if denied.any() and offsets.shape[1] > 1:  # of a single label there are no others
        others = offsets[denied].copy()
        others[np.arange(len(others)), labels[denied]] = -np.inf
        told[denied] = softmax(others)
    return told


def inputs(embeddings: Matrix) -> Matrix:
    """Return u(x) of each row, (n, d + 1)."""
    return np.hstack([GAIN * embeddings, np.full((len(embeddings), 1), BIAS)])


def shift(embeddings: Matrix, weights: Matrix) -> Matrix:
    """Return what the weights (k, d + 1) add to the logits of embeddings (n, d): (n, k)."""
    added: Matrix = inputs(embeddings) @ weights.T
    return added


def objective(weights: Matrix, u: Matrix, lessons: Lessons) -> float:
    """Return the value that `fit_inputs` minimises."""
    losses = cross_entropy(lessons.offsets + u @ weights.T, lessons.wanted)
    return float(lessons.weights @ losses + RIDGE / 2 * (weights**2).sum())


def gradient(weights: Matrix, u: Matrix, lessons: Lessons) -> Matrix:
    """Return the gradient of `objective`, (k, inputs)."""
    wrong = softmax(lessons.offsets + u @ weights.T) - lessons.wanted
    total: Matrix = (lessons.weights[:, None] * wrong).T @ u + RIDGE * weights
    return total


def cross_entropy(logits: Matrix, wanted: Matrix) -> Matrix:
    """Return the cross-entropy of logits (n, k) with the wanted scores (n, k), (n,)."""
    peak = logits.max(axis=-1, keepdims=True)
    logs = logits - peak - np.log(np.exp(logits - peak).sum(axis=-1, keepdims=True))
    losses: Matrix = -np.where(wanted > 0, wanted * logs, 0.0).sum(axis=-1)
    return losses


def fit(lessons: Lessons, free: Flags) -> Matrix:
    """Return the weights (k, d + 1) of the embeddings; those of labels that are not `free` stay 0."""
    return fit_inputs(inputs(lessons.embeddings), lessons, free)


def fit_inputs(u: Matrix, lessons: Lessons, free: Flags) -> Matrix:
    """Return the weights (k, inputs) of the inputs u (n, inputs) that minimise `objective`, 0 where not `free`."""
    bound = (u * lessons.weights[:, None]).T @ u / 2 + RIDGE * np.eye(u.shape[1])
    step = np.linalg.inv(bound)
    weights = np.zeros((lessons.offsets.shape[1], u.shape[1]))
    ahead, momentum = weights, 1.0
    for _ in range(_MAX_STEPS):
        slope = np.where(free[:, None], gradient(ahead, u, lessons), 0.0)
        if np.abs(slope).max() < _TOLERANCE:
            break
        following = ahead - slope @ step
        if (slope * (following - weights)).sum() > 0:  # it moved uphill: start again from here
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / faster * (following - weights)
        weights, momentum = following, faster
    return ahead
