#!/usr/bin/env python3
"""Choose how far to go from a checkpoint to the weights that finetune.py found, and write the result.

Weights between the old and the new ones are often better than both, on old and on new sources (Wortsman et al. 2022,
arXiv:2109.01903). Each run is measured on the half of the newer images that it left out. What is written is the average
of the runs, mixed with the start: `--share` of it.

usage: choose.py CORPUS START WORK --runs WITHOUT0.pt WITHOUT1.pt [--write OUT --share A]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import data
import evaluate
import finetune
import numpy as np
import port
import prompts
import torch
import train
from export import export, read
from heads import Heads
from torch import nn
from torch.nn import functional as F
from tower import Tower

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
State = dict[str, torch.Tensor]


def label_sets() -> dict[str, tuple[dict[str, tuple[str, ...]], Callable[[data.Item], str]]]:
    """Return all sets of labels to measure: their prompts, and the function that gives an image's label."""
    sets = {**prompts.HELD_OUT, "starter": evaluate.starter_prompts(), "made_up": evaluate.MADE_UP}
    return {key: (labels, evaluate.MAPPINGS[key]) for key, labels in sets.items()}


def mixed(start: State, run: State, share: float) -> State:
    return {key: torch.lerp(start[key], run[key], share) for key in start}


def early(tower: Tower, items: list[data.Item], file: Path) -> torch.Tensor:
    """Return the images after the early blocks at the size of the checkpoint, kept in a file."""
    if not file.exists():
        parts = []
        for item in items:
            pixels = train.normalised(data.decode(item.path, port.IMAGE_SIZE)[None])
            parts.append(finetune.early(tower, pixels).half())
        torch.save(torch.cat(parts), file)
    return torch.load(file, weights_only=True)


class Images:
    """Images to choose by, as the early blocks see them; `named`: photos of ImageNet classes that no run has seen."""

    def __init__(self, corpus: Path, tower: Tower, work: Path) -> None:
        more = [item for item in data.read_more(corpus) if item.split == "train"]
        halves = data.halves(more)
        self.parts = [[item for item in more if item.source in half] for half in halves]
        old = data.read_items(corpus)
        ids = data.left_out_classes(old)[1]
        self.named = [item for item in old if item.split == "imagenet" and item.wordnet_id in ids]
        self.inputs = [early(tower, part, work / f"half{k}.pt") for k, part in enumerate(self.parts)]
        self.named_inputs = early(tower, self.named, work / "named.pt")


def features(tower: Tower, heads: Heads, inputs: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        parts = [finetune.late(tower, part.float()) for part in inputs.split(16)]
        return heads.images(torch.cat(parts))


def figures(images: Images, states: list[State], both: nn.ModuleList) -> dict[str, float]:
    """Return the figures of two states over the halves that they left out, together."""
    tower, heads = both
    text_tower, tokens = port.text_tower(), port.tokenizer()
    assert isinstance(tower, Tower)
    assert isinstance(heads, Heads)
    found: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {}
    top5, names = [], {}

    def texts(prompts_: list[str]) -> torch.Tensor:
        with torch.inference_mode():
            return heads.texts(train.embed(prompts_, text_tower, tokens))

    for state, part, inputs in zip(states, images.parts, images.inputs, strict=True):
        both.load_state_dict(state)
        seen = features(tower, heads, inputs)
        for key, (labels, label_of) in label_sets().items():
            outcome = evaluate.outcome(seen, [label_of(item) for item in part], labels, texts, train.SCALE)
            found.setdefault(key, []).append((outcome.scores, outcome.truth))
            names[key] = outcome.labels
        spoken = [item.caption for item in images.named]
        top5.append(evaluate.open_vocabulary(features(tower, heads, images.named_inputs), spoken, texts)[1])
    result = {}
    for key, parts in found.items():
        outcome = evaluate.Outcome(torch.cat([s for s, _ in parts]), torch.cat([t for _, t in parts]), names[key])
        recalls = outcome.recalls()
        result[key] = outcome.accuracy
        result[f"{key}, mean recall"] = sum(recalls.values()) / len(recalls)
        result[f"{key}, loss"] = F.nll_loss(outcome.scores.clamp(min=1e-6).log(), outcome.truth).item()
        result[f"{key}, calibration"] = outcome.calibration_error()
        if key == "starter":
            score, best = outcome.scores.max(1)
            wanted = torch.tensor([outcome.labels.index("screenshot"), outcome.labels.index("receipt")])
            moved = (score >= 0.95) & torch.isin(best, wanted)
            result["moved, precision"] = (best == outcome.truth)[moved].float().mean().item()
            right = moved & (best == outcome.truth)
            result["moved, recall"] = right.sum().item() / torch.isin(outcome.truth, wanted).sum().item()
    return {**result, "names, top-5": float(np.mean(top5))}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path, help="folder with corpus/, more/ and imagenet-sample/")
    parser.add_argument("start", type=Path, help="checkpoint folder that the runs began with")
    parser.add_argument("work", type=Path, help="folder for cached features")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="weights, one run for each half left out")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--write", type=Path, help="checkpoint folder to write")
    parser.add_argument("--share", type=float, default=1.0, help="of the runs' average in what is written")
    args = parser.parse_args()
    both = nn.ModuleList(read(args.start))
    start = {key: value.clone() for key, value in both.state_dict().items()}
    runs = [
        {k.removeprefix("module."): v for k, v in torch.load(path, weights_only=True).items()} for path in args.runs
    ]
    if args.write:
        average = {key: sum(run[key] for run in runs) / len(runs) for key in start}
        both.load_state_dict(mixed(start, average, args.share))
        export(*both, train.SCALE, args.write)
        return
    images = Images(args.corpus, both[0], args.work)
    table = [figures(images, [mixed(start, run, share) for run in runs], both) for share in args.shares]
    print(f"{'share':28}", *(f"{share:6.2f}" for share in args.shares))
    for key in table[0]:
        print(f"{key:28}", *(f"{row[key]:6.3f}" for row in table))


if __name__ == "__main__":
    main()
