"""Decide by cross-validation for which labels what was learnt takes effect. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from snapsortd.vision.child.learning.evidence import Evidence, weighed
from snapsortd.vision.child.learning.fit import Flags, Lessons, Matrix, cross_entropy, fit, shift, softmax

FOLDS = 5
MIN_EXAMPLES = 3
"""Examples that a label needs: below, a single wrong one would decide."""

SURE = 2.0
"""Standard errors by which the mean gain of held-out examples must exceed 0. On the validation images, a fifth of the
corrections being wrong, labels of `init` lost 1.3 points without this and none with it."""

TOO_FEW, NO_BETTER, IN_FORCE = "too few", "no better", "in force"


@dataclass(frozen=True, slots=True)
class Validated:
    """The result of cross-validation for each example, held out of the fit: its loss (n,) without and with what was
    learnt, and whether its label was found (n,) without and with it; a denied label counts as found if it did not win.
    """

    before: Matrix
    after: Matrix
    right_before: Flags
    right_after: Flags


@dataclass(frozen=True, slots=True)
class Learnt:
    """The weights (k, d + 1), 0 for labels that are not in force, each label's verdict, and the cross-validation."""

    weights: Matrix
    verdicts: tuple[str, ...]
    validated: Validated


def learn(
    examples: Lessons, anchors: Lessons, labels: npt.NDArray[np.intp], denied: Flags, unprompted: Flags
) -> Learnt:
    """Fit to examples and anchors, for the labels that have enough examples and gain by them.

    A label takes part if its examples are surely recognised better when they are held out, and any does only if all
    examples together are, and more of them rightly, each counted by how common its label is (`evidence.py`). `labels`
    (n,) and `denied` (n,) are what was told; `unprompted` (k,) are labels that have nothing but examples, and are
    therefore not asked.
    """
    count = examples.offsets.shape[1]
    told = np.bincount(labels[~denied], minlength=count)
    enough = told >= MIN_EXAMPLES
    evidence = weighed(examples, anchors, labels, denied, _is_right(examples.offsets, labels, denied))
    frequencies = evidence.frequencies
    free = enough.copy()
    while True:
        validated = cross_validate(examples, evidence, labels, denied, free)
        gains = validated.before - validated.after
        own = [gains[(labels == k) & ~denied] for k in range(count)]
        unsure = np.array([free[k] and not _is_sure(own[k], np.ones(len(own[k]))) for k in range(count)], bool)
        unsure &= ~unprompted
        if not unsure.any():
            break
        free &= ~unsure
    more_right = frequencies @ validated.right_after > frequencies @ validated.right_before
    if free.any() and not (more_right and _is_sure(gains, frequencies)):
        free &= unprompted
        validated = cross_validate(examples, evidence, labels, denied, free)
    verdicts = tuple(IN_FORCE if free[k] else NO_BETTER if enough[k] else TOO_FEW for k in range(count))
    return Learnt(fit(_joined(evidence.examples, evidence.anchors), free), verdicts, validated)


def cross_validate(
    examples: Lessons, evidence: Evidence, labels: npt.NDArray[np.intp], denied: Flags, free: Flags
) -> Validated:
    """Return how each example fares in a fit without it and a fifth of the others; every label is in each fifth."""
    nothing = np.zeros((examples.offsets.shape[1], examples.embeddings.shape[1] + 1))
    before = cross_entropy(examples, nothing)
    right_before = _is_right(examples.offsets, labels, denied)
    after, right_after = before.copy(), right_before.copy()
    folds = _folds(labels, denied)
    for fold in range(FOLDS if free.any() else 0):
        out = folds == fold
        if not out.any():
            continue
        weights = fit(_joined(evidence.examples[~out], evidence.anchors), free)
        held = examples[out]
        after[out] = cross_entropy(held, weights)
        logits = held.offsets + shift(held.embeddings, weights)
        right_after[out] = _is_right(logits, labels[out], denied[out])
    return Validated(before, after, right_before, right_after)


def _is_sure(gains: Matrix, frequencies: Matrix) -> bool:
    """Return whether the mean of gains (n,), weighted by frequencies (n,), exceeds 0 by more than chance."""
    count = len(gains)
    mean = frequencies @ gains / frequencies.sum()
    variance = frequencies**2 @ (gains - mean) ** 2 / frequencies.sum() ** 2 * count / max(count - 1, 1)
    return bool(mean > SURE * np.sqrt(variance))


def _folds(labels: npt.NDArray[np.intp], denied: Flags) -> npt.NDArray[np.intp]:
    """Return the fold of each example, always the same for the same examples."""
    folds = np.empty(len(labels), np.intp)
    folds[np.lexsort((denied, labels))] = np.arange(len(labels)) % FOLDS
    return folds


def _is_right(logits: Matrix, labels: npt.NDArray[np.intp], denied: Flags) -> Flags:
    right: Flags = (softmax(logits).argmax(axis=-1) == labels) != denied
    return right


def _joined(examples: Lessons, anchors: Lessons) -> Lessons:
    return Lessons(
        np.vstack([examples.embeddings, anchors.embeddings]),
        np.vstack([examples.offsets, anchors.offsets]),
        np.vstack([examples.wanted, anchors.wanted]),
        np.hstack([examples.weights, anchors.weights]),
    )
