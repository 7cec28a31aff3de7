"""The figures of an evaluation as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.output.console import short
from snapsortd.ctl.output.tables import table
from snapsortd.domain.text import count, escape, nearest, score_text

if TYPE_CHECKING:
    from snapsortd.ctl.evaluation.fitting import Fit
    from snapsortd.ctl.evaluation.metrics import Evaluation, Figures, LabelledImage, LabelSet

WORST = 5
"""Number of images listed as most confused, and as slowest."""


def given_labels(found: Evaluation, labels: LabelSet) -> list[str]:
    """Return the true labels of the images: first those of the set, in its order."""
    given = {name for name, _ in found.confusion}
    return [name for name in labels.names if name in given] + sorted(given - set(labels.names))


def report(found: Evaluation, images: Sequence[LabelledImage], labels: LabelSet) -> Iterator[str]:
    """Yield accuracy, tables per label, confusion and calibration, and the worst and slowest images."""
    sure = between(found.accuracy, found.n)
    yield f"{count(found.n, 'image')}, {found.accuracy:.1%} right{sure}, calibration error {found.ece:.3f}"
    yield f"with the thresholds of the rules: {figures(found.moved)}"
    if others := [name for name in given_labels(found, labels) if name not in labels.names]:
        yield from (unknown_folder(name, found, labels) for name in others)
    yield ""
    rows = [
        (
            escape(name),
            str(each.n),
            percent(each.precision) + between(each.precision, each.predicted),
            percent(each.recall) + between(each.recall, each.n),
        )
        for name, each in found.labels.items()
    ]
    yield from table(("LABEL", "IMAGES", "PRECISION", "RECALL"), rows, numeric=True)
    yield ""
    yield from matrix(found, labels)
    yield ""
    yield from calibration(found)
    wrong = [each for each in images if each.classification.label != each.given and not accepted(each, labels)]
    if wrong:
        yield ""
        yield click.style("Most confused", bold=True)
        yield from (confused(each) for each in sorted(wrong, key=lambda each: -each.classification.score)[:WORST])
    yield ""
    yield click.style("Slowest", bold=True)
    slowest = sorted(images, key=lambda each: -each.classification.milliseconds)[:WORST]
    yield from (f"  {each.classification.milliseconds:6.0f} ms  {short(each.path)}" for each in slowest)


def unknown_folder(name: str, found: Evaluation, labels: LabelSet) -> str:
    """Explain what the images of a label that is not in the set count as."""
    n = sum(number for (given, _), number in found.confusion.items() if given == name)
    right = " or ".join(map(escape, sorted(labels.negatives)))
    similar = nearest(name, labels.names)
    return (
        f"'{escape(name)}' is not a label{similar}: its {count(n, 'image')} should stay, so {right} is right for them"
    )


def between(share: float | None, n: int) -> str:
    """Return the interval of a share that was counted on `n` images, or "" if there are none."""
    from snapsortd.ctl.evaluation.interval import interval

    if share is None:
        return ""
    low, high = interval(share, n)
    return f" ({low:.0%} to {high:.0%})"


def accepted(image: LabelledImage, labels: LabelSet) -> bool:
    """Return whether a negative prediction counts as right because the true label is not in the set."""
    return image.given not in labels.names and image.classification.label in labels.negatives


def confused(image: LabelledImage) -> str:
    """Return one wrong prediction as a line."""
    found = image.classification
    return f"  {escape(found.label)} ({score_text(found.score)}), is {escape(image.given)}:  {short(image.path)}"


def matrix(found: Evaluation, labels: LabelSet) -> Iterator[str]:
    """Yield the confusion matrix: a row per true label, a column per label of the set, the diagonal in bold."""
    from rich.text import Text

    rows: list[tuple[Text | str, ...]] = [
        (
            escape(given),
            *(Text(str(found.confusion[given, name] or "·"), "bold" if given == name else "") for name in labels.names),
        )
        for given in given_labels(found, labels)
    ]
    yield from table(("TRUE ↓ PREDICTED →", *map(escape, labels.names)), rows, numeric=True)


def calibration(found: Evaluation) -> Iterator[str]:
    """Yield the accuracy of the predictions by their score."""
    from snapsortd.ctl.evaluation.metrics import BINS

    rows = [
        (
            f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}",
            str(each.n),
            f"{each.accuracy:.0%}",
            f"{each.confidence:.0%}",
        )
        for number, each in enumerate(found.bins)
        if each.n
    ]
    yield from table(("SCORE", "IMAGES", "RIGHT", "MEAN SCORE"), rows, numeric=True)


def figures(each: Figures) -> str:
    """Return precision and recall of what would be moved, as a sentence."""
    precision = percent(each.precision) + between(each.precision, each.predicted)
    recall = percent(each.recall) + between(each.recall, each.n)
    return (
        f"{precision} of the {each.predicted} moved images belong there; {recall} of the {each.n} that should move do"
    )


def percent(share: float | None) -> str:
    """Return a share as a percentage, or a dash if it is a share of nothing."""
    return "–" if share is None else f"{share:.1%}"


def fit_lines(fitted: Fit) -> Iterator[str]:
    """Yield the suggested thresholds and the temperature."""
    yield click.style("Suggested thresholds for these images", bold=True)
    for name, each in fitted.thresholds.items():
        if each is None:
            yield f"  {escape(name)}: {fitted.refused[name]}"
            continue
        filters = f"min_score: {each.threshold.min_score:.2f}, min_margin: {each.threshold.min_margin:.2f}"
        yield (
            f"  label: {{is: {escape(name)}, {filters}}}  "
            f"(precision {percent(each.precision)}{between(each.precision, each.moved)}, "
            f"recall {percent(each.recall)}{between(each.recall, each.due)})"
        )
    before, after = fitted.ece
    yield (
        f"  With its logits divided by {fitted.temperature:.2f}, the model's calibration error would be "
        f"{after:.3f} instead of {before:.3f}."
    )
