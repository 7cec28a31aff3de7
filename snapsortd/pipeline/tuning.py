"""Find thresholds that were too low, by what became of the images that they let pass. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from snapsortd.pipeline.replay import Past, facts_of, winner
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.rule import Rule

MIN_AVOIDED = 3
"""Regretted images that another threshold has to avoid: fewer may be chance."""
MIN_RATIO = 2
"""Regretted images that it has to avoid for each other image that it would leave where it was."""
MAX_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Advice:
    """A better `min_score` of a rule: of the images that it filed with a score from `now` up to `better`, `regretted`
    were taken back or corrected since, and `kept` were not. `filed` counts all that it filed."""

    rule: str
    now: float
    better: float
    filed: int
    regretted: int
    kept: int

    @property
    def sentence(self) -> str:
        """Return the reason, and what another threshold would have changed."""
        return (
            f"{self.regretted} of {self.regretted + self.kept} images filed with a score from {self.now:g} to "
            f"{self.better:g} were taken back or corrected: min_score {self.better:g} would have avoided these"
            + (f", and left {self.kept} others where they were" if self.kept else "")
        )


def advise(past: Iterable[Past], rules: Sequence[Rule], negatives: frozenset[str]) -> list[Advice]:
    """Return advice for every rule whose threshold its own history says is too low."""
    filed: dict[str, list[tuple[float, bool]]] = {}
    for each in past:
        scores: Mapping[str, float] = each.content["scores"]
        if name := winner(rules, facts_of(each, scores, negatives)):
            filed.setdefault(name, []).append((max(scores.values()), each.regretted))
    found = (
        _advice(rule.name, asked.min_score, filed[rule.name])
        for rule in rules
        if rule.name in filed and not rule.shadow and (asked := label_filter(rule)) is not None
    )
    return [each for each in found if each is not None]


def label_filter(rule: Rule) -> LabelFilter | None:
    """Return the rule's filter on the label, None unless it has exactly one."""
    asked = [each for each in rule.filters if isinstance(each, LabelFilter)]
    return asked[0] if len(asked) == 1 else None


def _advice(name: str, now: float, filed: Sequence[tuple[float, bool]]) -> Advice | None:
    """Return the threshold that avoids the most regretted images in excess of others, the lowest of equal ones."""
    best: Advice | None = None
    for better in sorted({_above(score) for score, regretted in filed if regretted}):
        below = [regretted for score, regretted in filed if score < better]
        each = Advice(name, now, better, len(filed), sum(below), len(below) - sum(below))
        if each.regretted < max(MIN_AVOIDED, MIN_RATIO * each.kept) or better >= 1:
            continue
        if best is None or each.regretted - each.kept > best.regretted - best.kept:
            best = each
    return best


def _above(score: float) -> float:
    """Return the shortest number above a score that is less than 1; 1 if there is none."""
    for digits in range(2, MAX_DIGITS + 1):
        step = 10.0**digits
        if (found := (math.floor(score * step + 1e-9) + 1) / step) < 1:
            return found
    return 1.0
