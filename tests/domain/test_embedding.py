"""Sketches: 64-bit fingerprints that approximate the angle between two embeddings, equal on every machine."""

from __future__ import annotations

import math
import random
from struct import pack

import pytest

from snapsortd.domain.embedding import BITS, cosine, sketch, unit_vector

pytestmark = pytest.mark.pure

SKETCH = 0xB1A5BC62295BB08B


def embedding(*values: float) -> bytes:
    return pack(f"<{len(values)}e", *values)


def at_cosine(of: tuple[float, ...], cosine: float, noise: random.Random) -> tuple[float, ...]:
    """Return a vector of length 1 at this cosine from another."""
    other = [noise.gauss() for _ in of]
    along = sum(a * b for a, b in zip(other, of, strict=True))
    aside = [a - along * b for a, b in zip(other, of, strict=True)]
    length = math.hypot(*aside)
    return tuple(cosine * a + math.sqrt(1 - cosine**2) * b / length for a, b in zip(of, aside, strict=True))


def test_a_sketch_never_changes() -> None:
    """The journal's contents were written by another version."""
    assert sketch(unit_vector(embedding(*range(-8, 8)))) == SKETCH


@pytest.mark.parametrize("wanted", [0.98, 0.9, 0.5, 0.0])
def test_the_part_of_the_bits_that_differ_is_the_angle(wanted: float) -> None:
    noise = random.Random(7)
    expected = BITS * math.acos(wanted) / math.pi
    differing = []
    for _ in range(40):
        one = unit_vector(embedding(*(noise.gauss() for _ in range(96))))
        differing.append((sketch(one) ^ sketch(at_cosine(one, wanted, noise))).bit_count())
    # The mean of 40, each with a standard deviation of at most 4 bits.
    assert sum(differing) / 40 == pytest.approx(expected, abs=2)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param((1, 0), (1, 0), 1, id="same"),
        pytest.param((1, 0), (0.5, 0), 1, id="other-length"),
        pytest.param((0.6, 0.8), (0.8, 0.6), 0.96, id="near"),
        pytest.param((1, 0), (0, 1), 0, id="across"),
        pytest.param((1, 0), (-1, 0), 0, id="opposite"),
        pytest.param((1, 0), (0, 0), 0, id="nothing"),
        pytest.param((1, 0), (math.nan, 0), 0, id="no-number"),
        pytest.param((1, 0), (math.inf, 0), 0, id="without-end"),
    ],
)
def test_cosine(one: tuple[float, ...], other: tuple[float, ...], expected: float) -> None:
    assert cosine(unit_vector(embedding(*one)), embedding(*other)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("values", [(0.0, 0.0), (math.inf, 0.0), (math.nan, 0.0), ()])
def test_what_has_no_direction_has_no_values(values: tuple[float, ...]) -> None:
    assert unit_vector(embedding(*values)) == ()
