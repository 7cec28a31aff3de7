"""Whether a person should look at a decision. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from snapsortd.domain.decision import Decision
from snapsortd.domain.image import Classification
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.rule import Rule

UNSURE_MARGIN = 0.15
"""Best minus second score below which either label may be right."""


def doubtful_rule(
    decision: Decision, seen: Classification, rules: Sequence[Rule], *, by_person: bool = False
) -> str | None:
    """Return the rule for which a person should look at the image, empty for none in particular; None if it is sure.

    That is a rule in shadow mode, one whose threshold was just missed, or one that filed by a label with a small
    margin. A decision `by_person` is always in doubt, for when it is undone.
    """
    first = decision.actions[0] if decision.actions else None
    if by_person or (first is not None and first.shadow):
        return first.rule if first is not None else ""
    is_close = seen.margin < UNSURE_MARGIN
    if first is not None:
        return first.rule if is_close and asks_for_label(first.rule, rules) else None
    if decision.skipped:
        return None
    missed = next((each.rule for each in decision.rules if each.near is not None), None)
    return "" if missed is None and is_close and any(asks_for_label(rule.name, rules) for rule in rules) else missed


def asks_for_label(name: str, rules: Sequence[Rule]) -> bool:
    """True if the rule of this name has a filter on the label."""
    return any(isinstance(each, LabelFilter) for rule in rules if rule.name == name for each in rule.filters)
