"""An evaluation as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.output.console import short
from snapsortd.ctl.output.render import table
from snapsortd.domain.text import count, escape

if TYPE_CHECKING:
    from snapsortd.ctl.evaluation.fitting import Fit
    from snapsortd.ctl.evaluation.metrics import Evaluation, Figures, LabelledImage, LabelSet

WORST = 5
"""Images listed as most confused, and as slowest."""
UNSURE = "no threshold is right often enough, or there are too few images"


def given_labels(found: Evaluation, labels: LabelSet) -> list[str]:
    """The labels that people gave: first those of the set, in its order."""
    given = {name for name, _ in found.confusion}
    return [name for name in labels.names if name in given] + sorted(given - set(labels.names))


def report(found: Evaluation, looks: Sequence[LabelledImage], labels: LabelSet) -> Iterator[str]:
    """The figures for people."""
    yield f"{count(found.n, 'image')}, {found.accuracy:.1%} right, calibration error {found.ece:.3f}"
    yield f"moved by the rules' thresholds: {figures(found.moved)}"
    if others := [name for name in given_labels(found, labels) if name not in labels.names]:
        yield f"counted as {' or '.join(map(escape, sorted(labels.negatives)))}: {', '.join(map(escape, others))}"
    yield ""
    rows = [
        (escape(name), str(each.n), percent(each.precision), percent(each.recall))
        for name, each in found.labels.items()
    ]
    yield from table(("LABEL", "IMAGES", "PRECISION", "RECALL"), rows)
    yield ""
    yield from matrix(found, labels)
    yield ""
    yield from calibration(found)
    wrong = [look for look in looks if look.classification.label != look.given and not accepted(look, labels)]
    if wrong:
        yield ""
        yield click.style("Most confused", bold=True)
        yield from (confused(look) for look in sorted(wrong, key=lambda look: -look.classification.score)[:WORST])
    yield ""
    yield click.style("Slowest", bold=True)
    slowest = sorted(looks, key=lambda look: -look.classification.milliseconds)[:WORST]
    yield from (f"  {look.classification.milliseconds:6.0f} ms  {short(look.path)}" for look in slowest)


def accepted(look: LabelledImage, labels: LabelSet) -> bool:
    """Is a negative answer right, because the label that people gave is not in the set?"""
    return look.given not in labels.names and look.classification.label in labels.negatives


def confused(look: LabelledImage) -> str:
    """One wrong answer."""
    seen = look.classification
    return f"  {escape(seen.label)} ({seen.score:.2f}), is {escape(look.given)}:  {short(look.path)}"


def matrix(found: Evaluation, labels: LabelSet) -> Iterator[str]:
    """The confusion matrix: a row per label that people gave, a column per label of the set."""
    rows = [
        (escape(given), *(str(found.confusion[given, name] or "·") for name in labels.names))
        for given in given_labels(found, labels)
    ]
    yield from table(("GIVEN ↓ ANSWERED →", *map(escape, labels.names)), rows)


def calibration(found: Evaluation) -> Iterator[str]:
    """How often an answer is right, by how sure it is."""
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
    yield from table(("SCORE", "IMAGES", "RIGHT", "MEAN SCORE"), rows)


def figures(each: Figures) -> str:
    """Of what is moved: two shares."""
    return f"{percent(each.precision)} of it belongs there; {percent(each.recall)} of what should be moved is"


def percent(share: float | None) -> str:
    """A share, or a dash where there is nothing to have a share of."""
    return "–" if share is None else f"{share:.1%}"


def fit_lines(fitted: Fit) -> Iterator[str]:
    """The suggestions for people."""
    yield click.style("Thresholds that suit these images", bold=True)
    for name, each in fitted.thresholds.items():
        if each is None:
            yield f"  {escape(name)}: {UNSURE}"
            continue
        filters = f"min_score: {each.threshold.min_score:.2f}, min_margin: {each.threshold.min_margin:.2f}"
        yield (
            f"  label: {{is: {escape(name)}, {filters}}}  "
            f"({percent(each.precision)} of what is moved is right, {percent(each.recall)} is moved)"
        )
    before, after = fitted.ece
    yield (
        f"  With its logits divided by {fitted.temperature:.2f}, the model's calibration error would be "
        f"{after:.3f} instead of {before:.3f}."
    )
