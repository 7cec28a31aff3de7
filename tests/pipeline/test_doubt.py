"""Which decisions a person should look at, and for which rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.pipeline.doubt import doubtful_rule
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import ExtensionFilter, Filter, LabelFilter
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import Rule, RuleAction
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

RECEIPTS = LabelFilter(("receipt",), 0.7)
IS_PNG, IS_GIF = ExtensionFilter(("png",)), ExtensionFilter(("gif",))
SURE = {"receipt": 0.9, "photo": 0.1}
MISSED = {"receipt": 0.6, "photo": 0.4}
CLOSE = {"receipt": 0.45, "photo": 0.4, "page": 0.15}


def rule(*filters: Filter, shadow: bool = False, skip: bool = False) -> Rule:
    actions = () if skip else (RuleAction(ActionKind.MOVE, parse_destination("/sorted/")),)
    return Rule("R", actions, filters, shadow=shadow, leaves_alone=skip)


@pytest.mark.parametrize(
    ("asked", "scores", "doubt"),
    [
        pytest.param(rule(RECEIPTS), SURE, None, id="surely filed"),
        pytest.param(rule(RECEIPTS), MISSED, "R", id="a threshold was missed"),
        pytest.param(rule(RECEIPTS, IS_GIF), MISSED, None, id="that was not all"),
        pytest.param(rule(replace(RECEIPTS, min_score=0.4)), CLOSE, "R", id="filed by a small margin"),
        pytest.param(rule(LabelFilter(("page",))), CLOSE, "", id="no rule, and a small margin"),
        pytest.param(rule(LabelFilter(("page",))), MISSED, None, id="no rule, and sure enough"),
        pytest.param(rule(IS_PNG), CLOSE, None, id="filed by its suffix"),
        pytest.param(rule(IS_GIF), CLOSE, None, id="labels do not matter"),
        pytest.param(rule(RECEIPTS, shadow=True), SURE, "R", id="shadow"),
        pytest.param(rule(IS_PNG, skip=True), CLOSE, None, id="left alone by a rule"),
    ],
)
def test_doubt(asked: Rule, scores: dict[str, float], doubt: str | None) -> None:
    facts = seen("/in/a.png")
    facts = replace(facts, classification=replace(facts.classification, scores=scores))
    decision = evaluate([asked], facts)
    assert doubtful_rule(decision, facts.classification, [asked]) == doubt
    assert doubtful_rule(decision, facts.classification, [asked], by_person=True) in ("R", "")
