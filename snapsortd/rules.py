"""The decision: which rules match an image, why, and what is to be done. Pure; the first match wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from snapsortd.domain.decision import ActionKind, Decision, Destination, OnConflict, PlannedAction, RuleReason
from snapsortd.domain.errors import NoSuchTag, TemplateError
from snapsortd.domain.image import FileFacts, Sight
from snapsortd.domain.text import suggestion
from snapsortd.filters import Facts, Filter, Not, Verdict
from snapsortd.placeholder_values import values_of
from snapsortd.template import DestinationTemplate, NameTemplate, WordTemplate

ALWAYS, NEVER = "always", "never"
"""Tags with a meaning of their own; see `select`."""


class FilterMode(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RuleAction:
    """One thing to do with an image that matched. `position` is its line:column in the file."""

    kind: ActionKind
    destination: DestinationTemplate | None = None
    on_conflict: OnConflict = OnConflict.RENAME_NEW
    position: str = field(default="", compare=False, repr=False)
    name: NameTemplate | None = None
    """Rename only."""
    words: tuple[WordTemplate, ...] = ()
    """Tags, a command with its arguments, or the one text of a notification."""
    seconds: float = 0.0
    """A command's time limit."""


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
    skips: bool = False
    """`skip`: what it matches is left alone, and no further rule is asked."""
    tags: tuple[str, ...] = ()


def select(rules: Iterable[Rule], tags: Sequence[str] = (), skip_tags: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that are asked where only those with one of `tags`, or none with one of `skip_tags`, are wanted.

    As in organize: a rule tagged `always` is asked unless that tag is skipped, one tagged `never` only if that tag is
    wanted. Raises NoSuchTag for a tag that no rule has.
    """
    rules = tuple(rules)
    known = sorted({ALWAYS, NEVER, *(tag for rule in rules for tag in rule.tags)})
    for tag in (*tags, *skip_tags):
        if tag not in known:
            raise NoSuchTag(f"no rule has the tag '{tag}'{suggestion(tag, known)}")
    return tuple(rule for rule in rules if _is_wanted(set(rule.tags), set(tags), set(skip_tags)))


def _is_wanted(own: set[str], tags: set[str], skip_tags: set[str]) -> bool:
    if ALWAYS in own and ALWAYS not in skip_tags:
        return True
    if NEVER in own and NEVER not in tags:
        return False
    return (not tags or bool(own & tags)) and not own & skip_tags


def evaluate(
    rules: Sequence[Rule],
    file: FileFacts,
    sight: Sight,
    negatives: frozenset[str],
    now: datetime,
    *,
    twin: str = "",
    likeness: tuple[str, float] = ("", 0.0),
) -> Decision:
    """What the rules say about one image, with the reasons of every rule that was asked. `now` is aware.

    `twin` and `likeness`: see Facts. Raises TemplateError where a rule matches and has no value for a placeholder.
    """
    facts = Facts(file, sight, negatives, now, twin, likeness)
    asked: list[RuleReason] = []
    actions: list[PlannedAction] = []
    for rule in rules:
        reason, groups = _ask(rule, facts)
        asked.append(reason)
        if reason.matched:
            if rule.skips:
                return Decision(tuple(asked), tuple(actions), skipped=rule.name)
            actions.extend(plan(rule, file, sight, groups))
            if not rule.goes_on:
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


def plan(rule: Rule, file: FileFacts, sight: Sight, groups: Mapping[str, str]) -> list[PlannedAction]:
    """What a rule that matched wants done. Raises TemplateError for a placeholder without a value."""
    values = values_of(file, sight, rule.name, groups)
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
