"""Test that a threshold is called too low only where its own history says so, and what would be better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from snapsortd.domain.decision import ActionKind, Decision
from snapsortd.pipeline.replay import Past, past_of
from snapsortd.pipeline.replies import decision_to_json
from snapsortd.pipeline.tuning import Advice, advise
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import Rule, RuleAction
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

MOVE = (RuleAction(ActionKind.MOVE, parse_destination("/filed/")),)
BILLS = Rule("Bills", MOVE, (LabelFilter(("receipt",), min_score=0.8),))


def past(scores: Iterable[tuple[float, bool]]) -> list[Past]:
    rows = []
    for number, (score, regretted) in enumerate(scores):
        facts = seen(f"/in/{number}.png")
        shown = replace(facts.classification, scores={"receipt": score, "photo": 1 - score}, zero_shot={})
        rows.append(
            (facts.file.path, bytes(32), 1e9, decision_to_json(facts.file, shown, Decision(()), 1.0), regretted, "")
        )
    return past_of(rows)


WRONG, RIGHT = True, False


@pytest.mark.parametrize(
    ("filed", "better"),
    [
        pytest.param(
            [(0.82, WRONG), (0.85, WRONG), (0.874, WRONG), (0.83, RIGHT), (0.99, RIGHT)], 0.88, id="wrong-below"
        ),
        pytest.param([(0.82, WRONG), (0.85, WRONG), (0.99, RIGHT)], None, id="too-few"),
        pytest.param([(0.82, WRONG)] * 3 + [(0.81, RIGHT)] * 2, None, id="too-many-right-below"),
        pytest.param([(0.82, WRONG)] * 4 + [(0.9, WRONG)] + [(0.85, RIGHT)] * 2, 0.83, id="one-far-above-is-left"),
        pytest.param([(0.9996, WRONG)] * 3 + [(0.99991, RIGHT)], 0.9997, id="close-to-one"),
        pytest.param([(1.0, WRONG)] * 5, None, id="nothing-above"),
        pytest.param([(0.7, WRONG)] * 5, None, id="not-filed-at-this-threshold"),
    ],
)
def test_thresholds_that_were_too_low(filed: list[tuple[float, bool]], better: float | None) -> None:
    assert [each.better for each in advise(past(filed), [BILLS], frozenset())] == ([better] if better else [])


def test_the_sentence_says_what_it_gains_and_costs() -> None:
    filed = [(0.82, WRONG)] * 11 + [(0.84, RIGHT)] * 3 + [(0.87, WRONG)] * 4 + [(0.95, WRONG)] + [(0.9, RIGHT)] * 20
    (found,) = advise(past(filed), [BILLS], frozenset())
    assert found == Advice("Bills", 0.8, 0.88, 39, 15, 3)
    assert found.sentence == (
        "15 of 18 images filed with a score from 0.8 to 0.88 were taken back or corrected: "
        "min_score 0.88 would have avoided these, and left 3 others where they were"
    )


@pytest.mark.parametrize(
    "rule", [replace(BILLS, shadow=True), replace(BILLS, filters=()), replace(BILLS, enabled=False)]
)
def test_rules_that_have_no_threshold_in_effect(rule: Rule) -> None:
    assert advise(past([(0.82, WRONG)] * 5), [rule], frozenset()) == []
