"""Evaluate the rules for one image: which match, why, and the actions that follow. Pure; the first match wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snapsortd.domain.decision import Decision, PlannedAction, RuleReason
from snapsortd.rules.filters import Facts, Not, Verdict
from snapsortd.rules.plan import plan
from snapsortd.rules.rule import FilterMode, Rule


def evaluate(rules: Sequence[Rule], facts: Facts) -> Decision:
    """Return the decision on one image, with the reasons of every rule that was evaluated.

    Raises TemplateError if a rule matches and a placeholder has no value.
    """
    reasons: list[RuleReason] = []
    actions: list[PlannedAction] = []
    for rule in rules:
        reason, groups = _match(rule, facts)
        reasons.append(reason)
        if reason.matched:
            if rule.leaves_alone:
                return Decision(tuple(reasons), tuple(actions), skipped=rule.name)
            actions.extend(plan(rule, facts.file, facts.classification, groups))
            if not rule.continues:
                break
    return Decision(tuple(reasons), tuple(actions))


def _match(rule: Rule, facts: Facts) -> tuple[RuleReason, Mapping[str, str]]:
    """Return whether the rule matches, with the reasons, and the text of the named groups of its regex filters."""
    if not rule.enabled:
        return RuleReason(rule.name, False, ("disabled (enabled: false)",)), {}
    location = _check_location(rule, facts.file.path)
    if not location.matched:
        return RuleReason(rule.name, False, (location.reason,)), {}
    oriented = (Not(each) if rule.filter_mode is FilterMode.NONE else each for each in rule.filters)
    verdicts = [each.check(facts) for each in oriented]
    enough = any if rule.filter_mode is FilterMode.ANY and verdicts else all
    reasons = (location, *verdicts) if rule.locations or not verdicts else verdicts
    matched = enough(bool(verdict.matched) for verdict in verdicts)
    groups = {name: text for verdict in verdicts if verdict.matched for name, text in verdict.groups.items()}
    return RuleReason(rule.name, matched, tuple(each.reason for each in reasons)), groups


def _check_location(rule: Rule, path: str) -> Verdict:
    if not rule.locations:
        return Verdict(True, "it has no conditions, so it matches every image")
    folder = path.rpartition("/")[0]
    for location in rule.locations:
        base = location.rstrip("/")
        if folder == base or (rule.subfolders and folder.startswith(base + "/")):
            return Verdict(True, f"in {location}")
    return Verdict(False, f"in {folder or '/'}", " or ".join(rule.locations))
