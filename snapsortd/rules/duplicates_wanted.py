"""Determine which look-ups of filed images the `duplicate` filters of the rules need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snapsortd.rules.filters import DuplicateFilter, Filter, Not
from snapsortd.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Wanted:
    """The look-ups that the rules need."""

    exact: bool = False
    near: bool = False


def wanted(rules: Sequence[Rule]) -> Wanted:
    """Return the look-ups that these rules need; a disabled rule needs none."""
    filters = [each for rule in rules if rule.enabled for each in _duplicate_filters(rule.filters)]
    return Wanted(any(each.near is None for each in filters), any(each.near is not None for each in filters))


def _duplicate_filters(filters: Sequence[Filter]) -> Iterator[DuplicateFilter]:
    for each in filters:
        inner = each.filter if isinstance(each, Not) else each
        if isinstance(inner, DuplicateFilter):
            yield inner
        elif isinstance(inner, Not):
            yield from _duplicate_filters((inner,))
