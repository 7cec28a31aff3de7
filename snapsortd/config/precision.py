"""Turn a wanted precision into a score: `label: {is: receipt, precision: 97%}`.

`precision.csv` has, for the starter configuration's labels and the embedded model, the lowest scores from which so many
images were right on validation images. For other prompts and models there is no such measurement. A score is meant to
be the probability that the label is right, so that the precision itself is taken as the score.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from snapsortd.config.settings import Label
from snapsortd.rules.filters import Filter, LabelFilter, Not
from snapsortd.rules.rule import Rule

MODEL = "embedded"
"""The model whose scores were measured."""
_BETWEEN_PROMPTS = " | "


def resolve(rules: Sequence[Rule], labels: Sequence[Label], model: str) -> tuple[Rule, ...]:
    """Return the rules with the score for each wanted precision."""
    known = {label.name: label for label in labels}

    def resolved(each: Filter) -> Filter:
        if isinstance(each, Not):
            return Not(resolved(each.filter))
        if not isinstance(each, LabelFilter) or each.precision is None:
            return each
        wanted = each.precision
        found = [measured_score(known[name], model, wanted) for name in each.names]
        return replace(each, min_score=max(wanted if score is None else score for score in found))

    return tuple(replace(rule, filters=tuple(resolved(each) for each in rule.filters)) for rule in rules)


def measured_score(label: Label, model: str, precision: float) -> float | None:
    """Return the lowest score from which the precision was measured for this label, or None."""
    levels = _table().get((label.name, label.prompts), {}) if model == MODEL else {}
    return min((score for level, score in levels.items() if level >= precision), default=None)


@cache
def _table() -> Mapping[tuple[str, tuple[str, ...]], Mapping[float, float]]:
    """Return for each label and its prompts the score of each precision."""
    found: dict[tuple[str, tuple[str, ...]], dict[float, float]] = {}
    path = os.path.join(os.path.dirname(__file__), "precision.csv")
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["label"], tuple(row["prompts"].split(_BETWEEN_PROMPTS))
            found.setdefault(key, {})[float(row["precision"])] = float(row["min_score"])
    return found
