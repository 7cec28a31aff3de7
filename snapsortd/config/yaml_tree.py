"""Parse YAML to a tree that has the position of every key and value.

Plain data only: no tags, anchors or aliases; `yes`, `no`, `on`, `off` and dates are text, as in YAML 1.2.
The tree is built from events, so that deep nesting results in a message instead of a crash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from snapsortd.config.yaml_messages import Found, explain, odd_space, without_typographic_quotes

Scalar = str | int | float | bool | None
Steps = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

_MAX_DEPTH = 24
_INT = re.compile(r"[-+]?\d{1,18}")
_FLOAT = re.compile(r"[-+]?(\d{1,18}\.\d*|\.\d+)")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column, both from 1."""

    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a position in the file."""

    position: Position
    message: str


class YamlFault(Exception):
    """The text is not YAML of the supported kind, and parsing cannot continue after it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its position and that of its key (its own position if it has no key)."""

    value: Scalar | list[Node] | dict[str, Node]
    position: Position
    key_position: Position

    def plain(self) -> object:
        """Return the value without positions."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value

    def child(self, step: str | int) -> Node | None:
        """Return the value under a key or at an index, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(step))
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None


def locate(root: Node, steps: Steps) -> list[tuple[str | int, Node]]:
    """Return the path to a value, without the steps that exist only in the long form of a shortened entry."""
    trail: list[tuple[str | int, Node]] = [("", root)]
    for step in steps:
        child = trail[-1][1].child(step)
        if child is not None:
            trail.append((step, child))
    return trail


def read_tree(text: str) -> tuple[Node, list[Fault]]:
    """Return the tree of one YAML document, with the faults that did not stop the parser: keys that appear twice,
    typographic quotes.

    Raises YamlFault.
    """
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._events = _events(text)
        self._faults: list[Fault] = []

    def document(self) -> tuple[Node, list[Fault]]:
        event = next(self._events)
        root = Node(None, Position(), Position())
        if not isinstance(event, yaml.StreamEndEvent):
            first = next(self._events)
            root = self._node(first, _position(first), depth=0)
            end = next(self._events)
            following = next(self._events)
            if not isinstance(following, yaml.StreamEndEvent):
                raise YamlFault(Fault(_position(end), "a second document starts here; a file may contain only one"))
        return root, self._faults

    def _node(self, event: yaml.Event, key_position: Position, depth: int) -> Node:
        position = _position(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlFault(
                Fault(position, "anchors (&) and aliases (*) are not supported; write the value in full, or quote it")
            )
        if getattr(event, "tag", None) is not None:
            raise YamlFault(Fault(position, "tags (!) are not supported; put text that starts with ! in quotes"))
        if depth > _MAX_DEPTH:
            raise YamlFault(Fault(position, f"nested more than {_MAX_DEPTH} levels deep"))
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event), position, key_position)
        value = self._list(depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(depth)
        return Node(value, position, key_position)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if event.style is None and (text := without_typographic_quotes(event.value)) != event.value:
            message = (
                f"typographic quotes are part of the text; write straight ones: {json.dumps(text, ensure_ascii=False)}"
            )
            self._faults.append(Fault(_position(event), message))
            return text
        return _scalar(event)

    def _list(self, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, _position(event), depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Node]:
        items: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlFault(
                    Fault(_position(event), "a key must be text; put text that starts with { or [ in quotes")
                )
            self._node(event, _position(event), depth)  # refuses forbidden characters in the key
            key, position = event.value, _position(event)
            if event.style is None:
                key = without_typographic_quotes(key)
            node = self._node(next(self._events), position, depth + 1)
            if key in items:
                first = items[key].key_position.line
                self._faults.append(Fault(position, f"key '{key}' appears twice; first on line {first}"))
            else:
                items[key] = node
        return items


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if found := _FORBIDDEN.search(text):
        message = f"the text contains U+{ord(found[0]):04X}, which is not allowed in a name or prompt"
        raise YamlFault(Fault(_position(event), message))
    if event.style is not None:  # quoted
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield the events of a document, without the one that opens the stream."""
    if found := odd_space(text):
        raise YamlFault(_fault(found))
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if not isinstance(event, yaml.StreamStartEvent):
                yield event
    except yaml.YAMLError as error:
        raise YamlFault(_fault(explain(error, text))) from None


def _fault(found: Found) -> Fault:
    line, column, message = found
    return Fault(Position(line + 1, column + 1), message)


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position()
