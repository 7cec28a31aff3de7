"""Accuracy, precision, recall and calibration of a model's predictions against the true labels. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from snapsortd.domain.image import Classification

BINS = 10
"""Number of bins of the calibration error, equally wide (Guo et al. 2017, arXiv:1706.04599)."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The score and margin that a rule requires of the best label; the defaults are those of the filter `label`."""

    min_score: float = 0.5
    min_margin: float = 0.0

    def passed(self, classification: Classification) -> bool:
        """Return whether score and margin are high enough."""
        return classification.score >= self.min_score and classification.margin >= self.min_margin


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels that the model chooses from. `thresholds`: those of the rules for each; passing one is enough.

    `negatives`: the labels whose images stay, because they are negative or no rule files them.
    """

    names: tuple[str, ...]
    negatives: frozenset[str] = frozenset()
    thresholds: Mapping[str, tuple[Threshold, ...]] = field(default_factory=dict)

    def moves(self, classification: Classification) -> bool:
        """Return whether the image would be moved."""
        thresholds = self.thresholds.get(classification.label, (Threshold(),))
        return classification.label not in self.negatives and any(each.passed(classification) for each in thresholds)


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image with its true label (`given`) and its classification."""

    path: str
    given: str
    classification: Classification


@dataclass(frozen=True, slots=True)
class Prediction:
    """A classification compared with the true label.

    `confidence`: the score of the predicted label, or of all negative labels together if any of them is right, 0 to 1.
    """

    image: LabelledImage
    truth: str
    """The label of the set that counts as right."""
    confidence: float

    @property
    def right(self) -> bool:
        return self.image.classification.label == self.truth


def judge(image: LabelledImage, labels: LabelSet) -> Prediction:
    """Compare a classification with the true label.

    A label that is not in the set counts as its negative label; if the set has several, any of them is right.
    """
    classification = image.classification
    if image.given in labels.names:
        return Prediction(image, image.given, classification.score)
    truth = max(labels.negatives, key=lambda name: classification.scores[name])
    confidence = (
        sum(classification.scores[name] for name in labels.negatives)
        if classification.label in labels.negatives
        else classification.score
    )
    return Prediction(image, truth, min(confidence, 1.0))


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision and recall of one label, or of moving. None: 0 / 0.

    `n`: number of images that should get it; `predicted`: number of those that got it.
    """

    n: int
    predicted: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """The predictions of one range of confidence: their number, mean confidence and accuracy (0 to 1)."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of an evaluation. `confusion` counts pairs of true and predicted label."""

    n: int
    accuracy: float
    ece: float
    labels: Mapping[str, Figures]
    moved: Figures
    confusion: Counter[tuple[str, str]]
    bins: tuple[Bin, ...]


def evaluate(images: Sequence[LabelledImage], labels: LabelSet) -> Evaluation:
    """Return the figures of at least one image."""
    predictions = [judge(image, labels) for image in images]
    bins = reliability(predictions)
    moved = [each for each in predictions if labels.moves(each.image.classification)]
    due = [each for each in predictions if each.truth not in labels.negatives]
    return Evaluation(
        n=len(predictions),
        accuracy=sum(each.right for each in predictions) / len(predictions),
        ece=calibration_error(bins),
        labels={name: _figures_of(name, predictions) for name in labels.names},
        moved=_figures(len(due), len(moved), sum(each.right for each in moved)),
        confusion=Counter((image.given, image.classification.label) for image in images),
        bins=bins,
    )


def reliability(predictions: Sequence[Prediction]) -> tuple[Bin, ...]:
    """Group the predictions by confidence into BINS ranges from 0 to 1."""
    groups: list[list[Prediction]] = [[] for _ in range(BINS)]
    for each in predictions:
        groups[min(int(each.confidence * BINS), BINS - 1)].append(each)
    return tuple(
        Bin(
            len(group),
            sum(each.confidence for each in group) / (len(group) or 1),
            sum(each.right for each in group) / (len(group) or 1),
        )
        for group in groups
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the gap of confidence and accuracy, averaged over all predictions."""
    return sum(each.n * abs(each.confidence - each.accuracy) for each in bins) / sum(each.n for each in bins)


def _figures_of(name: str, predictions: Sequence[Prediction]) -> Figures:
    predicted = [each for each in predictions if each.image.classification.label == name]
    return _figures(
        sum(each.truth == name for each in predictions), len(predicted), sum(each.truth == name for each in predicted)
    )


def _figures(n: int, predicted: int, right: int) -> Figures:
    return Figures(n, predicted, right / predicted if predicted else None, right / n if n else None)
