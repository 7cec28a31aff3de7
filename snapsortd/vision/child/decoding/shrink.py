"""Find the integer factor by which an image may be shrunk before it is resized, which is far cheaper than resizing."""

from __future__ import annotations

JPEG_FACTORS = (8, 4, 2)
"""A JPEG decoder can shrink by these factors, which costs less than decoding all pixels."""


def may_shrink(size: tuple[int, int], factor: int, side: int) -> bool:
    """Return whether `factor` × `factor` pixels may become one, for a model whose input has `side` pixels.

    The shorter side must keep 2 × `side` pixels, or 1.5 × `side` if both sides are multiples of the factor: otherwise
    the last pixel represents fewer original pixels than the others, which shifts them; the fewer there are, the more.
    """
    exact = not any(length % factor for length in size)
    return min(size) >= (1.5 if exact else 2) * side * factor


def shrink_factor(size: tuple[int, int], side: int) -> int:
    """Return the largest permitted factor, or 1."""
    factors = range(2 * min(size) // (3 * side), 1, -1)
    return next((factor for factor in factors if may_shrink(size, factor, side)), 1)
