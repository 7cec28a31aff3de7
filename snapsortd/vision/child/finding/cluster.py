"""Agglomerative clustering with average linkage, in numpy alone.

The nearest-neighbour chain (Murtagh 1983, "A survey of recent advances in hierarchical clustering algorithms") finds
the merges of average linkage in quadratic time: it follows nearest neighbours until two clusters are each other's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snapsortd.vision.child.engines.engine import Array

Numbers = NDArray[np.intp]


def clusters(points: Array, cut: float) -> Numbers:
    """Return the cluster of each point, (n,), numbered from 0 in the order of their first points.

    `points`, (n, d), are compared by their Euclidean distance; clusters whose mean distance is below `cut` are merged.
    """
    parents = np.arange(len(points))
    for one, other in _merges(distances(points), cut):
        parents[_root(parents, other)] = _root(parents, one)
    roots = [_root(parents, each) for each in range(len(points))]
    order = {root: number for number, root in enumerate(dict.fromkeys(roots))}
    return np.array([order[root] for root in roots], np.intp)


def distances(points: Array) -> Array:
    """Return the Euclidean distances of all pairs, (n, n); infinite on the diagonal."""
    squares = (points**2).sum(axis=1)
    found: Array = squares[:, None] + squares - 2 * points @ points.T
    np.sqrt(np.maximum(found, 0, out=found), out=found)
    np.fill_diagonal(found, np.inf)
    return found


def _merges(distance: Array, cut: float) -> list[tuple[int, int]]:
    """Return the merges at a mean distance below `cut`, each by one point of both clusters; `distance` is used up.

    The row of a merged cluster is that of the first point in it; that of the other becomes infinite. By the formula of
    Lance and Williams, the mean distance to a union is the mean of both, weighted by their sizes.
    """
    sizes = np.ones(len(distance))
    merges: list[tuple[int, int]] = []
    open_clusters = np.ones(len(distance), bool)
    chain: list[int] = []
    while open_clusters.any():
        if not chain:
            chain.append(int(open_clusters.argmax()))
        last = chain[-1]
        nearest = int(distance[last].argmin())
        if len(chain) > 1 and distance[last, chain[-2]] <= distance[last, nearest]:
            nearest = chain[-2]  # of several that are equally near, so that the chain ends
        if distance[last, nearest] >= cut:  # and no later merge brings anything nearer
            open_clusters[last] = False
            _retire(distance, last)
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            chain = chain[:-2]
            _merge(distance, sizes, nearest, last)
            open_clusters[last] = False
            merges.append((nearest, last))
        else:
            chain.append(nearest)
    return merges


def _merge(distance: Array, sizes: NDArray[Any], into: int, gone: int) -> None:
    total = sizes[into] + sizes[gone]
    joined = (sizes[into] * distance[into] + sizes[gone] * distance[gone]) / total
    joined[into] = joined[gone] = np.inf
    distance[into], distance[:, into] = joined, joined
    sizes[into] = total
    _retire(distance, gone)


def _retire(distance: Array, row: int) -> None:
    distance[row], distance[:, row] = np.inf, np.inf


def _root(parents: Numbers, point: int) -> int:
    while parents[point] != point:
        parents[point] = parents[parents[point]]
        point = int(parents[point])
    return point
