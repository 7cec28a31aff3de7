"""Bounds that numbers must keep, such as `>= 1MB, < 20MB`."""

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
"""Longest first, as a reader of text must try them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bound, such as `< 20MB`; `text` is how the user wrote it."""

    operator: str
    number: float
    text: str
    slack: float = 0.0
    """How far, as a part of `number`, a value may be off and still be equal to it."""

    def holds(self, value: float) -> bool:
        near = abs(value - self.number) <= self.slack * self.number
        if self.operator in ("==", "!=") and near:
            value = self.number
        return OPERATORS[self.operator](value, self.number)


Range = tuple[Comparison, ...]
"""Bounds that must all hold."""


def within(value: float, bounds: Range) -> bool:
    """Do all bounds hold?"""
    return all(bound.holds(value) for bound in bounds)


def format_bounds(bounds: Range) -> str:
    """The bounds as they were written."""
    return " and ".join(bound.text for bound in bounds)


def cut(value: float, digits: int = 2) -> str:
    """So many decimals, never rounded up: 0.599 must not read as the 0.60 that it missed."""
    scale: int = 10**digits
    return f"{int(value * scale + 1e-9) / scale:.{digits}f}"
