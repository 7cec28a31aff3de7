#!/usr/bin/env python3
"""Evaluate a checkpoint on images that were not used in training.

usage: evaluate.py CHECKPOINT CORPUS [--part test|validation] [--json] [--fit-scale]
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import data
import prompts
import torch
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

from snapsortd.config.labels_file import load_labels
from snapsortd.config.load import default_config_path
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.engines.kinds import read_kinds
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.scoring import label_scorer
from snapsortd.vision.child.engines.torch_engine import TorchEngine
from snapsortd.vision.child.engines.views import encode_views, prepare_views

Texts = Callable[[list[str]], torch.Tensor]  # prompts to normalised features (n, d)

BATCH = 16
BINS = 10  # of the expected calibration error, equally wide (Guo et al. 2017)
SETS = 60  # number of random label sets for fitting the temperature
POOL = 250  # number of phrases these are drawn from


@dataclass(frozen=True)
class Outcome:
    """Scores (n, labels), the correct label of each image, and the labels' names."""

    scores: torch.Tensor
    truth: torch.Tensor
    labels: tuple[str, ...]

    @property
    def accuracy(self) -> float:
        return (self.scores.argmax(1) == self.truth).float().mean().item()

    def recalls(self) -> dict[str, float]:
        right = (self.scores.argmax(1) == self.truth).float()
        return {
            name: right[self.truth == k].mean().item() for k, name in enumerate(self.labels) if (self.truth == k).any()
        }

    def precisions(self) -> dict[str, float]:
        best = self.scores.argmax(1)
        right = (best == self.truth).float()
        return {name: right[best == k].mean().item() for k, name in enumerate(self.labels) if (best == k).any()}

    def calibration_error(self) -> float:
        """Return the expected calibration error: mean gap of confidence and accuracy over equally wide bins."""
        confidence, best = self.scores.max(1)
        right = (best == self.truth).float()
        bins = (confidence * BINS).long().clamp(max=BINS - 1)
        gaps = (abs((confidence - right)[bins == b].sum()) for b in range(BINS))
        return float(sum(gaps)) / len(confidence)


def three_labels(item: data.Item) -> str:
    """Return the original script's labels: screenshots, receipts with invoices, and everything else."""
    if item.fine in {"receipt", "invoice"}:
        return "receipt"
    return "screenshot" if item.coarse == "screenshot" else "other"


def seven_labels(item: data.Item) -> str:
    return item.coarse


STARTER = {
    **dict.fromkeys(("document_page", "form_document", "handwritten_note", "letter_document"), "document"),
    **dict.fromkeys(("bank_statement", "ticket", "business_card", "id_card", "whiteboard"), "document"),
    **dict.fromkeys(("chart", "diagram", "table"), "chart"),
    **dict.fromkeys(("comic", "illustration_or_painting"), "drawing"),
    **dict.fromkeys(("receipt", "invoice"), "receipt"),
    **dict.fromkeys(("map", "logo_or_icon", "qr_code"), "other"),
    **{fine: fine for fine in ("slide", "meme", "prescription")},
}
"""The label of `snapsortctl init` for each fine class; that of photos and screenshots is their coarse class."""


def starter_labels(item: data.Item) -> str:
    return STARTER.get(item.fine, item.coarse)


def starter_prompts() -> dict[str, tuple[str, ...]]:
    """Return the labels of `snapsortctl init`."""
    return {label.name: label.prompts for label in load_labels(default_config_path())}


MADE_UP = {
    "meme": ("a meme",),
    "diagram": ("a diagram",),
    "handwriting": ("handwriting",),
    "food": ("food",),
    "pet": ("a pet",),
    "map": ("a map",),
    "anything else": (
        "a screenshot",
        "a receipt",
        "a document",
        "a photo of a person or a place",
        "a drawing",
    ),
}
"""Six labels that somebody might make up, and a catch-all of unlike prompts."""
_MADE_UP_OF = {
    "meme": "meme",
    "diagram": "diagram",
    "handwritten_note": "handwriting",
    "whiteboard": "handwriting",
    "photo_food": "food",
    "photo_pet": "pet",
    "map": "map",
}


def made_up_labels(item: data.Item) -> str:
    return _MADE_UP_OF.get(item.fine, "anything else")


MAPPINGS: dict[str, Callable[[data.Item], str]] = {
    "original": three_labels,
    "coarse": seven_labels,
    "coarse_paraphrased": seven_labels,
    "made_up": made_up_labels,
    "starter": starter_labels,
}


def label_features(labels: dict[str, tuple[str, ...]], texts: Texts) -> torch.Tensor:
    """Return, per label, the normalised mean of its prompts' features, (labels, d)."""
    return torch.stack([F.normalize(texts(list(prompts_)).mean(0), dim=0) for prompts_ in labels.values()])


def outcome(
    images: torch.Tensor, truth: Sequence[str], labels: dict[str, tuple[str, ...]], texts: Texts, scale: float
) -> Outcome:
    """Return softmax scores of normalised image features (n, d) over the labels."""
    names = tuple(labels)
    scores = (scale * images @ label_features(labels, texts).T).softmax(1)
    return Outcome(scores, torch.tensor([names.index(name) for name in truth]), names)


def open_vocabulary(images: torch.Tensor, names: Sequence[str], texts: Texts) -> tuple[float, float]:
    """Return top-1 and top-5 accuracy of finding each photo's name among all names; one photo per name."""
    spoken = [name.replace("_", " ") for name in names]
    features = F.normalize(texts([f"a photo of a {n}" for n in spoken]) + texts(spoken), dim=1)
    ranks = (images @ features.T).argsort(1, descending=True)
    right = ranks == torch.arange(len(names))[:, None]
    return right[:, 0].float().mean().item(), right[:, :5].any(1).float().mean().item()


def choosing_line(
    features: dict[int, torch.Tensor], items: list[data.Item], rows: list[int], named: list[int], texts: Texts
) -> str:
    """Return the figures printed after each epoch of training: accuracies, with recalls averaged over labels."""
    parts = []
    if rows:
        images = torch.stack([features[i] for i in rows])
        for key, labels in prompts.HELD_OUT.items():
            found = outcome(images, [MAPPINGS[key](items[i]) for i in rows], labels, texts, 20.0)
            recalls = found.recalls()
            each = " ".join(f"{k[:4]} {v:.2f}" for k, v in recalls.items())
            parts.append(f"{key} {found.accuracy:.3f} ({sum(recalls.values()) / len(recalls):.3f}: {each})")
    top1, top5 = open_vocabulary(torch.stack([features[i] for i in named]), [items[i].caption for i in named], texts)
    return "; ".join([*parts, f"names {top1:.2f} {top5:.2f}"])


class Encoder:
    """A checkpoint's two towers as functions that return normalised features; images are seen as snapsortd does it."""

    def __init__(self, folder: Path) -> None:
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokens = AutoTokenizer.from_pretrained(folder)
        self.engine = TorchEngine(str(folder))
        processor = Preprocessor.load(folder)
        assert processor is not None
        self.processor = processor
        self.scale = self.model.logit_scale.exp().item()
        self.kinds = read_kinds(str(folder), "", "")

    def images(self, items: list[data.Item]) -> torch.Tensor:
        parts = []
        for start in range(0, len(items), BATCH):
            views = []
            for item in items[start : start + BATCH]:
                with item.path.open("rb") as file:
                    image, _ = decode(file, self.processor.side)
                views.append(prepare_views(image, self.processor, any_size=self.engine.any_size))
            parts.append(torch.from_numpy(encode_views(self.engine, views)))
        return torch.cat(parts)

    def outcome(self, images: torch.Tensor, truth: Sequence[str], labels: dict[str, tuple[str, ...]]) -> Outcome:
        """Return the scores that snapsortd gives."""
        prompts_ = [self.texts(list(each)).numpy() for each in labels.values()]
        scores = label_scorer(prompts_, self.scale, self.kinds).scores(images.numpy())
        names = tuple(labels)
        return Outcome(torch.from_numpy(scores).float(), torch.tensor([names.index(name) for name in truth]), names)

    def texts(self, prompts_: list[str]) -> torch.Tensor:
        with torch.inference_mode():
            encoded = self.tokens(prompts_, padding=True, truncation=True, return_tensors="pt")
            return F.normalize(self.model.get_text_features(**encoded).pooler_output, dim=1)


def fitted_scale(images: torch.Tensor, items: list[data.Item], classes: dict[str, str], texts: Texts) -> float:
    """Return the logit scale with the least cross-entropy over label sets of 3 to 7, weighting coarse classes equally.

    The sets are the held-out ones and random choices of training phrases, one per class or pair of classes; images
    that no label of a set covers are left out of that set. `classes` maps all fine classes to coarse ones.
    """
    rng = random.Random(0)
    pool = [p for p in prompts.phrases(classes, 0, rng) if len(p.covers) <= 8]
    pool = rng.sample(pool, POOL)
    features = dict(zip((p.text for p in pool), texts([p.text for p in pool]), strict=True))
    counts = Counter(item.coarse for item in items)
    cosines, weights = [], []
    for _ in range(SETS):
        labels: list[prompts.Phrase] = []
        while len(labels) < rng.randint(3, 7):
            phrase = rng.choice(pool)
            if not any(phrase.covers & other.covers for other in labels):
                labels.append(phrase)
        for i, item in enumerate(items):
            right = [k for k, label in enumerate(labels) if item.fine in label.covers]
            if right:
                order = [right[0], *(k for k in range(len(labels)) if k != right[0])]
                row = images[i] @ torch.stack([features[labels[k].text] for k in order]).T
                cosines.append(F.pad(row, (0, 8 - len(row)), value=-9.0))
                weights.append(1 / counts[item.coarse])
    for key, labels_ in prompts.HELD_OUT.items():
        for i, row in enumerate(images @ label_features(labels_, texts).T):
            right_one = list(labels_).index(MAPPINGS[key](items[i]))
            order = [right_one, *(k for k in range(len(labels_)) if k != right_one)]
            cosines.append(F.pad(row[order], (0, 8 - len(row)), value=-9.0))
            weights.append(10 / counts[items[i].coarse])
    stacked, weight = torch.stack(cosines), torch.tensor(weights)

    def loss(scale: float) -> float:
        return float(-((scale * stacked).log_softmax(1)[:, 0] * weight).sum())

    return min((0.5 * step for step in range(4, 120)), key=loss)


def report(encoder: Encoder, items: list[data.Item], named: list[data.Item]) -> dict[str, Any]:
    """Return every figure of the model card, as one JSON object; that of names only if there are any."""
    images = encoder.images(items)
    figures: dict[str, Any] = {"n": len(items), "logit_scale": encoder.scale}
    for key, labels in {**prompts.HELD_OUT, "made_up": MADE_UP, "starter": starter_prompts()}.items():
        found = encoder.outcome(images, [MAPPINGS[key](item) for item in items], labels)
        recalls = found.recalls()
        figures[key] = {
            "accuracy": found.accuracy,
            "mean_recall": sum(recalls.values()) / len(recalls),
            "least_recall": min(recalls.values()),
            "ece": found.calibration_error(),
            "recall": recalls,
            "precision": found.precisions(),
        }
    for key, phrasing in prompts.PHRASINGS.items():
        labels = {**prompts.HELD_OUT["coarse"], "screenshot": phrasing}
        found = encoder.outcome(images, [seven_labels(item) for item in items], labels)
        figures[f"coarse, {key}"] = {"accuracy": found.accuracy, "screenshot_recall": found.recalls()["screenshot"]}
    if not named:
        return figures
    top1, top5 = open_vocabulary(encoder.images(named), [item.caption for item in named], encoder.texts)
    figures["left_out_names"] = {"n": len(named), "top1": top1, "top5": top5}
    return figures


def parts(everything: list[data.Item], part: str) -> tuple[list[data.Item], list[data.Item]]:
    """Return the images of "test" or "validation", and the photos of the ImageNet classes held out for it."""
    test = part == "test"
    items = [item for item in everything if (item.split == "test" if test else data.in_validation(item))]
    ids = data.left_out_classes(everything)[0 if test else 1]
    return items, [item for item in everything if item.split == "imagenet" and item.wordnet_id in ids]


def print_figures(figures: dict[str, Any]) -> None:
    """Print the figures as a table."""
    for key, part in figures.items():
        print(key, part if not isinstance(part, dict) else "")
        if isinstance(part, dict):
            for name, value in part.items():
                shown = value if isinstance(value, dict) else {"": value}
                print(
                    f"  {name:12}",
                    "  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in shown.items()),
                )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", type=Path, help="folder with corpus/ and imagenet-sample/")
    parser.add_argument("--part", choices=["test", "validation"], default="test")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--fit-scale", action="store_true", help="print the logit scale that calibrates best, and stop")
    args = parser.parse_args()
    encoder = Encoder(args.checkpoint)
    everything = data.read_items(args.corpus)
    items, named = parts(everything, args.part)
    if args.fit_scale:
        classes = {item.fine: item.coarse for item in everything if item.fine}
        known = [item for item in items if item.fine not in data.VALIDATION_CLASSES]  # new sources of known classes
        print(fitted_scale(encoder.images(known), known, classes, encoder.texts))
        return
    figures = report(encoder, items, named)
    if args.json:
        print(json.dumps(figures, indent=1))
        return
    print_figures(figures)


if __name__ == "__main__":
    main()
