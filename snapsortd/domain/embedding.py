"""Similarity of two images by their embeddings: exact, and approximate by 64 bits that are quick to compare. Pure.

A sketch records, for 64 fixed random planes, on which side of each plane an embedding is located. Two embeddings that
enclose an angle differ in each bit with the probability angle / π (Charikar 2002, "Similarity estimation techniques
from rounding algorithms", section 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_256
from struct import unpack

BITS = 64

_SQUARE = math.sqrt(2)


def unit_vector(embedding: bytes) -> tuple[float, ...]:
    """Return the numbers of an embedding (float16, little-endian), scaled to length 1; none if it has no direction."""
    values = unpack(f"<{len(embedding) // 2}e", embedding)
    length = math.hypot(*values)
    return tuple(value / length for value in values) if 0 < length < math.inf else ()


def sketch(values: Sequence[float]) -> int:
    """Return the 64-bit sketch, unsigned, of a vector from `unit_vector`.

    The ends of two vectors of length 1 that enclose less than a right angle are less than √2 apart. Python computes a
    distance ten times faster than a sum of products.
    """
    normals = _normals(len(values))
    return sum(1 << number for number, normal in enumerate(normals) if math.dist(normal, values) < _SQUARE)


def cosine(values: Sequence[float], embedding: bytes) -> float:
    """Return the cosine, 0 to 1, of a vector from `unit_vector` and an embedding; 0 if it is negative.

    An embedding of another length, as an import may have stored it, is like nothing. Computed by the law of cosines;
    see `sketch`.
    """
    if len(embedding) != 2 * len(values):
        return 0.0
    other = unpack(f"<{len(values)}e", embedding)
    length = math.hypot(*other)
    if not 0 < length < math.inf:
        return 0.0
    return min(max((1 + length**2 - math.dist(values, other) ** 2) / (2 * length), 0.0), 1.0)


@lru_cache(maxsize=1)
def _normals(length: int) -> tuple[tuple[float, ...], ...]:
    """Return the normals of the planes, always the same, scaled to length 1.

    Their components are sums of four random bytes, which is near enough to a Gaussian.
    """
    normals = []
    for number in range(BITS):
        noise = shake_256(f"snapsortd {number}".encode()).digest(4 * length)
        normal = [sum(noise[start : start + 4]) - 510 for start in range(0, 4 * length, 4)]
        far = math.hypot(*normal)
        normals.append(tuple(each / far for each in normal))
    return tuple(normals)
