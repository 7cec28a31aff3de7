"""Limits that the figures must keep (`at_least`, `at_most`), and targets that they should reach (`target`).

Seconds only have a target, because they depend on the machine. Only ratios within one run, and memory, fail the bench.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

EXPECTED = Path(__file__).with_name("expected.json")


class Judged(NamedTuple):
    """One figure compared with its limits."""

    name: str
    value: float
    target: float | None
    reached: bool
    """Whether the target was reached; true if there is none."""
    fell_behind: bool
    """Whether it is worse than its limit."""


def judge(figures: Mapping[str, Any], expected: Mapping[str, Mapping[str, float]]) -> Iterator[Judged]:
    """Return each measured figure that has limits. A dot in a name leads into a mapping."""
    for name, limits in expected.items():
        value: Any = figures
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            continue
        target = limits.get("target")
        more_is_better = "at_least" in limits
        reached = target is None or (value >= target if more_is_better else value <= target)
        behind = value < limits.get("at_least", value) or value > limits.get("at_most", value)
        yield Judged(name, value, target, reached, behind)


def read_expected(path: Path = EXPECTED) -> dict[str, dict[str, float]]:
    """Return the limits in `expected.json`."""
    found: dict[str, dict[str, float]] = json.loads(path.read_text())
    return found
