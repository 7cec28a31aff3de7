"""Decide by cross-validation for which labels what was learnt takes effect. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from snapsortd.vision.child.learning.evidence import weighed
from snapsortd.vision.child.learning.fit import Flags, Lessons, Matrix, cross_entropy, fit, softmax
from snapsortd.vision.child.learning.near import fit_near
from snapsortd.vision.child.learning.shift import Shift

FOLDS = 5
MIN_EXAMPLES = 3
"""Examples that a label needs: below, a single wrong one would decide."""

SURE = 2.0
"""Standard errors by which the mean gain of held-out examples must exceed 0. On the validation images, a fifth of the
corrections being wrong, labels of `init` lost 1.3 points without this and none with it."""
SURE_OF_NEAR = 1.0
"""The same for what reaches to similar images only, and can do less harm."""

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
    """What is added to the logits, 0 for labels that are not in force; each label's verdict; the cross-validation."""

    shift: Shift
    verdicts: tuple[str, ...]
    validated: Validated


def learn(
    examples: Lessons, anchors: Lessons, labels: npt.NDArray[np.intp], denied: Flags, unprompted: Flags
) -> Learnt:
    """Fit to examples and anchors, for the labels that have enough examples and gain by them: first the regression,
    then what the examples say about images like them.

    `labels` (n,) and `denied` (n,) are what was told; `unprompted` (k,) are labels that have nothing but examples, and
    whose regression is therefore not asked for a gain.
    """
    told = _Told(examples, anchors, labels, denied)
    nothing = [Shift(np.zeros((told.count, examples.embeddings.shape[1] + 1)))] * (FOLDS + 1)
    far, shifts = told.gaining(nothing, told.regressions, SURE, unprompted)
    near, shifts = told.gaining(shifts, partial(told.comparisons, shifts), SURE_OF_NEAR, np.zeros(told.count, bool))
    verdicts = (
        IN_FORCE if free else NO_BETTER if enough else TOO_FEW
        for free, enough in zip(far | near, told.enough, strict=True)
    )
    before, after = examples.offsets, told.held_out(shifts)
    validated = Validated(
        cross_entropy(before, examples.wanted),
        cross_entropy(after, examples.wanted),
        told.is_right(before),
        told.is_right(after),
    )
    return Learnt(shifts[-1], tuple(verdicts), validated)


Shifts = Sequence[Shift]
"""What was fitted without each of the `FOLDS`, and last what was fitted to everything."""


class _Told:
    """What was told, and its folds."""

    def __init__(self, examples: Lessons, anchors: Lessons, labels: npt.NDArray[np.intp], denied: Flags) -> None:
        self._examples, self._anchors = examples, anchors
        self._labels, self._denied = labels, denied
        self._evidence = weighed(examples, anchors, labels, denied, self.is_right(examples.offsets))
        self._folds = _folds(labels, denied)
        self._fitted = [*(self._folds != fold for fold in range(FOLDS)), np.ones(len(labels), bool)]
        self.count = examples.offsets.shape[1]
        self.enough = np.bincount(labels[~denied], minlength=self.count) >= MIN_EXAMPLES

    def regressions(self, free: Flags) -> Shifts:
        """Return the regressions on the embedding, for labels that are `free`."""
        examples, anchors = self._evidence.examples, self._evidence.anchors
        return [Shift(fit(_joined(examples[rows], anchors), free)) for rows in self._fitted]

    def comparisons(self, shifts: Shifts, free: Flags) -> Shifts:
        """Return the shifts with what the examples add for images like them, for labels that are `free`."""
        found = []
        for rows, shift in zip(self._fitted, shifts, strict=True):
            lessons = _joined(self._examples[rows], self._anchors)
            lessons = replace(lessons, offsets=lessons.offsets + shift.of(lessons.embeddings))
            found.append(replace(shift, near=fit_near(lessons, int(rows.sum()), free)))
        return found

    def held_out(self, shifts: Shifts) -> Matrix:
        """Return the logits of the examples, (n, k), by what was fitted without them."""
        logits = self._examples.offsets.copy()
        for fold in range(FOLDS):
            out = self._folds == fold
            logits[out] += shifts[fold].of(self._examples.embeddings[out])
        return logits

    def is_right(self, logits: Matrix) -> Flags:
        """Return whether the label of each example was found, (n,); a denied one, whether it did not win."""
        right: Flags = (softmax(logits).argmax(axis=-1) == self._labels) != self._denied
        return right

    def gaining(
        self, before: Shifts, fitted: Callable[[Flags], Shifts], sure: float, unasked: Flags
    ) -> tuple[Flags, Shifts]:
        """Return the labels that gain by what is `fitted` for them, and that; none, and what was `before`.

        A label takes part if its examples are surely recognised better when they are held out, and any does only if all
        examples together are, and more of them rightly, each counted by how common its label is (`evidence.py`).
        """
        wanted, frequencies = self._examples.wanted, self._evidence.frequencies
        so_far = self.held_out(before)
        free = self.enough.copy()
        while free.any():
            shifts = fitted(free)
            after = self.held_out(shifts)
            gains = cross_entropy(so_far, wanted) - cross_entropy(after, wanted)
            own = [gains[(self._labels == k) & ~self._denied] for k in range(self.count)]
            unsure = [free[k] and not _is_sure(own[k], np.ones(len(own[k])), sure) for k in range(self.count)]
            dropped = np.array(unsure, bool) & ~unasked
            if not dropped.any():
                more_right = frequencies @ self.is_right(after) > frequencies @ self.is_right(so_far)
                dropped = free & ~unasked
                if not dropped.any() or (more_right and _is_sure(gains, frequencies, sure)):
                    return free, shifts
            free &= ~dropped
        return free, before


def _is_sure(gains: Matrix, frequencies: Matrix, sure: float) -> bool:
    """Return whether the mean of gains (n,), weighted by frequencies (n,), exceeds 0 by `sure` standard errors."""
    count = len(gains)
    mean = frequencies @ gains / frequencies.sum()
    variance = frequencies**2 @ (gains - mean) ** 2 / frequencies.sum() ** 2 * count / max(count - 1, 1)
    return bool(mean > sure * np.sqrt(variance))


def _folds(labels: npt.NDArray[np.intp], denied: Flags) -> npt.NDArray[np.intp]:
    """Return the fold of each example, always the same for the same examples."""
    folds = np.empty(len(labels), np.intp)
    folds[np.lexsort((denied, labels))] = np.arange(len(labels)) % FOLDS
    return folds


def _joined(examples: Lessons, anchors: Lessons) -> Lessons:
    return Lessons(
        np.vstack([examples.embeddings, anchors.embeddings]),
        np.vstack([examples.offsets, anchors.offsets]),
        np.vstack([examples.wanted, anchors.wanted]),
        np.hstack([examples.weights, anchors.weights]),
    )
