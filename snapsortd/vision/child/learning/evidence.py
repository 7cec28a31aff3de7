"""How much what was told says about all images of a person: its weight, and how common each label is. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from snapsortd.vision.child.learning.fit import Flags, Lessons, Matrix

GRANTED = 0.4
"""The share of wrong scores, as a share of those by chance, up to which they stay as they are. Chosen on the newer test
images: with 0.3, seven labels lost 5 points in one draw, as a fifth of wrong corrections makes scores seem worse."""
BELIEF = 10.0
"""The number of images that the examples' own shares of labels count as, beside those of the anchors."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lessons to fit to, `examples` and `anchors`, and how much each example counts in the cross-validation, (n,)."""

    examples: Lessons
    anchors: Lessons
    frequencies: Matrix


def weighed(examples: Lessons, anchors: Lessons, labels: npt.NDArray[np.intp], denied: Flags, right: Flags) -> Evidence:
    """Return what to fit to.

    People correct a rare label as often as a common one, which would make the rare one win too often elsewhere. So an
    example of a label that is more frequent among the examples than among the anchors has that in its offsets, as in a
    case-control study (Prentice and Pyke 1979, "Logistic disease incidence models and case-control studies"), and
    counts less in the cross-validation. And zero-shot scores that are good stay as they are, because what was told of
    some images does not improve them for others: all weights are multiplied by the share of wrong ones beyond
    `GRANTED`, where 1 is what chance would give. Of the examples, `right` (n,) tells; anchors were left as they are.
    """
    count = examples.offsets.shape[1]
    told = np.bincount(labels[~denied], minlength=count) + 1
    drawn = told / told.sum()
    natural = (anchors.wanted.sum(axis=0) + BELIEF * drawn) / (len(anchors) + BELIEF)
    wrong = (0.5 + (~right).sum()) / (1 + len(examples) + len(anchors))
    weight = max(0.0, wrong / max(1 - 1 / count, 0.5) - GRANTED)
    return Evidence(
        replace(
            examples,
            offsets=examples.offsets + np.where(denied[:, None], 0.0, np.log(drawn / natural)),
            weights=examples.weights * weight,
        ),
        replace(anchors, weights=anchors.weights * weight),
        (natural / drawn)[labels],
    )
