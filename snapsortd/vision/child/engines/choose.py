"""Choose the engine: the fastest whose results agree with the reference. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snapsortd.vision.child.engines.engine import TORCH, Array
from snapsortd.vision.child.engines.scoring import LabelScorer

Wanted = Literal["auto", "torch", "onnx"]

MIN_COSINE = 0.99
"""Between an engine's vector and the reference's, for every sample."""
CLEAR_MARGIN = 0.05
"""Best score minus second best, above which an engine must choose the same label as the reference."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine's results: `milliseconds` per image, vectors of shape (samples encoded, dim)."""

    milliseconds: float
    vectors: Array


def min_cosine(vectors: Array, reference: Array) -> float:
    """Return the minimum cosine between two engines' normalised vectors of the same images; 0 if any is not finite."""
    cosines = (vectors * reference).sum(axis=-1)
    return float(cosines.min()) if np.isfinite(cosines).all() else 0.0


def choose(measured: Mapping[str, Measured], labels: LabelScorer, wanted: Wanted) -> tuple[str, str]:
    """Return an engine's name and the reason for the choice. `measured` includes the reference, torch.

    `labels` are the user's, because engines that differ slightly may agree on some labels and not on others.
    """
    reference = measured[TORCH]
    rejected = []
    for name, each in sorted(measured.items(), key=lambda item: item[1].milliseconds):
        if name == TORCH and wanted == "onnx":
            continue
        if name == TORCH:
            break
        if fault := _drift(each.vectors, reference.vectors, labels):
            rejected.append(f"{name} {fault}")
            continue
        cosine = min_cosine(each.vectors, reference.vectors)
        speed = f"{each.milliseconds:.1f} ms per image, torch {reference.milliseconds:.1f}; cosine ≥ {cosine:.4f}"
        return name, "; ".join((speed, *rejected))
    speed = f"{reference.milliseconds:.1f} ms per image, and no engine of the same accuracy is faster"
    return TORCH, "; ".join((speed, *rejected))


def _drift(vectors: Array, reference: Array, labels: LabelScorer) -> str:
    """Describe how an engine differs too much from the reference, as the end of a sentence; "" if it does not."""
    cosine = min_cosine(vectors, reference)
    if cosine < MIN_COSINE:
        return f"differs from torch (cosine {cosine:.4f}, must be at least {MIN_COSINE})"
    expected = labels.scores(reference)
    best = np.sort(expected, axis=-1)
    margins = best[:, -1] - best[:, -2] if expected.shape[1] > 1 else np.ones(len(best))
    decided = labels.scores(vectors).argmax(axis=-1)
    differing = int(((decided != expected.argmax(axis=-1)) & (margins > CLEAR_MARGIN)).sum())
    return f"chooses another label for {differing} of {len(best)} samples" if differing else ""
