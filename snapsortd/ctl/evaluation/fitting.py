"""Thresholds and a temperature that fit images whose labels are known. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from snapsortd.ctl.evaluation.metrics import LabelledImage, LabelSet, Threshold, calibration_error, judge, reliability
from snapsortd.domain.image import Classification

PRECISION = 0.97
"""Of a hundred images that are moved, three may be wrong."""
LEAST = 10
"""Images that must be moved rightly before a threshold is suggested: with fewer it is chance."""

_SCORES = tuple(step / 20 for step in range(8, 20))
_MARGINS = tuple(step / 10 for step in range(9))
_TEMPERATURES = tuple(2 ** (step / 8) for step in range(-16, 25))
_TINY = 1e-12
"""Least score that is told from none."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A threshold for one label, and what it gives on the images that it was fitted on."""

    threshold: Threshold
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Fit:
    """`thresholds`: None for a label that too few images have, or that reaches the precision with no threshold.

    `temperature` is what the logits would have to be divided by; `ece` the calibration error before and after.
    """

    thresholds: Mapping[str, Suggestion | None]
    temperature: float
    ece: tuple[float, float]


def fit(looks: Sequence[LabelledImage], labels: LabelSet, precision: float = PRECISION) -> Fit:
    """What suits at least one look."""
    temperature = min(_TEMPERATURES, key=lambda each: (_loss(looks, labels, each), abs(log(each))))
    cooled = [replace(look, classification=tempered(look.classification, temperature)) for look in looks]
    return Fit(
        {name: _suggest(looks, name, precision) for name in labels.names if name not in labels.negatives},
        temperature,
        (_error(looks, labels), _error(cooled, labels)),
    )


def tempered(classification: Classification, temperature: float) -> Classification:
    """As if the logits had been divided by the temperature: above 1 all scores come closer to each other."""
    powers = {name: max(score, _TINY) ** (1 / temperature) for name, score in classification.scores.items()}
    total = sum(powers.values())
    return replace(classification, scores={name: power / total for name, power in powers.items()})


def _suggest(looks: Sequence[LabelledImage], name: str, precision: float) -> Suggestion | None:
    """The threshold that moves most of what it should and is as often right as wanted; the lowest of several."""
    due = sum(look.given == name for look in looks)
    told = [look for look in looks if look.classification.label == name]
    best: Suggestion | None = None
    for threshold in _thresholds():
        moved = [look.given == name for look in told if threshold.passed(look.classification)]
        right = sum(moved)
        if right < LEAST or right / len(moved) < precision:
            continue
        if best is None or right / due > best.recall:
            best = Suggestion(threshold, right / len(moved), right / due)
    return best


def _thresholds() -> Iterator[Threshold]:
    return (Threshold(score, margin) for score in _SCORES for margin in _MARGINS if margin < score)


def _loss(looks: Sequence[LabelledImage], labels: LabelSet, temperature: float) -> float:
    """Cross-entropy of what is counted as right."""
    return -sum(log(max(_right_score(look, labels, temperature), _TINY)) for look in looks)


def _right_score(look: LabelledImage, labels: LabelSet, temperature: float) -> float:
    scores = tempered(look.classification, temperature).scores
    return scores[look.given] if look.given in scores else sum(scores[name] for name in labels.negatives)


def _error(looks: Sequence[LabelledImage], labels: LabelSet) -> float:
    return calibration_error(reliability([judge(look, labels) for look in looks]))
