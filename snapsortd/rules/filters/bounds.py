"""Bounds for numbers, such as `>= 1MB, < 20MB`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
"""Longest first, the order in which a parser must try them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bound, such as `< 20MB`; `text` is the bound as the user wrote it."""

    operator: str
    number: float
    text: str
    slack: float = 0.0
    """Relative tolerance of `==` and `!=`, as a fraction of `number`."""

    def holds(self, value: float) -> bool:
        """Return True if the value is within this bound."""
        near = abs(value - self.number) <= self.slack * self.number
        if self.operator in ("==", "!=") and near:
            value = self.number
        return OPERATORS[self.operator](value, self.number)


Range = tuple[Comparison, ...]
"""Bounds that must all hold."""


def within(value: float, bounds: Range) -> bool:
    """Return True if all bounds hold for the value."""
    return all(bound.holds(value) for bound in bounds)


def format_bounds(bounds: Range) -> str:
    """Return the bounds as the user wrote them."""
    return " and ".join(bound.text for bound in bounds)
