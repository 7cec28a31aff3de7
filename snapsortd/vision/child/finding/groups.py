"""Find groups of images that look alike by their embeddings, and name each after a kind of images.

The embeddings are centred, because the images of one person have much in common, and reduced to their principal
components, because the others are noise to a mean distance. Other images beside them are part of that mean: images of
one kind alone would otherwise be compared by what distinguishes them.

Descriptions in words are not compared: on 575 images with captions written by people, groups of these had a purity of
0.98 instead of 0.96, but covered 49 % of the images instead of 86 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.finding.cluster import Numbers, clusters

DIMENSIONS = 32
CUT = 0.9
"""Mean distance of two clusters, as points on a sphere, above which they stay apart."""
MIN_SIZE = 5
MAX_CLUSTERED = 5_000
"""Images that are clustered: the distances of their pairs take 100 MB. The others join the group that they are in."""
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Group:
    """Images that look alike."""

    kind: str
    """The kind of images that it is named after."""
    rows: tuple[int, ...]
    """The images, the most typical first."""
    agreement: float
    """The share of its images that the same kind describes best, 0 to 1."""


def find_groups(images: Array, kinds: Mapping[str, Array], others: Array) -> list[Group]:
    """Return the groups among embeddings (n, dim), the largest first.

    `kinds` has the normalised vectors of each kind's phrases, (phrases, dim). `others`, (m, dim), are embeddings to
    compare with; they are in no group.
    """
    if len(images) < MIN_SIZE:
        return []
    everything = normalised(np.vstack([images, others]))
    points = reduced(everything)[: len(images)]
    groups = members(points)
    scores = standard_scores(everything, kinds)[: len(images)]
    names, best = list(kinds), scores.argmax(axis=1)
    found = []
    for rows in groups:
        kind = int(scores[rows].mean(axis=0).argmax())
        nearest = np.argsort(-points[rows] @ points[rows].mean(axis=0), kind="stable")
        agreement = float((best[rows] == kind).mean())
        found.append(Group(names[kind], tuple(map(int, rows[nearest])), agreement))
    return sorted(found, key=lambda group: -len(group.rows))


def reduced(images: Array) -> Array:
    """Return normalised vectors (n, dim) as points on a sphere around their mean, (n, DIMENSIONS) or less."""
    centred = images - images.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return normalised(centred @ axes[:, -DIMENSIONS:])


def members(points: Array) -> list[Numbers]:
    """Return the rows of each group of MIN_SIZE points or more."""
    chosen = np.arange(len(points))
    if len(points) > MAX_CLUSTERED:
        chosen = np.sort(np.random.default_rng(0).choice(len(points), MAX_CLUSTERED, replace=False))
    numbers = clusters(points[chosen], CUT)
    groups = [chosen[numbers == number] for number in range(int(numbers.max()) + 1)]
    groups = [rows for rows in groups if len(rows) >= MIN_SIZE]
    if len(chosen) == len(points) or not groups:
        return groups
    means = np.stack([points[rows].mean(axis=0) for rows in groups])
    others = np.setdiff1d(np.arange(len(points)), chosen)
    # The mean squared distance of a point to those of a group, of which all have the length 1.
    squares = 2 - 2 * points[others] @ means.T
    nearest, is_near = squares.argmin(axis=1), squares.min(axis=1) < CUT**2
    return [np.concatenate([rows, others[(nearest == number) & is_near]]) for number, rows in enumerate(groups)]


def standard_scores(images: Array, kinds: Mapping[str, Array]) -> Array:
    """Return by how many standard deviations each kind describes each image better than it does the mean, (n, kinds).

    A kind that is near to all of the images says nothing about one of them.
    """
    cosines = np.stack([images @ normalised(phrases.mean(axis=0)) for phrases in kinds.values()], axis=1)
    scores: Array = (cosines - cosines.mean(axis=0)) / (cosines.std(axis=0) + TINY)
    return scores
