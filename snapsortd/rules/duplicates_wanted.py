"""What the `duplicate` filters of the rules need to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snapsortd.rules.filters import DuplicateFilter, Filter, Not
from snapsortd.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which look-ups the rules ask for."""

    exact: bool = False
    near: bool = False


def wanted(rules: Sequence[Rule]) -> Wanted:
    """What these rules ask; a rule that is switched off asks nothing."""
    asked = [each for rule in rules if rule.enabled for each in _duplicate_filters(rule.filters)]
    return Wanted(any(each.near is None for each in asked), any(each.near is not None for each in asked))


def _duplicate_filters(filters: Sequence[Filter]) -> Iterator[DuplicateFilter]:
    for each in filters:
        inner = each.filter if isinstance(each, Not) else each
        if isinstance(inner, DuplicateFilter):
            yield inner
        elif isinstance(inner, Not):
            yield from _duplicate_filters((inner,))
