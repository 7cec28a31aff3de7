"""Set a rule's `min_score` in the text of the configuration: one value is changed or inserted, the rest is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from snapsortd.config.edit.promote import offset
from snapsortd.config.edit.rewrite import rewrite
from snapsortd.config.edit.switch_model import inserted_before, scalar_end
from snapsortd.config.load import load_config
from snapsortd.config.yaml_tree import Node, read_tree
from snapsortd.domain.errors import SnapsortError
from snapsortd.rules.filters import Filter, LabelFilter


def tune(path: str, name: str, min_score: float, env: Mapping[str, str]) -> None:
    """Set the threshold of the rule `name` in the file at `path`, in place of its precision if it has one.

    Raise ConfigError, and SnapsortError if it cannot.
    """
    config = load_config(path, env)

    def tuned(each: Filter) -> Filter:
        return replace(each, min_score=min_score, precision=None) if isinstance(each, LabelFilter) else each

    wanted = tuple(
        replace(rule, filters=tuple(map(tuned, rule.filters))) if rule.name == name else rule for rule in config.rules
    )
    refusal = SnapsortError(
        f"the filter of the rule '{name}' is written in a form that cannot be edited automatically: {path}",
        f"write `min_score: {min_score:g}` there by hand, then run `snapsortctl reload`",
    )
    rewrite(path, lambda text: _tuned(text, name, f"{min_score:g}"), env, lambda new: new.rules == wanted, refusal)


def _tuned(text: str, name: str, value: str) -> str:
    """Return the text with the threshold of the rule's filter, or unchanged, which `tune` refuses."""
    label = _label_of(text, name)
    if label is None or isinstance(label.value, list):
        return text
    start = offset(text, label.position)
    if not isinstance(label.value, dict):
        end = scalar_end(text, label)
        return f"{text[:start]}{{is: {text[start:end]}, min_score: {value}}}{text[end:]}"
    if (found := label.child("min_score")) is not None:
        return f"{text[: offset(text, found.position)]}{value}{text[scalar_end(text, found) :]}"
    entry = f"min_score: {value}"
    if (found := label.child("precision")) is not None:
        return f"{text[: offset(text, found.key_position)]}{entry}{text[scalar_end(text, found) :]}"
    return inserted_before(text, label, entry)


def _label_of(text: str, name: str) -> Node | None:
    """Return the value of the filter `label` of a rule."""
    rules = read_tree(text)[0].child("rules")
    for rule in rules.value if rules is not None and isinstance(rules.value, list) else ():
        named, filters = rule.child("name"), rule.child("filters")
        if named is None or str(named.value).strip("\n") != name or filters is None:
            continue
        for each in filters.value if isinstance(filters.value, list) else (filters,):
            if (label := each.child("label")) is not None:
                return label
    return None
