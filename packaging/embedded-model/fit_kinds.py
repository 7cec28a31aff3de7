#!/usr/bin/env python3
"""Compute the kinds of images of a checkpoint, and from which scores its labels are precise, by the training images.

Writes `kinds.safetensors` into the checkpoint's folder and `snapsortd/config/precision.csv`; takes 20 minutes on two
cores. Run it once more after the checkpoint was trained again: kinds of another tower mean nothing.

usage: fit_kinds.py CHECKPOINT CORPUS
"""

from __future__ import annotations

import argparse
from pathlib import Path

import calibrate
import data
import evaluate
import numpy as np
import numpy.typing as npt

from snapsortd.config.load import default_config_path
from snapsortd.vision.child.engines.fit_kinds import fit_kinds
from snapsortd.vision.child.engines.kinds import NAME, kinds_to_bytes


def training_items(corpus: Path) -> list[data.Item]:
    """Return the training images of corpus/ and more/, without near-duplicates of test images."""
    everything = [item for item in (*data.read_items(corpus), *data.read_more(corpus)) if item.fine]
    pixels = np.stack([data.decode(item.path) for item in everything])
    rows: dict[str, list[int]] = {"train": [], "test": []}
    for row, item in enumerate(everything):
        rows[item.split].append(row)
    copies = data.near_copies(pixels, rows["test"], rows["train"])
    return [everything[row] for row in rows["train"] if row not in copies]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", type=Path, help="folder with corpus/, more/ and imagenet-sample/")
    args = parser.parse_args()
    items = training_items(args.corpus)
    encoder = evaluate.Encoder(args.checkpoint)
    write(encoder.images(items).numpy(), items, encoder, args.checkpoint)


def write(
    vectors: npt.NDArray[np.float32], items: list[data.Item], encoder: evaluate.Encoder, checkpoint: Path
) -> None:
    """Fit and write both files."""
    kinds = fit_kinds(vectors, [item.fine for item in items])
    (checkpoint / NAME).write_bytes(kinds_to_bytes(kinds))
    labels = evaluate.starter_prompts()
    scores, tested = calibrate.cross_fitted(vectors, items, encoder, labels)
    table = list(calibrate.rows(scores, tested, labels))
    calibrate.write_table(table, Path(default_config_path()).with_name("precision.csv"))
    print(f"{len(kinds.biases)} kinds from {len(items)} images, thresholds from {len(tested)}")
    for row in table:
        print(*row, sep="\t")


if __name__ == "__main__":
    main()
