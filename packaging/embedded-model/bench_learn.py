#!/usr/bin/env python3
"""Evaluate how snapsortd learns from corrections, on the corpus's test images; `make bench-learn`.

The images are divided by their source into two halves, in several ways: corrections are drawn from one half, and the
other is classified. Of each draw, the same images are corrected in all variants but one, in which they are divided at
random, because a person's next images are often like the last ones. Embedding, fit, cross-validation and scores are
those of the installed product. Once, the images are corrected through a running daemon.

usage: bench_learn.py [CORPUS] [--draws 12] [--counts 0 3 10 20 50] [--out build/bench-learn.json]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import data
import evaluate
import numpy as np
import prompts
from correcting import labels_after

from snapsortd.config import Label, load_config
from snapsortd.config.load import default_config_path
from snapsortd.ctl.evaluation.classify import classify_all, open_classifier
from snapsortd.domain.image import Classification
from snapsortd.files.locations import Locations
from snapsortd.rules.filters import LabelFilter
from snapsortd.vision.child.engines.engine import Array
from snapsortd.vision.child.learning.layer import Scoring
from snapsortd.vision.child.learning.main import learn_from, zero_shot_scores

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
MOVED_AT = 0.95  # the score from which an image is moved where no rule says another
ANCHORS = 100
DAEMON_COUNT = 20  # corrections of each label through a real daemon
WRONG = 0.2  # share of wrong corrections


@dataclass(frozen=True)
class LabelSet:
    """Labels with their prompts, the least score at which the images of each that is filed are moved, and the right
    label of an image."""

    name: str
    labels: Mapping[str, Sequence[str]]
    filed: Mapping[str, float]
    truth: Callable[[data.Item], str]


@dataclass(frozen=True)
class Variant:
    """How people correct: with some wrong labels, nothing but errors, or images of the sources that others are of."""

    name: str
    wrong: float = 0.0
    errors_only: bool = False
    same_sources: bool = False


VARIANTS = (
    Variant("clean"),
    Variant("a fifth wrong", wrong=WRONG),
    Variant("only errors", errors_only=True),
    Variant("same sources", same_sources=True),
)


def of_init() -> LabelSet:
    """Return the labels that `snapsortctl init` writes, filed as its rules do."""
    rules = load_config(default_config_path(), os.environ).rules
    filters = [each for rule in rules if rule.enabled for each in rule.filters if isinstance(each, LabelFilter)]
    filed = {name: each.min_score for each in filters for name in each.names}
    return LabelSet("labels of init", evaluate.starter_prompts(), filed, evaluate.MAPPINGS["starter"])


def made_up() -> LabelSet:
    """Return seven labels whose prompts describe their images in other words than training did, all of them filed."""
    labels = prompts.HELD_OUT["coarse_paraphrased"]
    return LabelSet("seven made-up labels", labels, dict.fromkeys(labels, MOVED_AT), evaluate.seven_labels)


@dataclass(frozen=True)
class Images:
    """The test images: their items and embeddings, (n, dim), and the description of the model."""

    items: Sequence[data.Item]
    vectors: Array
    model: Mapping[str, Any]


def embed(items: Sequence[data.Item], cache: str) -> Images:
    """Classify the images with the embedded model; only the embeddings are used."""
    here = Locations("", state_dir=cache, cache_dir=cache, runtime_dir=cache, log_dir=cache)
    with open_classifier("embedded", [Label("any", ("a photo",))], here) as classifier:
        found = list(classify_all([str(item.path) for item in items], classifier))
        kept = [(item, each) for item, each in zip(items, found, strict=True) if isinstance(each, Classification)]
        rows = np.stack([np.frombuffer(each.embedding, "<f2").astype(np.float32) for _, each in kept])
        return Images(
            [item for item, _ in kept], rows / np.linalg.norm(rows, axis=1, keepdims=True), classifier.model_info
        )


@dataclass(frozen=True)
class Draw:
    """Rows of images: those that are told with their labels, the anchors, and those that are held out."""

    told: Mapping[int, int]
    anchors: Sequence[int]
    held: Sequence[int]


class Bench:
    """One label set: its zero-shot scores, and what corrections make of them."""

    def __init__(self, images: Images, labels: LabelSet, cache: str) -> None:
        self.images, self.set = images, labels
        self.names = list(labels.labels)
        self.about: dict[str, Any] = {
            "labels": labels.labels,
            "checkpoint": images.model["digest"],
            "folder": images.model["source"],
            "logit_scale": images.model["logit_scale"],
            "dim": images.model["dim"],
            "cache_dir": cache,
            "state_dir": "",
        }
        self.zero_shot = zero_shot_scores(self.about, images.vectors)
        self.truth = np.array([self.names.index(labels.truth(item)) for item in images.items])
        self.is_filed = np.array([name in labels.filed for name in self.names])
        self.moved_at = np.array([labels.filed.get(name, 1.0) for name in self.names])

    def draw(self, seed: int, count: int, variant: Variant) -> dict[str, float]:
        """Return the figures of the half that was not drawn from, after `count` corrections of each label."""
        drawn = self.divide(seed, count, variant)
        return self.figures(self.scores(drawn), self.truth[drawn.held])

    def divide(self, seed: int, count: int, variant: Variant) -> Draw:
        """Return one draw: images to correct from one half of the sources, or of the images, and those of the other."""
        rng = random.Random(seed)
        rows = range(len(self.images.items))
        groups = [row if variant.same_sources else self.images.items[row].source for row in rows]
        mine = set(rng.sample(sorted(set(groups)), len(set(groups)) // 2))
        drawn = [row for row in rows if groups[row] in mine]
        rng.shuffle(drawn)
        wrong = {row: rng.randrange(1, len(self.names)) for row in drawn if rng.random() < variant.wrong}
        usable = [row for row in drawn if not variant.errors_only or self.zero_shot[row].argmax() != self.truth[row]]
        chosen = [row for k in range(len(self.names)) for row in [r for r in usable if self.truth[r] == k][:count]]
        return Draw(
            told={row: int(self.truth[row] + wrong.get(row, 0)) % len(self.names) for row in chosen},
            anchors=sorted(set(drawn) - set(chosen))[:ANCHORS],
            held=[row for row in rows if groups[row] not in mine],
        )

    def scores(self, drawn: Draw) -> Array:
        """Return the scores of the images that are held out, after the corrections."""
        if not drawn.told:
            return self.zero_shot[drawn.held]
        told = [(label, False, self.text(row)) for row, label in drawn.told.items()]
        layer = learn_from({**self.about, "examples": told, "anchors": [self.text(row) for row in drawn.anchors]})
        scoring = Scoring(self.set.labels, self.about["dim"])
        scoring.use(layer)
        scores, _ = scoring.applied(self.zero_shot[drawn.held], self.images.vectors[drawn.held])
        return scores

    def by_daemon(self, count: int) -> tuple[float, float]:
        """Return the accuracy of the first draw after clean corrections, by a running daemon and in process, in
        percent."""
        drawn = self.divide(0, count, VARIANTS[0])
        paths = [item.path for item in self.images.items]
        with tempfile.TemporaryDirectory(prefix="bench-learn-") as folder:
            found = labels_after(
                self.set.labels,
                {paths[row]: self.names[label] for row, label in drawn.told.items()},
                [paths[row] for row in drawn.anchors],
                [paths[row] for row in drawn.held],
                Path(folder),
            )
        truth = self.truth[drawn.held]
        mine = np.array([self.names.index(each) for each in found]) == truth
        return 100 * float(mine.mean()), 100 * float((self.scores(drawn).argmax(axis=1) == truth).mean())

    def text(self, row: int) -> str:
        return base64.b64encode(self.images.vectors[row].astype("<f2").tobytes()).decode("ascii")

    def figures(self, scores: Array, truth: np.ndarray[Any, Any]) -> dict[str, float]:
        """Return accuracy with unfiled labels merged, and recall and precision of what is moved, all in percent."""
        best = scores.argmax(axis=1)
        right = (best == truth) | ~(self.is_filed[best] | self.is_filed[truth])
        moved = self.is_filed[best] & (scores.max(axis=1) >= self.moved_at[best])
        due = self.is_filed[truth]
        correct = (moved & (best == truth)).sum()
        return {
            "accuracy": 100 * right.mean(),
            "recall": 100 * correct / max(due.sum(), 1),
            "precision": 100 * correct / max(moved.sum(), 1),
        }


def measure(bench: Bench, variant: Variant, counts: Sequence[int], draws: int) -> dict[str, dict[str, float]]:
    """Return the figures of each count: means, and the worst draw's change of accuracy."""
    found = {count: [bench.draw(seed, count, variant) for seed in range(draws)] for count in (0, *counts)}
    start = [each["accuracy"] for each in found[0]]
    return {
        str(count): {
            **{key: float(np.mean([each[key] for each in rows])) for key in rows[0]},
            "worst_change": float(min(each["accuracy"] - before for each, before in zip(rows, start, strict=True))),
        }
        for count, rows in found.items()
    }


def targets(figures: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> list[tuple[str, float, float]]:
    """Return name, value and least value of every target."""
    init, other = figures["labels of init"]["clean"], figures["seven made-up labels"]["clean"]
    found = [
        ("made-up labels, accuracy at 10", other["10"]["accuracy"], 78.0),
        ("labels of init, accuracy at 10", init["10"]["accuracy"], 97.0),
        ("labels of init, recall at 10", init["10"]["recall"], 80.0),
        ("labels of init, precision at 10", init["10"]["precision"], 97.0),
    ]
    for name, each in (("labels of init", init), ("made-up labels", other)):
        rows = [value for count, value in each.items() if count != "0"]
        found.append((f"{name}, least mean change", min(r["accuracy"] for r in rows) - each["0"]["accuracy"], 0.0))
        found.append((f"{name}, change of the worst draw", min(r["worst_change"] for r in rows), -1.0))
    return found


def main() -> None:
    """Measure, print and write; targets that are missed are named as such."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--counts", type=int, nargs="+", default=[3, 10, 20, 50])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "bench-learn.json")
    chosen = parser.parse_args()
    if not (chosen.corpus / "corpus" / "index.csv").exists():
        sys.exit(f"{chosen.corpus} holds no corpus/index.csv: name the folder with the image corpus")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    items, named = evaluate.parts(data.read_items(chosen.corpus.resolve()), "test")
    figures: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-learn-") as cache:
        images = embed([*items, *named], cache)
        print(f"{len(images.items)} images, {chosen.draws} draws", flush=True)
        for labels in (of_init(), made_up()):
            bench = Bench(images, labels, cache)
            figures[labels.name] = {}
            for variant in VARIANTS:
                rows = measure(bench, variant, chosen.counts, chosen.draws)
                figures[labels.name][variant.name] = rows
                print(f"{labels.name}, {variant.name}")
                for count, row in rows.items():
                    words = "  ".join(f"{key} {value:6.2f}" for key, value in row.items())
                    print(f"  {count:>3}  {words}", flush=True)
        running, here = bench.by_daemon(DAEMON_COUNT)
        print(f"{bench.set.name}, through a daemon: {running:.2f} % right, in process {here:.2f} %", flush=True)
    chosen.out.write_text(json.dumps(figures, indent=1) + "\n")
    if 10 in chosen.counts:
        for name, value, least in targets(figures):
            print(f"{name:40} {value:7.2f}  target {least:5.1f}  {'' if value >= least else 'missed'}")
    print(chosen.out)


if __name__ == "__main__":
    main()
