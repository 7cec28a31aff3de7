"""Evaluate the rules for one image: which match, why, and the actions that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from snapsortd.domain.decision import Decision, PlannedAction, RuleReason
from snapsortd.domain.image import Classification, FileFacts
from snapsortd.rules.filters import Facts, Not, Verdict
from snapsortd.rules.plan import plan
from snapsortd.rules.rule import FilterMode, Rule


def evaluate(
    rules: Sequence[Rule],
    file: FileFacts,
    classification: Classification,
    negatives: frozenset[str],
    now: datetime,
    *,
    twin: str = "",
    likeness: tuple[str, float] = ("", 0.0),
) -> Decision:
    """What the rules say about one image, with the reasons of every rule that was asked. `now` is aware.

    `twin` and `likeness`: see Facts. Raises TemplateError where a rule matches and has no value for a placeholder.
    """
    facts = Facts(file, classification, negatives, now, twin, likeness)
    asked: list[RuleReason] = []
    actions: list[PlannedAction] = []
    for rule in rules:
        reason, groups = _ask(rule, facts)
        asked.append(reason)
        if reason.matched:
            if rule.leaves_alone:
                return Decision(tuple(asked), tuple(actions), skipped=rule.name)
            actions.extend(plan(rule, file, classification, groups))
            if not rule.continues:
                break
    return Decision(tuple(asked), tuple(actions))


def _ask(rule: Rule, facts: Facts) -> tuple[RuleReason, Mapping[str, str]]:
    """Does the rule match, and what did the named groups of its regex filters catch?"""
    if not rule.enabled:
        return RuleReason(rule.name, False, ("disabled (enabled: false)",)), {}
    place = _check_place(rule, facts.file.path)
    if not place.matched:
        return RuleReason(rule.name, False, (place.reason,)), {}
    oriented = (Not(each) if rule.filter_mode is FilterMode.NONE else each for each in rule.filters)
    verdicts = [each.check(facts) for each in oriented]
    enough = any if rule.filter_mode is FilterMode.ANY and verdicts else all
    reasons = (place, *verdicts) if rule.locations or not verdicts else verdicts
    matched = enough(bool(verdict.matched) for verdict in verdicts)
    groups = {name: text for verdict in verdicts if verdict.matched for name, text in verdict.groups.items()}
    return RuleReason(rule.name, matched, tuple(each.reason for each in reasons)), groups


def _check_place(rule: Rule, path: str) -> Verdict:
    if not rule.locations:
        return Verdict(True, "it has no conditions, so it matches every image")
    folder = path.rpartition("/")[0]
    for location in rule.locations:
        base = location.rstrip("/")
        if folder == base or (rule.subfolders and folder.startswith(base + "/")):
            return Verdict(True, f"in {location}")
    return Verdict(False, f"in {folder or '/'}", " or ".join(rule.locations))
