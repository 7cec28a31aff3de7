"""How sure a share is that was counted on few images. Pure."""

from __future__ import annotations

from math import sqrt

Z = 1.96
"""Standard deviations of a confidence of 95 %."""


def interval(share: float, n: int) -> tuple[float, float]:
    """Return the bounds between which the true share lies with a confidence of 95 %, by Wilson's score interval
    (E. B. Wilson 1927, "Probable inference, the law of succession, and statistical inference")."""
    middle = share + Z**2 / (2 * n)
    spread = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
