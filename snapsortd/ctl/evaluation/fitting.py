"""Fitting of thresholds and a temperature to labelled images. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from snapsortd.ctl.evaluation.metrics import LabelledImage, LabelSet, Threshold, calibration_error, judge, reliability
from snapsortd.domain.image import Classification

PRECISION = 0.97
"""Wanted precision: of a hundred images that are moved, three may be wrong."""
MIN_CORRECT = 20
"""Minimum number of correctly moved images for a suggestion: fewer could be due to chance."""

_SCORES = tuple(step / 20 for step in range(8, 20))
_MARGINS = tuple(step / 10 for step in range(9))
_TEMPERATURES = tuple(2 ** (step / 8) for step in range(-16, 25))
_MIN_SCORE = 1e-12
"""Lower bound of a score, so that its logarithm is finite."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A threshold for one label, with its precision and recall on the images that it was fitted on."""

    threshold: Threshold
    precision: float
    recall: float
    moved: int
    """Number of images that it moves."""
    due: int
    """Number of images that it should move."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The result of fitting.

    `thresholds`: None for a label with too few images, or that reaches the precision with no threshold; `refused` has
    the reasons.
    `temperature`: the divisor of the logits that fits best. `ece`: the calibration error before and after.
    """

    thresholds: Mapping[str, Suggestion | None]
    temperature: float
    ece: tuple[float, float]
    refused: Mapping[str, str]


def fit(images: Sequence[LabelledImage], labels: LabelSet, precision: float = PRECISION) -> Fit:
    """Fit to at least one image."""
    temperature = min(_TEMPERATURES, key=lambda each: (_loss(images, labels, each), abs(log(each))))
    cooled = [replace(image, classification=tempered(image.classification, temperature)) for image in images]
    wanted = [name for name in labels.names if name not in labels.negatives]
    found = {name: _suggest(images, name, precision) for name in wanted}
    refused = {name: _refusal(images, name, precision) for name, each in found.items() if each is None}
    return Fit(found, temperature, (_error(images, labels), _error(cooled, labels)), refused)


def tempered(classification: Classification, temperature: float) -> Classification:
    """Return the scores for logits divided by the temperature: above 1, all scores come closer to each other."""
    powers = {name: max(score, _MIN_SCORE) ** (1 / temperature) for name, score in classification.scores.items()}
    total = sum(powers.values())
    return replace(classification, scores={name: power / total for name, power in powers.items()})


def _suggest(images: Sequence[LabelledImage], name: str, precision: float) -> Suggestion | None:
    """Return the threshold with the best recall at the wanted precision, the lowest of several; None if none has it."""
    due = sum(image.given == name for image in images)
    predicted = [image for image in images if image.classification.label == name]
    best: Suggestion | None = None
    for threshold in _thresholds():
        moved = [image.given == name for image in predicted if threshold.passed(image.classification)]
        correct = sum(moved)
        if correct < MIN_CORRECT or correct / len(moved) < precision:
            continue
        if best is None or correct / due > best.recall:
            best = Suggestion(threshold, correct / len(moved), correct / due, len(moved), due)
    return best


def _refusal(images: Sequence[LabelledImage], name: str, precision: float) -> str:
    """Return why no threshold is suggested for a label."""
    due = sum(image.given == name for image in images)
    correct = sum(image.given == name == image.classification.label for image in images)
    if due < MIN_CORRECT:
        return f"too few images: {due}, of {MIN_CORRECT} that are needed at least"
    if correct < MIN_CORRECT:
        return f"only {correct} of its {due} images get this label; describe them by other prompts"
    return f"no threshold is right for {precision:.0%} of what it moves; give what is confused with it other prompts"


def _thresholds() -> Iterator[Threshold]:
    return (Threshold(score, margin) for score in _SCORES for margin in _MARGINS if margin < score)


def _loss(images: Sequence[LabelledImage], labels: LabelSet, temperature: float) -> float:
    """Return the cross-entropy of the labels that count as right."""
    return -sum(log(max(_true_score(image, labels, temperature), _MIN_SCORE)) for image in images)


def _true_score(image: LabelledImage, labels: LabelSet, temperature: float) -> float:
    scores = tempered(image.classification, temperature).scores
    return scores[image.given] if image.given in scores else sum(scores[name] for name in labels.negatives)


def _error(images: Sequence[LabelledImage], labels: LabelSet) -> float:
    return calibration_error(reliability([judge(image, labels) for image in images]))
