"""Take a rule out of shadow mode in the text of the configuration: one word is changed, the rest is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from snapsortd.config.edit.rewrite import rewrite
from snapsortd.config.load import load_config
from snapsortd.config.yaml_tree import Position, read_tree
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import suggestion

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""The line ends of YAML."""
_SHADOW = re.compile(r"""(?P<quote>["']?)shadow(?P=quote)(?![\w-])""")


def promote(path: str, name: str, env: Mapping[str, str]) -> None:
    """Make the rule `name` live in the file at `path`. Raises ConfigError, and SnapsortError if it cannot."""
    config = load_config(path, env)
    rule = next((rule for rule in config.rules if rule.name == name), None)
    if rule is None:
        raise SnapsortError(f"there is no rule '{name}'{suggestion(name, [each.name for each in config.rules])}")
    if not rule.shadow:
        raise SnapsortError(f"the rule '{name}' is not in shadow mode", "it is already live")
    wanted = tuple(replace(each, shadow=False) if each.name == name else each for each in config.rules)
    rewrite(path, lambda text: _promoted(text, name, path), env, lambda new: new.rules == wanted, _by_hand(name, path))


def _promoted(text: str, name: str, path: str) -> str:
    """Return the text with `mode: shadow` of the rule changed to `live`."""
    rules = read_tree(text)[0].child("rules")
    entries = rules.value if rules is not None and isinstance(rules.value, list) else []
    for entry in entries:
        named, mode = entry.child("name"), entry.child("mode")
        if named is not None and mode is not None and str(named.value).strip("\n") == name:
            start = offset(text, mode.position)
            if found := _SHADOW.match(text, start):
                quote = found["quote"]
                return f"{text[:start]}{quote}live{quote}{text[found.end() :]}"
            raise _by_hand(name, f"{path}:{mode.position}")
    raise _by_hand(name, path)


def _by_hand(name: str, place: str) -> SnapsortError:
    return SnapsortError(
        f"the mode of the rule '{name}' is written in a form that cannot be edited automatically: {place}",
        "write `mode: live` there by hand, then run `snapsortctl reload`",
    )


def offset(text: str, position: Position) -> int:
    """Return the index in the text of a line and column of YAML (both from 1)."""
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    return starts[position.line - 1] + position.column - 1
