"""The sources and destinations of the rules of a configuration."""

from __future__ import annotations

from snapsortd.config import Config
from snapsortd.domain.decision import ActionKind
from snapsortd.rules.rule import Rule


def active_rules(config: Config) -> list[Rule]:
    """Return the rules that take effect: enabled and not in shadow mode."""
    return [rule for rule in config.rules if rule.enabled and not rule.shadow]


def moves_from(rule: Rule, folder: str) -> bool:
    """Return whether the rule moves files out of a watched folder."""
    moves = any(action.kind is ActionKind.MOVE for action in rule.actions)
    near = any(each.startswith(folder + "/") or (folder + "/").startswith(each + "/") for each in rule.locations)
    return moves and (near or not rule.locations)


def destinations(config: Config) -> dict[str, tuple[str, list[Rule]]]:
    """Return for each destination its first position in the configuration and the rules that file there."""
    found: dict[str, tuple[str, list[Rule]]] = {}
    for rule in active_rules(config):
        for action in rule.actions:
            if action.destination:
                position = f"{config.path}:{action.position}"
                found.setdefault(action.destination.root, (position, []))[1].append(rule)
    return found
