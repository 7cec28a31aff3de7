#!/usr/bin/env python3
"""Compute the kinds of images of a checkpoint, and from which scores its labels are precise, by the training images.

Writes `kinds.safetensors` into the checkpoint's folder and `snapsortd/config/precision.csv`; takes 20 minutes on two
cores for each checkpoint. Run it once more after the checkpoint was trained again: kinds of another tower mean nothing.

A checkpoint that was trained with the newer images scores these too high. `--without` names two that differ from it in
this only, that each was trained without one half of these images: an image's scores for the thresholds are those of the
one that has not seen it.

Rendered images, of the kind that training uses, show kinds in other styles than the corpus's few sources of each.

usage: fit_kinds.py CHECKPOINT CORPUS [--rendered FOLDER...] [--without OUT0 OUT1] [--work WORK]
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import calibrate
import data
import evaluate
import numpy as np

from snapsortd.config.load import default_config_path
from snapsortd.vision.child.engines.fit_kinds import fit_kinds
from snapsortd.vision.child.engines.kinds import NAME, kinds_to_bytes


def training_items(corpus: Path, rendered: Sequence[data.Item] = ()) -> list[data.Item]:
    """Return the training images of corpus/ and more/, then the rendered ones, without near-duplicates of test
    images."""
    everything = [item for item in (*data.read_items(corpus), *data.read_more(corpus), *rendered) if item.fine]
    pixels = np.stack([data.decode(item.path) for item in everything])
    rows: dict[str, list[int]] = {"train": [], "test": []}
    for row, item in enumerate(everything):
        rows[item.split].append(row)
    copies = data.near_copies(pixels, rows["test"], rows["train"])
    return [everything[row] for row in rows["train"] if row not in copies]


def embedded(folder: Path, items: list[data.Item], work: Path | None) -> calibrate.Embedded:
    """Return the images as a checkpoint sees them; `work` keeps their vectors for the next time."""
    encoder = evaluate.Encoder(folder)
    if work is None:
        return calibrate.Embedded(encoder, encoder.images(items).numpy())
    seen = hashlib.sha256((folder / "model.safetensors").read_bytes())
    seen.update("".join(str(item.path) for item in items).encode())
    kept = work / f"vectors-{seen.hexdigest()[:16]}.npy"
    if not kept.exists():
        np.save(kept, encoder.images(items).numpy())
    return calibrate.Embedded(encoder, np.load(kept))


def scored_by(items: list[data.Item], corpus: Path) -> list[int]:
    """Return the number of the checkpoint that has not seen an image, of those of `--without`, or else 0."""
    halves = data.halves([item for item in data.read_more(corpus) if item.split == "train"])
    return [
        next((number for number, half in enumerate(halves, 1) if data.is_more(item) and item.source in half), 0)
        for item in items
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", type=Path, help="folder with corpus/, more/ and imagenet-sample/")
    parser.add_argument("--rendered", type=Path, nargs="+", default=(), help="folders written by rendering/")
    parser.add_argument("--without", type=Path, nargs=2, default=(), help="checkpoints trained without a half of more/")
    parser.add_argument("--work", type=Path, help="folder for the images' vectors")
    args = parser.parse_args()
    drawn = [item for folder in args.rendered for item in data.read_rendered(folder)]
    items = training_items(args.corpus, drawn)
    shipped, *others = [embedded(folder, items, args.work) for folder in (args.checkpoint, *args.without)]
    counts = [calibrate.RENDERED if data.is_rendered(item) else 1.0 for item in items]
    kinds = fit_kinds(shipped.vectors, [item.fine for item in items], counts)
    (args.checkpoint / NAME).write_bytes(kinds_to_bytes(kinds))
    labels = evaluate.starter_prompts()
    numbers = scored_by(items, args.corpus) if others else [0] * len(items)
    scores, tested = calibrate.cross_fitted([shipped, *others], numbers, items, labels)
    table = list(calibrate.rows(scores, tested, labels))
    calibrate.write_table(table, Path(default_config_path()).with_name("precision.csv"))
    shown = sum(map(data.is_rendered, items))
    print(
        f"{len(kinds.biases)} kinds from {len(items)} images, {shown} of them rendered, thresholds from {len(tested)}"
    )
    for row in table:
        print(*row, sep="\t")


if __name__ == "__main__":
    main()
