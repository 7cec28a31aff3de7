"""Switch to another model in the text of the configuration: one word is changed or inserted, the rest is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

import yaml

from snapsortd.config.edit.promote import offset
from snapsortd.config.edit.rewrite import rewrite
from snapsortd.config.load import load_config
from snapsortd.config.precision import resolve
from snapsortd.config.settings import Config
from snapsortd.config.yaml_tree import Node, Position, read_tree
from snapsortd.domain.errors import SnapsortError

_PLAIN = re.compile(r"embedded|[\w.-]*/[\w./-]*\w", re.ASCII)
"""Names that need no quotes anywhere in YAML."""
_LINE_END = re.compile(r"\r\n|[\n\r]|\Z")
_NEW_LINE = "\n"


def switch_model(path: str, name: str, env: Mapping[str, str]) -> None:
    """Make `name` the model in the file at `path`. Raises ConfigError, and SnapsortError if it cannot."""
    config = load_config(path, env)
    wanted = replace(config.model, name=name)

    def is_wanted(new: Config) -> bool:
        parts = (new.labels, new.watch, new.rules, new.rescan, new.taken_from, new.notify, new.companions)
        return new.model == wanted and parts == (
            config.labels,
            config.watch,
            resolve(config.rules, config.labels, name),
            config.rescan,
            config.taken_from,
            config.notify,
            config.companions,
        )

    refusal = SnapsortError(
        f"the model is written in a form that cannot be edited automatically: {path}",
        f"write `model: {_quoted(name)}` there by hand, then run `snapsortctl reload`",
    )
    rewrite(path, lambda text: _switched(text, name), env, is_wanted, refusal)


def _switched(text: str, name: str) -> str:
    """Return the text with the name of the model changed or inserted, or a text that `is_wanted` refuses."""
    root = read_tree(text)[0]
    model = root.child("model")
    if model is None:
        version = root.child("version")
        return text if version is None else _inserted(text, version, f"model: {_quoted(name)}")
    if not isinstance(model.value, dict):
        return _replaced(text, model, name)
    if named := model.child("name"):
        return _replaced(text, named, name)
    return inserted_before(text, model, f"name: {_quoted(name)}")


def inserted_before(text: str, mapping: Node, entry: str) -> str:
    """Return the text with an entry inserted before the first one of a mapping, unchanged if that is empty."""
    first = next(iter(mapping.value.values()), None) if isinstance(mapping.value, dict) else None
    if first is None:
        return text
    start = offset(text, first.key_position)
    in_braces = text[offset(text, mapping.position)] == "{"
    between = ", " if in_braces else _line_end(text, 0)[0] + " " * (first.key_position.column - 1)
    return f"{text[:start]}{entry}{between}{text[start:]}"


def _replaced(text: str, node: Node, name: str) -> str:
    """Return the text with the scalar of this node replaced."""
    return text[: offset(text, node.position)] + _quoted(name) + text[scalar_end(text, node) :]


def scalar_end(text: str, node: Node) -> int:
    """Return the index in the text of the end of this scalar; of its beginning if it is not one."""
    begin = offset(text, node.position)
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        start, end = event.start_mark, event.end_mark
        if not isinstance(event, yaml.ScalarEvent) or start is None or end is None:
            continue
        if Position(start.line + 1, start.column + 1) == node.position:
            return begin + end.index - start.index
    return begin


def _inserted(text: str, before: Node, line: str) -> str:
    """Return the text with a line inserted below that of a value."""
    start = offset(text, before.position)
    end = _line_end(text, start)
    return f"{text[: end.start()]}{end[0] or _NEW_LINE}{line}{text[end.start() :]}"


def _line_end(text: str, start: int) -> re.Match[str]:
    """Return the match of the line end after `start`."""
    found = _LINE_END.search(text, start)
    assert found is not None
    return found


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
