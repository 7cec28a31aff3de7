"""The decision: which rules match an image, why, and what is to be done. Pure; the first match wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from snapsortd.filters import Facts, Filter, Not, Verdict
from snapsortd.models import ActionKind, Decision, FileFacts, OnConflict, PlannedAction, RuleReason, Sight
from snapsortd.template import DestinationTemplate, split_name


class FilterMode(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RuleAction:
    """One thing to do with an image that matched. `position` is its line:column in the file."""

    kind: ActionKind
    destination: DestinationTemplate
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    position: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """Filters and what to do where they match. A shadow rule wins like any other, but touches nothing."""

    name: str
    actions: tuple[RuleAction, ...]
    filters: tuple[Filter, ...] = ()
    filter_mode: FilterMode = FilterMode.ALL
    locations: tuple[str, ...] = ()
    """Absolute folders; empty: from everywhere."""
    subfolders: bool = True
    """Do the locations hold what lies in their subfolders?"""
    enabled: bool = True
    shadow: bool = False
    goes_on: bool = False
    """`continue: true`: the next rules are asked too."""


def evaluate(
    rules: Sequence[Rule], file: FileFacts, sight: Sight, negatives: frozenset[str], now: datetime
) -> Decision:
    """What the rules say about one image, with the reasons of every rule that was asked. `now` is aware."""
    facts = Facts(file, sight, negatives, now)
    asked: list[RuleReason] = []
    actions: list[PlannedAction] = []
    for rule in rules:
        reason = _ask(rule, facts)
        asked.append(reason)
        if reason.matched:
            actions.extend(_plan(rule, facts))
            if not rule.goes_on:
                break
    return Decision(tuple(asked), tuple(actions))


def _ask(rule: Rule, facts: Facts) -> RuleReason:
    if not rule.enabled:
        return RuleReason(rule.name, False, ("switched off (enabled: false)",))
    place = _check_place(rule, facts.file.path)
    if not place.matched:
        return RuleReason(rule.name, False, (place.reason,))
    oriented = (Not(each) if rule.filter_mode is FilterMode.NONE else each for each in rule.filters)
    verdicts = [each.check(facts) for each in oriented]
    enough = any if rule.filter_mode is FilterMode.ANY and verdicts else all
    reasons = (place, *verdicts) if rule.locations or not verdicts else verdicts
    return RuleReason(rule.name, enough(bool(v.matched) for v in verdicts), tuple(v.reason for v in reasons))


def _check_place(rule: Rule, path: str) -> Verdict:
    if not rule.locations:
        return Verdict(True, "it asks for nothing, so it takes every image")
    folder = path.rpartition("/")[0]
    for location in rule.locations:
        base = location.rstrip("/")
        if folder == base or (rule.subfolders and folder.startswith(base + "/")):
            return Verdict(True, f"in {location}")
    return Verdict(False, f"in {folder or '/'}", " or ".join(rule.locations))


def _plan(rule: Rule, facts: Facts) -> list[PlannedAction]:
    name, ext = split_name(facts.name)
    values: dict[str, object] = {
        "name": name,
        "ext": ext,
        "label": facts.sight.label,
        "score": facts.sight.score,
        "created": facts.file.created,
        "modified": facts.file.modified,
        "taken": facts.sight.image.taken or facts.file.created,
        "rule": rule.name,
    }
    return [
        PlannedAction(action.kind, rule.name, action.destination.fill(values), action.on_conflict, rule.shadow)
        for action in rule.actions
    ]
