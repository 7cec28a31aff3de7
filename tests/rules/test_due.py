"""Test when a decision is due again: at the first moment at which time alone makes other rules match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.config.schema.dates import date_bounds
from snapsortd.config.schema.quantities import comparisons, duration
from snapsortd.domain.decision import ActionKind
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import AgeFilter, DateFilter, Filter, NameFilter, Not
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import FilterMode, Rule, RuleAction
from tests.support.images_seen import NOW, seen

pytestmark = pytest.mark.pure

MODIFIED = NOW - timedelta(days=1)
MOVE = (RuleAction(ActionKind.MOVE, parse_destination("/a/")),)
NAMED, OTHERWISE = NameFilter(("shot*",)), NameFilter(("other*",))


def age(text: str, of: str = "modified") -> Filter:
    return AgeFilter(comparisons(text, duration, "> 7d"), of)


def due(*rules: Rule, taken: datetime | None = None) -> timedelta | None:
    """Return how old the file will be at the moment at which the rules decide differently."""
    found = evaluate(rules, seen(taken=taken)).due
    return found and found - MODIFIED


def rule(*filters: Filter, mode: FilterMode = FilterMode.ALL, **how: bool) -> Rule:
    return Rule("a", MOVE, filters, mode, **how)


def days(number: float, *, after: bool = False) -> timedelta:
    return timedelta(days=number) + (timedelta(milliseconds=1) if after else timedelta())


@pytest.mark.parametrize(
    ("filters", "mode", "expected"),
    [
        pytest.param([age("> 30d")], FilterMode.ALL, days(30, after=True), id="over"),
        pytest.param([age(">= 30d")], FilterMode.ALL, days(30), id="at-least"),
        pytest.param([age("< 2d")], FilterMode.ALL, days(2), id="under"),
        pytest.param([age("<= 2d")], FilterMode.ALL, days(2, after=True), id="at-most"),
        pytest.param([age("> 12h")], FilterMode.ALL, None, id="over-for-ever"),
        pytest.param([age("< 12h")], FilterMode.ALL, None, id="never-again"),
        pytest.param([age(">= 3d, < 5d")], FilterMode.ALL, days(3), id="window-opens"),
        pytest.param([age("> 12h, < 5d")], FilterMode.ALL, days(5), id="window-closes"),
        pytest.param([age("> 5d, < 3d")], FilterMode.ALL, None, id="window-never-opens"),
        pytest.param([age("> 999999999999999w")], FilterMode.ALL, None, id="after-the-end-of-time"),
        pytest.param([age(">= 30d", "created")], FilterMode.ALL, days(29), id="created"),
        pytest.param([age(">= 30d", "taken")], FilterMode.ALL, None, id="not-taken"),
        pytest.param([Not(age(">= 30d"))], FilterMode.ALL, days(30), id="not"),
        pytest.param([age(">= 30d")], FilterMode.NONE, days(30), id="none"),
        pytest.param([age(">= 3d"), age(">= 5d")], FilterMode.ALL, days(5), id="all-when-the-last-does"),
        pytest.param([age(">= 3d"), age(">= 5d")], FilterMode.ANY, days(3), id="any-when-the-first-does"),
        pytest.param([age(">= 3d"), NAMED], FilterMode.ALL, days(3), id="all-others-match"),
        pytest.param([age(">= 3d"), OTHERWISE], FilterMode.ALL, None, id="another-never-matches"),
        pytest.param([age(">= 3d"), NAMED], FilterMode.ANY, None, id="another-matches-already"),
        pytest.param([DateFilter(date_bounds("> 2030"))], FilterMode.ALL, None, id="dates-stay"),
        pytest.param([NAMED], FilterMode.ALL, None, id="no-time"),
    ],
)
def test_when_a_rule_answers_differently(
    filters: Sequence[Filter], mode: FilterMode, expected: timedelta | None
) -> None:
    assert due(rule(*filters, mode=mode)) == expected


def test_the_first_of_several_rules_counts_if_it_is_evaluated() -> None:
    late, early = rule(age(">= 9d")), rule(age(">= 4d"))
    assert due(late, early) == days(4)
    assert due(rule(NAMED), early) is None
    assert due(rule(NAMED, continues=True), early) == days(4)
    assert due(replace(early, enabled=False), late) == days(9)
    assert due(replace(early, locations=("/elsewhere",)), late) == days(9)
    assert due(Rule("keep", (), (NAMED,), leaves_alone=True), early) is None
    assert due(rule(age("< 3d")), early) == days(3)


def test_the_age_of_a_picture_counts_from_when_it_was_taken_wherever_the_camera_was() -> None:
    for taken in (datetime(2025, 6, 14, 12, tzinfo=UTC), datetime(2025, 6, 14, 12)):  # noqa: DTZ001 (as cameras do)
        assert due(rule(age(">= 30d", "taken")), taken=taken) == days(30)


BOUND = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(0, 5))


@given(st.lists(BOUND, min_size=1, max_size=3), st.integers(-3, 6))
def test_until_then_nothing_changes_and_then_something_does(bounds: list[tuple[str, int]], old: int) -> None:
    asked = age(", ".join(f"{symbol} {number}s" for symbol, number in bounds))
    facts = replace(seen(), now=MODIFIED + timedelta(seconds=old))
    now = asked.check(facts)
    for step in range(1, 25):
        later = replace(facts, now=facts.now + timedelta(seconds=step / 2))
        if now.until is None or later.now < now.until:
            assert asked.check(later).matched is now.matched
    if now.until is not None:
        assert asked.check(replace(facts, now=now.until)).matched is not now.matched
