"""Which engine looks at images: the fastest that sees what the reference sees. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snapsortd.vision.child.engines.engine import TORCH, Array
from snapsortd.vision.child.engines.labels import label_scores

Wanted = Literal["auto", "torch", "onnx"]

LEAST_COSINE = 0.99
"""Between an engine's vector and the reference's, for every sample."""
CLEAR_MARGIN = 0.05
"""Best score minus second, above which an engine must decide like the reference."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine on the samples: `milliseconds` for one image, vectors of shape (samples seen, dim)."""

    milliseconds: float
    vectors: Array


def least_cosine(vectors: Array, reference: Array) -> float:
    """The least cosine between two engines' normalised vectors of the same images; 0 if one has no number."""
    cosines = (vectors * reference).sum(axis=-1)
    return float(cosines.min()) if np.isfinite(cosines).all() else 0.0


def choose(measured: Mapping[str, Measured], labels: Array, logit_scale: float, wanted: Wanted) -> tuple[str, str]:
    """An engine's name, and why it is this one. `measured` includes the reference, torch.

    `labels`, shape (labels, dim), are the user's, since engines that differ a little may decide alike between some
    labels and not between others.
    """
    reference = measured[TORCH]
    passed_over = []
    for name, each in sorted(measured.items(), key=lambda item: item[1].milliseconds):
        if name == TORCH and wanted == "onnx":
            continue
        if name == TORCH:
            break
        if fault := _drift(each.vectors, reference.vectors, labels, logit_scale):
            passed_over.append(f"{name} {fault}")
            continue
        cosine = least_cosine(each.vectors, reference.vectors)
        told = f"{each.milliseconds:.1f} ms an image, torch {reference.milliseconds:.1f}; cosine ≥ {cosine:.4f}"
        return name, "; ".join((told, *passed_over))
    told = f"{reference.milliseconds:.1f} ms an image, and none that is as exact is faster"
    return TORCH, "; ".join((told, *passed_over))


def _drift(vectors: Array, reference: Array, labels: Array, logit_scale: float) -> str:
    """Where an engine strays too far from the reference, as the end of a sentence; empty if it does not."""
    cosine = least_cosine(vectors, reference)
    if cosine < LEAST_COSINE:
        return f"strays from torch (cosine {cosine:.4f}, at least {LEAST_COSINE} is wanted)"
    expected = label_scores(reference, labels, logit_scale)
    best = np.sort(expected, axis=-1)
    margins = best[:, -1] - best[:, -2] if labels.shape[0] > 1 else np.ones(len(best))
    decided = label_scores(vectors, labels, logit_scale).argmax(axis=-1)
    others = int(((decided != expected.argmax(axis=-1)) & (margins > CLEAR_MARGIN)).sum())
    return f"decides otherwise on {others} of {len(best)} samples" if others else ""
