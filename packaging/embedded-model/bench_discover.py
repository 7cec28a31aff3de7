#!/usr/bin/env python3
"""Measure how well the groups of `snapsortctl discover` agree with the kinds of the corpus's images.

The images are embedded, grouped and named by the installed product. Prints the groups, and writes the figures as JSON;
`make bench-discover`.

usage: bench_discover.py [CORPUS] [--part test] [--out build/bench-discover.json]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import data

from snapsortd.config import Label
from snapsortd.ctl.evaluation.classify import classify_all, open_classifier
from snapsortd.domain.image import Classification
from snapsortd.files.locations import Locations
from snapsortd.vision.finder import Finder, FoundGroup

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = "embedded"


def embed(items: Sequence[data.Item], here: Locations) -> tuple[list[str], list[bytes]]:
    """Return the kind and the embedding of every image that can be read."""
    with open_classifier(MODEL, [Label("any", ("a photo",))], here) as classifier:
        found = classify_all([str(item.path) for item in items], classifier)
        pairs = [
            (item.fine, each.embedding)
            for item, each in zip(items, found, strict=True)
            if isinstance(each, Classification)
        ]
    return [kind for kind, _ in pairs], [embedding for _, embedding in pairs]


def purity(clusters: Sequence[Sequence[str]]) -> float:
    """Return the share of images that are of the most frequent kind of their group."""
    return sum(Counter(kinds).most_common(1)[0][1] for kinds in clusters) / sum(map(len, clusters))


def mutual_information(clusters: Sequence[Sequence[str]]) -> float:
    """Return the mutual information of groups and kinds, divided by the mean of their entropies: 0 to 1."""
    pairs = Counter((number, kind) for number, kinds in enumerate(clusters) for kind in kinds)
    groups = Counter(number for number, kinds in enumerate(clusters) for _ in kinds)
    kinds = Counter(kind for found in clusters for kind in found)
    mean = (entropy(groups) + entropy(kinds)) / 2
    return (entropy(groups) + entropy(kinds) - entropy(pairs)) / mean if mean else 1.0


def entropy(counts: Counter[Any]) -> float:
    """Return the entropy of a distribution in nats."""
    total = counts.total()
    return -sum(number / total * math.log(number / total) for number in counts.values())


def measure(items: Sequence[data.Item], here: Locations) -> tuple[dict[str, float], list[tuple[FoundGroup, list[str]]]]:
    """Return the figures, and each group with the kinds of its images."""
    kinds, embeddings = embed(items, here)
    seconds = 0.0
    groups: list[FoundGroup] = []
    for _ in range(2):  # the phrases that name groups are embedded the first time only
        began = time.perf_counter()
        with Finder(MODEL, here) as finder:
            groups = finder.groups(embeddings, [])
        seconds = time.perf_counter() - began
    found = [(group, [kinds[row] for row in group.rows]) for group in groups]
    clusters = [of_group for _, of_group in found]
    grouped = sum(map(len, clusters))
    figures = {
        "images": len(kinds),
        "kinds": len(set(kinds)),
        "groups": len(groups),
        "purity": purity(clusters) if clusters else 0.0,
        "mutual_information": mutual_information(clusters) if clusters else 0.0,
        "covered": grouped / len(kinds),
        "seconds": seconds,
    }
    return figures, found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--part", choices=("train", "test"), default="test", help="of the corpus's split")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "bench-discover.json")
    chosen = parser.parse_args()
    if not (chosen.corpus / "corpus" / "index.csv").exists():
        sys.exit(f"{chosen.corpus} holds no corpus/index.csv: name the folder with the image corpus")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    items = [
        item for item in (*data.read_items(chosen.corpus), *data.read_more(chosen.corpus)) if item.split == chosen.part
    ]
    with tempfile.TemporaryDirectory(prefix="bench-discover-") as folder:
        figures, groups = measure(items, Locations("", folder, folder, folder, folder))
    for group, kinds in groups:
        most = ", ".join(f"{number} {kind}" for kind, number in Counter(kinds).most_common(3))
        print(f"  {len(kinds):4} {group.kind:22} {group.agreement:5.2f}   {most}")
    chosen.out.write_text(json.dumps(figures, indent=1) + "\n")
    for name, value in figures.items():
        print(f"{name:20} {value:8.4g}")
    print(chosen.out)


if __name__ == "__main__":
    main()
