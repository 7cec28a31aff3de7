"""Test that a catastrophic regular expression is stopped, does not match, and lets the next rule be evaluated."""

from __future__ import annotations

import time

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import Facts, Filter, NameFilter, Not, RegexFilter
from snapsortd.rules.filters.name import MAX_MATCH_S
from snapsortd.rules.rule import FilterMode, Rule, RuleAction
from tests.support.images_seen import NOW, seen

pytestmark = pytest.mark.pure

CATASTROPHIC = "(a|aa)+b"
HOSTILE = "a" * 251 + ".png"
REASON = f"name is {HOSTILE}, on which the pattern took longer than 0.1 s, wanted {CATASTROPHIC}"


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(\w+-)*$",
        r"(a|a)*b",
        r"(a|aa)+b",
        r"(a?b?)*c",
        r"((a+))+x",
        r"(?:(?:a|b+))*x",
        r"(\w*){4}x",
        r"(?=(a+)+b)",
        r"(?>(a+)+)b",
        r"(.+)+?x",
        r"(x)?((?(1)a|a)a*)*b",
        r"(.*a){12}b",
        r".*.*.*.*.*.*x",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
    ],
)
def test_no_name_keeps_a_pattern_busy(pattern: str) -> None:
    asked = RegexFilter(pattern)
    asked.check(seen("/in/x"))  # import and compilation are not limited
    for name in (HOSTILE, "a" * 255, "_" * 255, "1" * 255, "a-" * 127, "a." * 127):
        began = time.process_time()
        asked.check(seen(f"/in/{name}"))
        assert time.process_time() - began < 2 * MAX_MATCH_S


def test_a_search_that_was_stopped_matches_neither_way_and_says_so() -> None:
    assert len(HOSTILE) == 255
    for asked in (RegexFilter(CATASTROPHIC), Not(RegexFilter(CATASTROPHIC))):
        verdict = asked.check(seen(f"/in/{HOSTILE}"))
        assert (verdict.matched, verdict.reason, verdict.groups) == (None, REASON, {})
    assert RegexFilter(CATASTROPHIC).check(seen("/in/aab.png")).matched


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        pytest.param(FilterMode.ALL, (NameFilter(("*.png",)),), id="all"),
        pytest.param(FilterMode.ANY, (NameFilter(("*.gif",)),), id="any"),
        pytest.param(FilterMode.NONE, (NameFilter(("*.gif",)),), id="none"),
    ],
)
def test_the_next_rule_is_evaluated_after_a_search_was_stopped(mode: FilterMode, more: tuple[Filter, ...]) -> None:
    trash = (RuleAction(ActionKind.TRASH),)
    rules = [Rule("slow", trash, (RegexFilter(CATASTROPHIC), *more), mode), Rule("next", trash)]
    facts = seen(f"/in/{HOSTILE}")
    decision = evaluate(rules, Facts(facts.file, facts.classification, frozenset(), NOW))
    slow, following = decision.rules
    assert (slow.matched, slow.reasons[0]) == (False, REASON)
    assert following.matched
    assert [action.rule for action in decision.actions] == ["next"]
