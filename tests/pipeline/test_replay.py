"""Past decisions under other thresholds, from what the journal keeps of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from snapsortd.domain.decision import ActionKind, Decision
from snapsortd.domain.errors import SnapsortError
from snapsortd.pipeline.replay import Basis, Change, Past, past_of, replay, summary, with_thresholds, zero_shot_scores
from snapsortd.pipeline.replies import decision_to_json
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.parse_template import parse_destination
from snapsortd.rules.rule import Rule, RuleAction
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure

MOVE = (RuleAction(ActionKind.MOVE, parse_destination("/filed/{created:%Y}/")),)
RULES = (
    Rule("v1.0 bills", MOVE, (LabelFilter(("receipt",), min_score=0.9),)),
    Rule("Any photo", MOVE, (LabelFilter(("photo",), min_score=0.5),)),
    Rule("Rest", MOVE, enabled=False),
)
OTHER = frozenset({"other"})
BEFORE = Basis(RULES, OTHER)


def past(name: str, receipt: float, *, zero_shot: float | None = None, regretted: bool = False, told: str = "") -> Past:
    facts = seen(f"/in/{name}")
    before = {} if zero_shot is None else {"receipt": zero_shot, "photo": 1 - zero_shot}
    shown = replace(facts.classification, scores={"receipt": receipt, "photo": 1 - receipt}, zero_shot=before)
    text = decision_to_json(facts.file, shown, Decision(()), 1.0, told)
    (found,) = past_of([(facts.file.path, bytes(32), 1e9, text, regretted, "")])
    return found


def test_lower_thresholds_gain_and_higher_ones_lose() -> None:
    images = [past("a", 0.95), past("b", 0.8, regretted=True), past("c", 0.6), past("d", 0.2)]
    lower = replay(images, BEFORE, Basis(with_thresholds(RULES, ["v1.0 bills.min_score=0.7"]), OTHER))
    assert lower == [Change("/in/b", "", "v1.0 bills", True)]
    higher = replay(images, BEFORE, Basis(with_thresholds(RULES, ["Any photo.min_score=0.9"]), OTHER))
    assert higher == [Change("/in/d", "Any photo", "", False)]
    assert summary([*lower, *higher]) == [
        {"rule": "v1.0 bills", "gained": 1, "gained_regretted": 1, "lost": 0, "lost_regretted": 0},
        {"rule": "Any photo", "gained": 0, "gained_regretted": 0, "lost": 1, "lost_regretted": 0},
    ]


def test_without_what_was_learnt() -> None:
    images = [past("a", 0.95, zero_shot=0.3), past("b", 0.95)]
    assert replay(images, BEFORE, Basis(RULES, OTHER, zero_shot_scores)) == [
        Change("/in/a", "v1.0 bills", "Any photo", False)
    ]
    assert replay(images, BEFORE, BEFORE) == []


def test_what_a_person_told_is_no_decision_of_the_rules() -> None:
    text = json.dumps({"told": "receipt", "scores": {"receipt": 1.0}, "facts": {}})
    assert past_of([("/in/a", bytes(32), 1e9, text, False, "")]) == []


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("Bills.min_score=0.7", "there is no rule 'Bills'"),
        ("Any photo.score=0.7", "not a threshold"),
        ("Any photo.min_score=7", "not a threshold"),
        ("Any photo.min_score=high", "not a threshold"),
        ("Rest.min_score=0.7", "has no filter 'label'"),
        ("nonsense", "'nonsense' is not a threshold"),
    ],
)
def test_settings_that_are_wrong(setting: str, fault: str) -> None:
    with pytest.raises(SnapsortError, match=fault):
        with_thresholds(RULES, [setting])
