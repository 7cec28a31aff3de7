"""The scores from which the starter configuration's labels are precise enough, on validation images.

Every validation image is scored with kinds that were fitted without its source, and newer images by a tower that was
trained without them. The table is part of the product: `snapsortd/config/precision.csv`.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import data
import evaluate
import numpy as np
import numpy.typing as npt

from snapsortd.vision.child.engines.fit_kinds import fit_kinds
from snapsortd.vision.child.engines.scoring import label_scorer

PRECISIONS = (0.9, 0.95, 0.97, 0.98, 0.99)
RENDERED = 0.5
"""How much a rendered image counts beside a real one, where kinds are fitted."""
MIN_CORRECT = 20  # moved images from which a precision is believed
MIN_RECALL = 0.3  # a rule that moves less is not worth its score
FOLDS = 5
COLUMNS = ("label", "prompts", "precision", "min_score", "moved", "recall")

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Embedded:
    """Images as one checkpoint sees them: its encoder, and their normalised vectors (n, d)."""

    encoder: evaluate.Encoder
    vectors: Vectors


def cross_fitted(
    checkpoints: Sequence[Embedded],
    scored_by: Sequence[int],
    items: Sequence[data.Item],
    labels: dict[str, tuple[str, ...]],
) -> tuple[npt.NDArray[np.float64], list[data.Item]]:
    """Return scores (n, labels) of the validation images, and these images.

    `scored_by`: which of the checkpoints scores an image, one that was not trained with it.
    """
    sources = sorted({item.source for item in items})
    fold = np.array([sources.index(item.source) % FOLDS for item in items])
    drawn = np.array([data.is_rendered(item) for item in items])
    held_out = ~drawn & np.array([data.is_more(item) or data.in_validation(item) for item in items])
    counted = np.where(drawn, RENDERED, 1.0)
    fines = np.array([item.fine for item in items])
    scores = np.zeros((len(items), len(labels)))
    for (number, checkpoint), left_out in itertools.product(enumerate(checkpoints), range(FOLDS)):
        out = held_out & (fold == left_out)
        tested = out & (np.array(scored_by) == number)
        if tested.any():
            prompts = [checkpoint.encoder.texts(list(each)).numpy() for each in labels.values()]
            kinds = fit_kinds(checkpoint.vectors[~out], fines[~out].tolist(), counted[~out].tolist())
            scorer = label_scorer(prompts, checkpoint.encoder.scale, kinds)
            scores[tested] = scorer.scores(checkpoint.vectors[tested])
    return scores[held_out], [item for item, out in zip(items, held_out, strict=True) if out]


def rows(
    scores: npt.NDArray[np.float64], items: Sequence[data.Item], labels: dict[str, tuple[str, ...]]
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table: for each label and precision the lowest score that reaches it, if any does."""
    best, names = scores.max(axis=1), list(labels)
    truth = np.array([evaluate.starter_labels(item) for item in items])
    for number, name in enumerate(names):
        predicted = scores.argmax(axis=1) == number
        steps = [step / 1000 for step in (*range(600, 990, 5), *range(990, 1000))]
        for precision in PRECISIONS:
            for step in steps:
                moved = predicted & (best >= step)
                correct = int((moved & (truth == name)).sum())
                recall = correct / max(1, int((truth == name).sum()))
                expected = (correct + 1) / (moved.sum() + 2)  # of the next ones: Laplace's rule of succession
                if correct >= MIN_CORRECT and expected >= precision and recall >= MIN_RECALL:
                    prompts = " | ".join(labels[name])
                    yield name, prompts, precision, step, int(moved.sum()), round(recall, 2)
                    break


def write_table(table: Sequence[tuple[object, ...]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(table)
