"""Kinds of images that are known in advance: a linear classifier of them on the embedding, and the mean of each.

A file of kinds belongs to one model, whose space its vectors are in. The embedded model has one (`NAME`); for another
one, `fit_kinds` computes it from labelled images.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from snapsortd.vision.child.engines.engine import Array, Scores, normalised
from snapsortd.vision.fit_kinds import fitted_path

Places = npt.NDArray[np.intp]

NAME = "kinds.safetensors"
"""The file in a checkpoint's folder."""
MIN_INFORMATION = 0.27
"""Mutual information of kind and label, as a share of what would determine the label, from which the kinds help: label
sets about kinds of images reach 0.36 and more, names of things, breeds or colours 0.18 at most."""

PROMPTS_SHARE = 1 / 3
"""How much the prompts' logits count beside the kinds, whose evidence comes from the same vector."""
SHARPNESS = 3.0
"""Factor of the logits at the mean of a kind, where the prompts are less sure than one can be of a kind's label. Chosen
with PROMPTS_SHARE on validation images."""

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
    """What the kinds say about the labels of one set.

    Labels that no kind tells apart, such as dogs and cats among photos, are one group, (labels,): the kinds decide
    between groups, the prompts within. `shares` are P(group | kind), (kinds, groups); rows sum to 1.
    """

    kinds: Kinds
    groups: Places
    shares: Scores

    def applied(self, logits: Scores, images: Array) -> Scores:
        """Return the logits (n, labels) of normalised vectors (n, dim), given those by the prompts alone.

        A group's are `PROMPTS_SHARE` of its prompts' and log Σ P(kind | image) · P(group | kind).
        """
        together = _grouped(logits, self.groups)
        prior = np.log(self.kinds.probabilities(images) @ self.shares + _TINY)
        found: Scores = logits + ((PROMPTS_SHARE - 1) * together + prior)[:, self.groups]
        return found


def kind_prior(kinds: Kinds | None, logits: Callable[[Array], Scores]) -> KindPrior | None:
    """Return the prior of a label set, or None if the kinds say too little about its labels.

    `logits` are those of the labels without a prior. Taken at the mean of a kind, they are P(label | kind).
    """
    if kinds is None:
        return None
    at_means = logits(kinds.means)
    shares = softmax(at_means)
    if information(shares) < MIN_INFORMATION:
        return None
    groups = label_groups(shares)
    return KindPrior(kinds, groups, softmax(SHARPNESS * _grouped(at_means, groups)))


def label_groups(shares: Scores) -> Places:
    """Return the number of each label's group, (labels,), from P(label | kind), (kinds, labels).

    A label that is the likeliest one for a kind has a group. Any other joins that whose kinds are most like its own.
    """
    leading = np.unique(shares.argmax(axis=1))
    profiles = shares / np.linalg.norm(shares, axis=0)
    groups: Places = (profiles.T @ profiles[:, leading]).argmax(axis=1)
    return groups


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


def _grouped(logits: Scores, groups: Places) -> Scores:
    """Return the logits of groups, (n, groups): the log of the sum of their labels' powers."""
    found = np.full((len(logits), groups.max() + 1), -np.inf)
    for label, group in enumerate(groups):
        found[:, group] = np.logaddexp(found[:, group], logits[:, label])
    return found


def _entropy(shares: Scores) -> Scores:
    found: Scores = -(shares * np.log(shares + _TINY)).sum(axis=-1)
    return found
