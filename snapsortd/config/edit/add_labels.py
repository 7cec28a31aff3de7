"""Add labels, each with a rule in shadow mode, to the text of the configuration: all that is there is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from snapsortd.config.edit.rewrite import rewrite
from snapsortd.config.load import load_config
from snapsortd.config.precision import resolve
from snapsortd.config.settings import Config
from snapsortd.domain.errors import SnapsortError

_PLAIN = re.compile(r"(?!(true|false|null|yes|no|on|off)$)[a-z][a-z ]*[a-z]", re.IGNORECASE | re.ASCII)
"""Text that needs no quotes anywhere in YAML."""


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label, and the rule by which its images would be filed."""

    name: str
    prompts: tuple[str, ...]
    rule: str
    """The name of the rule."""
    folder: str
    """The folder that its images would be moved to, as it is written in a configuration."""
    note: str = ""
    """A comment above the label."""


def add_labels(path: str, labels: Sequence[NewLabel], env: Mapping[str, str]) -> None:
    """Add labels and their rules after those in the file at `path`. Raise ConfigError, and SnapsortError if it cannot.

    The rules come last and are in shadow mode, so that no image is filed differently by them.
    """
    config = load_config(path, env)
    names = [label.name for label in labels]

    def is_wanted(new: Config) -> bool:
        known, count = len(config.labels), len(config.rules)
        return (
            new.labels[:known] == config.labels
            and [(label.name, label.prompts) for label in new.labels[known:]]
            == [(each.name, each.prompts) for each in labels]
            and new.rules[:count] == resolve(config.rules, new.labels, new.model.name)
            and [(rule.name, rule.shadow) for rule in new.rules[count:]] == [(each.rule, True) for each in labels]
            and (new.model, new.watch) == (config.model, config.watch)
        )

    refusal = SnapsortError(
        f"labels or rules are written in a form that cannot be edited automatically: {path}",
        f"write the labels {', '.join(names)} and their rules there by hand, then run `snapsortctl reload`",
    )
    rewrite(path, lambda text: with_labels(text, labels), env, is_wanted, refusal)


def with_labels(text: str, labels: Sequence[NewLabel]) -> str:
    """Return the text with the labels and rules added, or without some of them where it has another form."""
    text = _extended(text, "labels", [_label(each) for each in labels], [_label_in_braces(each) for each in labels])
    return _extended(text, "rules", [_rule(each) for each in labels], [json.dumps(_mapping(each)) for each in labels])


def _label(label: NewLabel) -> list[str]:
    prompts = ", ".join(map(_quoted, label.prompts))
    return [*([f"# {label.note}"] if label.note else []), f"{_quoted(label.name)}: [{prompts}]"]


def _label_in_braces(label: NewLabel) -> str:
    return f"{json.dumps(label.name)}: {json.dumps(label.prompts)}"


def _rule(label: NewLabel) -> list[str]:
    return [
        f"- name: {_quoted(label.rule)}",
        "  mode: shadow",
        f"  filters: [label: {_quoted(label.name)}]",
        f"  actions: [move: {json.dumps(label.folder, ensure_ascii=False)}]",
    ]


def _mapping(label: NewLabel) -> Mapping[str, object]:
    actions = [{"move": label.folder}]
    return {"name": label.rule, "mode": "shadow", "filters": [{"label": label.name}], "actions": actions}


def _extended(text: str, key: str, blocks: Sequence[Sequence[str]], in_braces: Sequence[str]) -> str:
    """Return the text with entries added after the last one of a collection; `in_braces`: if it is written in them."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    node = next((value for name, value in entries if name.value == key), None)
    if not isinstance(node, yaml.CollectionNode):
        return text
    if node.flow_style:
        end = node.end_mark.index - 1
        start = len(text[:end].rstrip().removesuffix(","))
        return f"{text[:start]}{', ' if node.value else ''}{', '.join(in_braces)}{text[end:]}"
    end_of_line = re.compile(r"\r\n|[\r\n]|\Z").search(text, _last_scalar(node).end_mark.index - 1)
    assert end_of_line is not None
    line_end = "\r\n" if "\r\n" in text else "\n"
    first = node.value[0][0] if isinstance(node, yaml.MappingNode) else node
    lines = [" " * first.start_mark.column + line for block in blocks for line in block]
    return text[: end_of_line.start()] + "".join(line_end + line for line in lines) + text[end_of_line.start() :]


def _last_scalar(node: yaml.Node) -> yaml.Node:
    """Return the last value in a collection that is a scalar or written in braces: it ends where its text ends."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return node


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
