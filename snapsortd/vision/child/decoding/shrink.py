"""By how much an image may be shrunk in whole steps before it is resized: far cheaper than resizing at once."""

from __future__ import annotations

JPEG_FACTORS = (8, 4, 2)
"""A JPEG decoder can make one pixel of so many each way, at less cost than all of them."""


def may_shrink(size: tuple[int, int], factor: int, side: int) -> bool:
    """True if `factor` pixels each way may become one, where `side` pixels are looked at.

    The shorter side keeps 2 × `side` pixels. It keeps 1.5 × where both sides are multiples of the factor: where one is
    not, its last pixel stands for fewer than the others do, which shifts them the further, the fewer they are.
    """
    exact = not any(length % factor for length in size)
    return min(size) >= (1.5 if exact else 2) * side * factor


def whole_factor(size: tuple[int, int], side: int) -> int:
    """The largest factor that may be; 1 where none is."""
    factors = range(2 * min(size) // (3 * side), 1, -1)
    return next((factor for factor in factors if may_shrink(size, factor, side)), 1)
