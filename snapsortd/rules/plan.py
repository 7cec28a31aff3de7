"""Plan the actions of a rule that matched: its templates are filled with the facts of one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snapsortd.domain.decision import ActionKind, Destination, PlannedAction
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.image import FileFacts
from snapsortd.rules.filters import Facts
from snapsortd.rules.placeholder_values import values_of
from snapsortd.rules.rule import Rule, RuleAction
from snapsortd.rules.template import WordTemplate


def plan(rule: Rule, facts: Facts, groups: Mapping[str, str]) -> list[PlannedAction]:
    """Return the actions of a rule that matched. Raises TemplateError if a placeholder has no value."""
    values = values_of(facts, rule.name, groups)
    file = facts.file
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
    return PlannedAction(
        action.kind, rule.name, destination, action.on_conflict, rule.shadow, words, action.seconds, action.metadata
    )


def _check_options(templates: Sequence[WordTemplate], words: Sequence[str]) -> None:
    """Raise TemplateError if a value would become an option of the command: anyone could set it by naming an image."""
    for template, word in zip(templates, words, strict=True):
        if word == "--" and template.is_fixed:
            return
        if word.startswith("-") and template.begins_with_value:
            raise TemplateError(
                f"the argument '{word}' would be read as an option by {words[0]}",
                "put '--' before it in the rule, if the command supports that, or use {path}",
            )
