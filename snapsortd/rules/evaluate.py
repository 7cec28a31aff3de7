"""Evaluate the rules for one image: which match, why, and the actions that follow. Pure; the first match wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from snapsortd.domain.decision import Ask, Decision, PlannedAction, RuleReason, Shortfall
from snapsortd.rules.filters import Facts, Not, Verdict
from snapsortd.rules.in_words import text_suffices
from snapsortd.rules.plan import plan
from snapsortd.rules.rule import FilterMode, Rule
from snapsortd.rules.text_values import text_values


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of one rule: whether it matches and why, and the named groups of its regex filters."""

    rule: Rule
    reason: RuleReason
    groups: Mapping[str, str]
    until: datetime | None = None
    """The earliest moment at which one of its filters answers differently."""
    asks: Ask | None = None
    """The fact that must be found out before it can answer."""

    @property
    def matched(self) -> bool:
        return self.reason.matched


def evaluate(rules: Sequence[Rule], facts: Facts) -> Decision:
    """Return the decision on one image, with the reasons of every rule that was evaluated.

    If a rule depends on a fact that is not known yet, the decision asks for it and has no actions.
    Raises TemplateError if a rule matches and a placeholder has no value.
    """
    answers = _ask(rules, facts)
    reasons = tuple(each.reason for each in answers)
    if answers and answers[-1].asks:
        return Decision(reasons, asks=answers[-1].asks)
    actions: list[PlannedAction] = []
    skipped = ""
    for each in answers:
        if each.matched and each.rule.leaves_alone:
            skipped = each.rule.name
        elif each.matched:
            actions.extend(plan(each.rule, facts, each.groups))
    waits = [each.rule.wait for each in answers if each.matched and each.rule.wait is not None]
    return Decision(reasons, tuple(actions), skipped, _due(rules, facts, answers), max(waits, default=None))


def _ask(rules: Sequence[Rule], facts: Facts) -> list[_Answer]:
    """Return the answers of the rules up to the one that ends the evaluation, or that can't answer yet."""
    answers: list[_Answer] = []
    for rule in rules:
        answers.append(_match(rule, facts))
        if answers[-1].asks or (answers[-1].matched and (rule.leaves_alone or not rule.continues)):
            break
    return answers


def _due(rules: Sequence[Rule], facts: Facts, answers: Sequence[_Answer]) -> datetime | None:
    """Return the first moment at which other rules match; a filter may change its answer without changing that."""
    matched = [each.matched for each in answers]
    while (until := min((each.until for each in answers if each.until), default=None)) is not None:
        answers = _ask(rules, replace(facts, now=until))
        if [each.matched for each in answers] != matched:
            return until
    return None


def _match(rule: Rule, facts: Facts) -> _Answer:
    if not rule.enabled:
        return _Answer(rule, RuleReason(rule.name, False, ("disabled (enabled: false)",)), {})
    location = _check_location(rule, facts.file.path)
    if not location.matched:
        return _Answer(rule, RuleReason(rule.name, False, (location.reason,)), {})
    oriented = (Not(each) if rule.filter_mode is FilterMode.NONE else each for each in rule.filters)
    verdicts = [each.check(facts) for each in oriented]
    enough = any if rule.filter_mode is FilterMode.ANY and verdicts else all
    reasons = (location, *verdicts) if rule.locations or not verdicts else verdicts
    matched = enough(bool(verdict.matched) for verdict in verdicts)
    groups = {name: text for verdict in verdicts if verdict.matched for name, text in verdict.groups.items()}
    until = min((verdict.until for verdict in verdicts if verdict.until), default=None)
    near = _shortfall(verdicts) if enough is all and not matched else None
    reason = RuleReason(rule.name, matched, tuple(each.reason for each in reasons), near)
    return _Answer(rule, reason, groups, until, _asks(rule, facts, verdicts, matched))


def _asks(rule: Rule, facts: Facts, verdicts: Sequence[Verdict], matched: bool) -> Ask | None:
    """Return the cheapest unknown fact that decides whether a rule matches, all other filters permitting, or that is
    in the names that it gives."""
    asked: frozenset[Ask] = frozenset()
    if matched:
        asked = rule.names_ask(text_suffices=text_suffices(text_values(facts.text))) - facts.known
    elif rule.filter_mode is FilterMode.ANY or all(verdict.matched or verdict.asks for verdict in verdicts):
        asked = frozenset(verdict.asks for verdict in verdicts if verdict.asks)
    return next((ask for ask in Ask if ask in asked), None)


def _shortfall(verdicts: Sequence[Verdict]) -> Shortfall | None:
    """Return the threshold that was missed if it is all that kept a rule from matching."""
    failed = [verdict for verdict in verdicts if not verdict.matched]
    return failed[0].shortfall if len(failed) == 1 else None


def _check_location(rule: Rule, path: str) -> Verdict:
    if not rule.locations:
        return Verdict(True, "it has no conditions, so it matches every image")
    folder = path.rpartition("/")[0]
    for location in rule.locations:
        base = location.rstrip("/")
        if folder == base or (rule.subfolders and folder.startswith(base + "/")):
            return Verdict(True, f"in {location}")
    return Verdict(False, f"in {folder or '/'}", " or ".join(rule.locations))
