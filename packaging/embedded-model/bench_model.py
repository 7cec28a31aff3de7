#!/usr/bin/env python3
"""Evaluate the embedded model on the test images of corpus/ and more/, together and apart; `make bench-model`.

Prints figures with their targets, and writes them as JSON, with confusion matrix and calibration of the starter
configuration's labels as PNG. Its rules are evaluated by the installed product, the label sets by `evaluate.py`.

usage: bench_model.py [CORPUS] [--small] [--out build/bench-model.json]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import data
import evaluate
import torch
from transformers import AutoModel

from snapsortd.vision.cores import default_threads

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
EMBEDDED = REPOSITORY / "snapsortd" / "vision" / "embedded"
sys.path.insert(0, str(REPOSITORY / "tests" / "bench"))

import checkpoint  # noqa: E402
import floors  # noqa: E402

ROUNDS = 40  # of the tower's timing, alternating between both models


def by_the_product(items: list[data.Item], picture: Path) -> dict[str, Any]:
    """Run `snapsortctl model eval` with the configuration that `snapsortctl init` writes.

    What its rules do not file is given no label of it, so that any label that is not filed is right.
    """
    with tempfile.TemporaryDirectory(prefix="bench-model-") as folder:
        table = Path(folder) / "images.csv"
        with table.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("path", "label"))
            rows.writerows((item.path.absolute(), filed_label(item)) for item in items)
        program = Path(sys.executable).with_name("snapsortctl")
        command = [program, "model", "eval", table, "--json", "--picture", picture]
        homes = {f"XDG_{name}_HOME": f"{folder}/{name.lower()}" for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        env = {name: value for name, value in os.environ.items() if name != "SNAPSORTD_CONFIG"} | homes
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def filed_label(item: data.Item) -> str:
    label = evaluate.three_labels(item)
    return "stays" if label == "other" else label


def tower_ratio(kept: Path, *, small: bool) -> float:
    """Return the speedup over the image tower of CLIP ViT-B/32: torch in float32, one image of its size, medians."""
    torch.set_num_threads(default_threads())
    models = [
        AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        for folder in (checkpoint.make_checkpoint(kept, small=small), EMBEDDED)
    ]

    sides = [model.config.vision_config.image_size for model in models]
    asked = [
        (model.get_image_features, torch.rand(1, 3, side, side)) for model, side in zip(models, sides, strict=True)
    ]

    def seconds(run: Callable[..., object], pixels: torch.Tensor) -> float:
        began = time.perf_counter()
        run(pixel_values=pixels)
        return time.perf_counter() - began

    with torch.inference_mode():
        rounds = [[seconds(*each) for each in asked] for _ in range(ROUNDS)]
    return statistics.median(clip / embedded for clip, embedded in rounds)


def main() -> None:
    """Measure, print, write; exit with code 1 if a figure falls short of its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--small", action="store_true", help="no CLIP of the real size, to test the bench itself")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "bench-model.json")
    chosen = parser.parse_args()
    if not (chosen.corpus / "corpus" / "index.csv").exists():
        sys.exit(f"{chosen.corpus} holds no corpus/index.csv: name the folder with the image corpus")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    items, named = evaluate.parts(data.read_items(chosen.corpus), "test")
    more = [item for item in data.read_more(chosen.corpus) if item.split == "test"]
    encoder = evaluate.Encoder(EMBEDDED)
    figures: dict[str, Any] = {}
    for name, part in (("corpus", items), ("more", more), ("both", [*items, *more])):
        figures[name] = evaluate.report(encoder, part, named if name == "both" else [])
        figures[name]["default"] = by_the_product(part, chosen.out.with_name(f"{chosen.out.stem}-{name}.png"))
    figures["tower_ratio"] = tower_ratio(
        chosen.out.parent / f"vit-b32{'-small' if chosen.small else ''}", small=chosen.small
    )
    chosen.out.write_text(json.dumps(figures, indent=1) + "\n")
    for name in ("corpus", "more", "both"):
        print(f"\n{name}")
        evaluate.print_figures(figures[name])
    behind = False
    print()
    for each in floors.judge(figures, floors.read_expected(HERE / "expected.json")):
        goal = "" if each.target is None else f"target {each.target:g}"
        verdict = "FELL BEHIND" if each.fell_behind else "" if each.reached else "missed"
        behind |= each.fell_behind
        print(f"  {each.name:32} {each.value:8.3f}   {goal:14} {verdict}")
    print(f"\n{chosen.out}")
    sys.exit(1 if behind and not chosen.small else 0)


if __name__ == "__main__":
    main()
