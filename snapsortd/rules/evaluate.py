"""Evaluate the rules for one image: which match, why, and the actions that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from snapsortd.domain.decision import ActionKind, Decision, Destination, PlannedAction, RuleReason
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.image import Classification, FileFacts
from snapsortd.rules.filters import Facts, Not, Verdict
from snapsortd.rules.placeholder_values import values_of
from snapsortd.rules.rule import FilterMode, Rule, RuleAction
from snapsortd.rules.template import WordTemplate


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
        return RuleReason(rule.name, False, ("switched off (enabled: false)",)), {}
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
        return Verdict(True, "it asks for nothing, so it takes every image")
    folder = path.rpartition("/")[0]
    for location in rule.locations:
        base = location.rstrip("/")
        if folder == base or (rule.subfolders and folder.startswith(base + "/")):
            return Verdict(True, f"in {location}")
    return Verdict(False, f"in {folder or '/'}", " or ".join(rule.locations))


def plan(rule: Rule, file: FileFacts, classification: Classification, groups: Mapping[str, str]) -> list[PlannedAction]:
    """What a rule that matched wants done. Raises TemplateError for a placeholder without a value."""
    values = values_of(file, classification, rule.name, groups)
    try:
        planned = [_planned(action, rule, file, values) for action in rule.actions]
    except TemplateError as error:
        raise TemplateError(f"rule '{rule.name}': {error.message}", error.hint) from None
    return [action for action in planned if action.kind is not ActionKind.TAG or action.words]


def _planned(action: RuleAction, rule: Rule, file: FileFacts, values: Mapping[str, object]) -> PlannedAction:
    destination = action.destination.fill(values) if action.destination else None
    if action.name is not None:
        destination = Destination(file.path.rpartition("/")[0] or "/", (), action.name.fill(values))
    words = tuple(word.fill(values) for word in action.words)
    if action.kind is ActionKind.TAG:
        words = tuple(dict.fromkeys(word for word in words if word.strip()))
    if action.kind is ActionKind.RUN:
        _check_options(action.words, words)
    return PlannedAction(action.kind, rule.name, destination, action.on_conflict, rule.shadow, words, action.seconds)


def _check_options(templates: Sequence[WordTemplate], words: Sequence[str]) -> None:
    """An image's own name must not become an option of the command: whoever names it would say what is done."""
    for template, word in zip(templates, words, strict=True):
        if word == "--" and template.is_fixed:
            return
        if word.startswith("-") and template.begins_with_value:
            raise TemplateError(
                f"the argument '{word}' would be an option of {words[0]}",
                "put '--' before it in the rule, if the command knows that, or use {path}",
            )
