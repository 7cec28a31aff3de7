"""Kinds of images that are known in advance: a linear classifier of them on the embedding, and the mean of each.

A file of kinds belongs to one model, whose space its vectors are in. The embedded model has one (`NAME`); for another
one, `fit_kinds` computes it from labelled images.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from snapsortd.vision.child.engines.engine import Array, Scores, normalised
from snapsortd.vision.fit_kinds import fitted_path

NAME = "kinds.safetensors"
"""The file in a checkpoint's folder."""
MIN_INFORMATION = 0.27
"""Mutual information of kind and label, as a share of what would determine the label, from which the kinds help: label
sets about kinds of images reach 0.36 and more, names of things, breeds or colours 0.18 at most."""

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of one model: `weights` (kinds, dim) and `biases` (kinds,) of the classifier, `means` (kinds, dim)."""

    weights: Array
    biases: Array
    means: Array

    def probabilities(self, images: Array) -> Scores:
        """Return P(kind | image) of normalised vectors (n, dim): (n, kinds), rows sum to 1."""
        return softmax(images.astype(np.float64) @ self.weights.T + self.biases)


@dataclass(frozen=True, slots=True)
class KindPrior:
    """What the kinds say about the labels of one set: `shares`, P(label | kind), (kinds, labels), rows sum to 1."""

    kinds: Kinds
    shares: Scores

    def log_odds(self, images: Array) -> Scores:
        """Return log Σ P(kind | image) · P(label | kind), (n, labels)."""
        found: Scores = np.log(self.kinds.probabilities(images) @ self.shares + _TINY)
        return found


def kind_prior(kinds: Kinds | None, logits: Callable[[Array], Scores]) -> KindPrior | None:
    """Return the prior of a label set, or None if the kinds say too little about its labels.

    `logits` are those of the labels without a prior: P(label | kind) is the labels' score at the mean of the kind.
    """
    if kinds is None:
        return None
    shares = softmax(logits(kinds.means))
    return KindPrior(kinds, shares) if information(shares) >= MIN_INFORMATION else None


def information(shares: Scores) -> float:
    """Return the mutual information of kind and label, for equally frequent kinds, over log(labels): 0 to 1."""
    if shares.shape[1] < 2:
        return 0.0
    gained = _entropy(shares.mean(axis=0)) - _entropy(shares).mean()
    return float(gained / np.log(shares.shape[1]))


def softmax(logits: Scores) -> Scores:
    """Return the softmax of each row."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Scores = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def read_kinds(checkpoint: str, digest: str, state_dir: str) -> Kinds | None:
    """Return the kinds that were fitted for the checkpoint with this digest, or those in its folder, or None."""
    for path in (fitted_path(state_dir, digest), os.path.join(checkpoint, NAME)):
        try:
            found = {name: each.astype(np.float32) for name, each in load_file(path).items()}
            return Kinds(found["weights"], found["biases"], normalised(found["means"]))
        except (OSError, SafetensorError, KeyError):
            continue
    return None


def kinds_to_bytes(kinds: Kinds) -> bytes:
    """Return the content of a file of kinds, in half precision."""
    parts = {"weights": kinds.weights, "biases": kinds.biases, "means": kinds.means}
    data: bytes = save({name: np.ascontiguousarray(each, np.float16) for name, each in parts.items()})
    return data


def _entropy(shares: Scores) -> Scores:
    found: Scores = -(shares * np.log(shares + _TINY)).sum(axis=-1)
    return found
