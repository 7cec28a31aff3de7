"""Evaluate the rules for one image: which match, why, and the actions that follow. Pure; the first match wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from snapsortd.domain.decision import Decision, PlannedAction, RuleReason, Shortfall
from snapsortd.rules.filters import Facts, Not, Verdict
from snapsortd.rules.plan import plan
from snapsortd.rules.rule import FilterMode, Rule


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of one rule: whether it matches and why, and the named groups of its regex filters."""

    rule: Rule
    reason: RuleReason
    groups: Mapping[str, str]
    needs_text: bool = False
    """True if it cannot be given before the text in the image was read."""
    until: datetime | None = None
    """The earliest moment at which one of its filters answers differently."""

    @property
    def matched(self) -> bool:
        return self.reason.matched


def evaluate(rules: Sequence[Rule], facts: Facts) -> Decision:
    """Return the decision on one image, with the reasons of every rule that was evaluated.

    If a rule depends on the text in the image, and that was not read, the decision says so and has no actions.
    Raises TemplateError if a rule matches and a placeholder has no value.
    """
    answers = _ask(rules, facts)
    if answers and answers[-1].needs_text:
        return Decision(tuple(each.reason for each in answers), needs_text=True)
    actions: list[PlannedAction] = []
    skipped = ""
    for each in answers:
        if each.matched and each.rule.leaves_alone:
            skipped = each.rule.name
        elif each.matched:
            actions.extend(plan(each.rule, facts, each.groups))
    reasons = tuple(each.reason for each in answers)
    waits = [each.rule.wait for each in answers if each.matched and each.rule.wait is not None]
    return Decision(reasons, tuple(actions), skipped, _due(rules, facts, answers), max(waits, default=None))


def _ask(rules: Sequence[Rule], facts: Facts) -> list[_Answer]:
    """Return the answers of the rules up to the one that ends the evaluation."""
    answers: list[_Answer] = []
    for rule in rules:
        answers.append(_match(rule, facts))
        if answers[-1].needs_text or (answers[-1].matched and (rule.leaves_alone or not rule.continues)):
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
    return _Answer(rule, reason, groups, facts.text is None and _needs_text(rule, verdicts, matched), until)


def _needs_text(rule: Rule, verdicts: Sequence[Verdict], matched: bool) -> bool:
    """True if the text decides whether a rule matches, all other filters permitting, or is in the names that it gives.

    A rule whose `any` filters match already needs it only for names.
    """
    if matched:
        return rule.names_need_text
    undecided = [each for each in verdicts if each.needs_text]
    others = (each for each in verdicts if not each.needs_text)
    return bool(undecided) and (rule.filter_mode is FilterMode.ANY or all(each.matched for each in others))


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
