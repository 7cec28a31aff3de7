"""Filter on the label that the model assigned."""

from __future__ import annotations

from dataclasses import dataclass

from snapsortd.domain.decision import Shortfall
from snapsortd.domain.text import score_digits, score_text
from snapsortd.rules.filters.filter import Facts, Verdict
from snapsortd.rules.filters.patterns import either


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """The best label is one of `names` and reaches both thresholds (0 to 1).

    If a negative label wins, neither this nor its opposite matches, unless `names` contains that label.
    """

    names: tuple[str, ...]
    min_score: float = 0.5
    min_margin: float = 0.0
    precision: float | None = None
    """The wanted precision that `min_score` was looked up for; None if it was given as a score."""

    def check(self, facts: Facts) -> Verdict:
        classification = facts.classification
        wanted = either(self.names)
        fact = f"label is {classification.label} ({score_text(classification.score)})"
        if classification.label in facts.negatives and classification.label not in self.names:
            return Verdict(None, f"{fact}, which is negative: the file is left alone")
        if classification.label not in self.names:
            return Verdict(False, fact, wanted)
        if classification.score < self.min_score:
            missed = Shortfall("score", classification.score, self.min_score)
            return Verdict(False, f"label is {classification.label}, but {_below(missed)}", shortfall=missed)
        if classification.margin < self.min_margin:
            missed = Shortfall("margin", classification.margin, self.min_margin)
            return Verdict(False, f"{fact}, but {_below(missed)}", shortfall=missed)
        return Verdict(True, fact, wanted)


def _below(missed: Shortfall) -> str:
    digits = score_digits(missed.limit)
    value, limit = score_text(missed.value, digits), score_text(missed.limit, digits)
    return f"{missed.measure} {value} is below min_{missed.measure} {limit}"
