"""The thresholds that the rules set for each label. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from snapsortd.ctl.evaluation.metrics import Threshold
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.rule import FilterMode, Rule


def thresholds_in_force(rules: Iterable[Rule]) -> Mapping[str, tuple[Threshold, ...]]:
    """Return for each label the thresholds of the rules that file it; those in shadow mode count too."""
    found: dict[str, tuple[Threshold, ...]] = {}
    for rule in rules:
        if not rule.enabled or rule.leaves_alone or rule.filter_mode is FilterMode.NONE:
            continue
        for each in rule.filters:
            if isinstance(each, LabelFilter):
                for name in each.names:
                    found[name] = (*found.get(name, ()), Threshold(each.min_score, each.min_margin))
    return found
