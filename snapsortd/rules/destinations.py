"""The labels whose images the rules put into a folder. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from snapsortd.domain.decision import ActionKind
from snapsortd.rules.filters import LabelFilter
from snapsortd.rules.rule import FilterMode, Rule

_ANY = ""
"""In place of labels: the rule asks for none."""


def labels_at(rules: Sequence[Rule], folder: str) -> frozenset[str]:
    """Return the labels of the rules that move images to this folder or to one above it, of the nearest such folder.

    Empty if one of those rules asks for no label: then being there says nothing.
    """
    nearest, found = "", set[str]()
    for rule in rules:
        if not rule.enabled or rule.shadow or rule.leaves_alone or rule.filter_mode is FilterMode.NONE:
            continue
        names = {name for each in rule.filters if isinstance(each, LabelFilter) for name in each.names}
        for action in rule.actions:
            if action.kind is not ActionKind.MOVE or action.destination is None:
                continue
            root = action.destination.root.rstrip("/")
            if not f"{folder}/".startswith(f"{root}/") or len(root) < len(nearest):
                continue
            if len(root) > len(nearest):
                nearest, found = root, set()
            found |= names or {_ANY}
    return frozenset() if _ANY in found else frozenset(found)
