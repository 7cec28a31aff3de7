"""What the figures must not fall behind (`at_least`, `at_most`), and what they are meant to reach (`target`).

Seconds have a target only: they are another machine's. What fails the bench is a ratio within one run, or memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

EXPECTED = Path(__file__).with_name("expected.json")


class Judged(NamedTuple):
    """One figure beside what is expected of it."""

    name: str
    value: float
    target: float | None
    reached: bool
    """The target; true where there is none."""
    fell_behind: bool
    """Worse than it may be."""


def judge(figures: Mapping[str, Any], expected: Mapping[str, Mapping[str, float]]) -> Iterator[Judged]:
    """Each expected figure that was measured. A dot in a name leads into a mapping."""
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
    """The limits in `expected.json`."""
    found: dict[str, dict[str, float]] = json.loads(path.read_text())
    return found
