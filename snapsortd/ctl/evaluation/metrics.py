"""How well a model's answers fit the labels that people gave: accuracy, precision, recall, calibration. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from snapsortd.domain.image import Classification

BINS = 10
"""Of the calibration error, equally wide (Guo et al. 2017, arXiv:1706.04599)."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a rule asks of the best label; the defaults are those of the filter `label`."""

    min_score: float = 0.5
    min_margin: float = 0.0

    def passed(self, classification: Classification) -> bool:
        """Is the answer clear enough?"""
        return classification.score >= self.min_score and classification.margin >= self.min_margin


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels that the model chooses from. `thresholds`: what the rules ask for each; one of them is enough."""

    names: tuple[str, ...]
    negatives: frozenset[str] = frozenset()
    thresholds: Mapping[str, tuple[Threshold, ...]] = field(default_factory=dict)

    def moves(self, classification: Classification) -> bool:
        """Would the image be moved?"""
        asked = self.thresholds.get(classification.label, (Threshold(),))
        return classification.label not in self.negatives and any(each.passed(classification) for each in asked)


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image: the label that people gave it, and what the model saw."""

    path: str
    given: str
    classification: Classification


@dataclass(frozen=True, slots=True)
class Answer:
    """One look, judged. `confidence`: how sure the model is of just what is counted as right, 0 to 1."""

    look: LabelledImage
    truth: str
    """The label of the set that counts as true."""
    confidence: float

    @property
    def right(self) -> bool:
        return self.look.classification.label == self.truth


def judge(look: LabelledImage, labels: LabelSet) -> Answer:
    """A label that is not in the set counts as its negative. Where the set has several, any of them is right."""
    classification = look.classification
    if look.given in labels.names:
        return Answer(look, look.given, classification.score)
    truth = max(labels.negatives, key=lambda name: classification.scores[name])
    sure = (
        sum(classification.scores[name] for name in labels.negatives)
        if classification.label in labels.negatives
        else classification.score
    )
    return Answer(look, truth, min(sure, 1.0))


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one label, or of what is moved; `n`: how many images should have got it. None: of no image at all."""

    n: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers of one range of confidence: how many, how sure on average, and how many of them are right, 0 to 1."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures. `confusion` counts (label given, label answered)."""

    n: int
    accuracy: float
    ece: float
    labels: Mapping[str, Figures]
    moved: Figures
    confusion: Counter[tuple[str, str]]
    bins: tuple[Bin, ...]


def evaluate(looks: Sequence[LabelledImage], labels: LabelSet) -> Evaluation:
    """The figures of at least one look."""
    answers = [judge(look, labels) for look in looks]
    bins = reliability(answers)
    moved = [answer for answer in answers if labels.moves(answer.look.classification)]
    due = [answer for answer in answers if answer.truth not in labels.negatives]
    return Evaluation(
        n=len(answers),
        accuracy=sum(answer.right for answer in answers) / len(answers),
        ece=calibration_error(bins),
        labels={name: _figures_of(name, answers) for name in labels.names},
        moved=_figures(len(due), len(moved), sum(answer.right for answer in moved)),
        confusion=Counter((look.given, look.classification.label) for look in looks),
        bins=bins,
    )


def reliability(answers: Sequence[Answer]) -> tuple[Bin, ...]:
    """The answers by confidence, in BINS ranges from 0 to 1."""
    groups: list[list[Answer]] = [[] for _ in range(BINS)]
    for answer in answers:
        groups[min(int(answer.confidence * BINS), BINS - 1)].append(answer)
    return tuple(
        Bin(
            len(group),
            sum(each.confidence for each in group) / (len(group) or 1),
            sum(each.right for each in group) / (len(group) or 1),
        )
        for group in groups
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the mean gap of confidence and accuracy, each bin weighing what it holds."""
    return sum(each.n * abs(each.confidence - each.accuracy) for each in bins) / sum(each.n for each in bins)


def _figures_of(name: str, answers: Sequence[Answer]) -> Figures:
    told = [answer for answer in answers if answer.look.classification.label == name]
    return _figures(
        sum(answer.truth == name for answer in answers), len(told), sum(answer.truth == name for answer in told)
    )


def _figures(n: int, told: int, right: int) -> Figures:
    return Figures(n, right / told if told else None, right / n if n else None)
