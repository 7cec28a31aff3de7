"""The learnt layer: what is added to the zero-shot scores of an image, as it was stored by the fit."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from snapsortd.vision.child.learning.fit import Matrix, softmax
from snapsortd.vision.child.learning.near import Neighbours
from snapsortd.vision.child.learning.prototypes import Prototype, logits_of
from snapsortd.vision.child.learning.shift import Shift

Floats = npt.NDArray[np.floating[Any]]

LEAST = 1e-300
"""Lower bound of a score, so that its logarithm is finite."""
NEVER = -1e4
"""The logit of a label that has neither prompts nor examples yet."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What is added to the logits, and the prototypes of labels without prompts by the number of the label."""

    shift: Shift | None = None
    prototypes: Mapping[int, Prototype] = field(default_factory=dict)


class Scoring:
    """The last step of the scores: labels without prompts join in, and what was learnt is added.

    Threads may score while another layer is put in place.
    """

    def __init__(self, labels: Mapping[str, Sequence[str]], dim: int) -> None:
        """`labels` maps all labels to their prompts, `dim` is the length of embeddings."""
        self._prompted = [place for place, prompts in enumerate(labels.values()) if prompts]
        self._count = len(labels)
        self._dim = dim
        self._layer = Layer()

    def use(self, value: Mapping[str, Any] | None) -> None:
        """Use another layer, or none. Raise ValueError if it is not one for these labels."""
        self._layer = layer_from_json(value, self._count, self._dim) if value is not None else Layer()

    def applied(self, scores: Floats, embeddings: Floats) -> tuple[Floats, Floats | None]:
        """Return the scores (n, k) of all labels, and those without what was learnt, None if they are the same.

        `scores` (n, p) are the zero-shot scores of the labels with prompts, `embeddings` (n, d) have length 1.
        """
        layer = self._layer
        if layer.shift is None and len(self._prompted) == self._count:
            return scores, None
        vectors = embeddings.astype(np.float64)
        known = np.log(np.maximum(scores.astype(np.float64), LEAST))
        logits = zero_shot_logits(known, vectors, self._prompted, self._count, layer.prototypes)
        if layer.shift is None:
            return softmax(logits), None
        return softmax(logits + layer.shift.of(vectors)), softmax(logits)


def zero_shot_logits(
    logits: Matrix, embeddings: Matrix, prompted: Sequence[int], count: int, prototypes: Mapping[int, Prototype]
) -> Matrix:
    """Return the logits (n, count) of all labels from those of the labels with prompts and the prototypes."""
    every = np.full((len(logits), count), NEVER)
    every[:, list(prompted)] = logits
    for place, found in prototypes.items():
        every[:, place] = logits_of(embeddings, logits, found)
    return every


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """Return the layer, in single precision."""
    shift = layer.shift
    near = None if shift is None else shift.near
    return {
        "weights": None if shift is None else _text(shift.weights),
        "near": None if near is None else [_text(near.points), _text(near.shifts)],
        "prototypes": [
            [place, _text(found.direction), found.threshold, found.slope] for place, found in layer.prototypes.items()
        ],
    }


def layer_from_json(value: Mapping[str, Any], count: int, dim: int) -> Layer:
    """Return a layer for `count` labels and embeddings of `dim` numbers. Raise ValueError if it is not one."""
    shift = None
    if value["weights"] is not None:
        shift = Shift(_numbers(value["weights"]).reshape(count, dim + 1), _neighbours(value["near"], count, dim))
    return Layer(
        shift,
        {
            int(place): Prototype(_numbers(text).reshape(dim), float(threshold), float(slope))
            for place, text, threshold, slope in value["prototypes"]
        },
    )


def _neighbours(near: Sequence[str] | None, count: int, dim: int) -> Neighbours | None:
    if near is None:
        return None
    points, shifts = map(_numbers, near)
    return Neighbours(points.reshape(-1, dim), shifts.reshape(count, len(points) // dim))


def _text(numbers: Matrix) -> str:
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode("ascii")


def _numbers(text: str) -> Matrix:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64)
