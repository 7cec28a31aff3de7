"""Convert the errors of pydantic to faults with a position in the file and a message that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from snapsortd.config.meant import as_entry, stands_for_mapping, unknown_key
from snapsortd.config.schema.document import json_schema
from snapsortd.config.schema.texts import Faults, describe
from snapsortd.config.yaml_tree import Fault, Node, Steps, locate
from snapsortd.domain.text import nearest

_EXPECTED = {
    "string_type": "text",
    "list_type": "a list (lines that start with '- ')",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "bool_type": "true or false",
    "float_type": "a number",
}


def faults_of(errors: list[ErrorDetails], root: Node) -> Iterator[Fault]:
    """Yield one fault per error, at the position of its key or value."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    texts = {steps[:-1] for steps in unknown if stands_for_mapping(str(steps[-1]))}
    for error in errors:
        steps = error["loc"]
        trail = locate(root, steps)
        node = trail[-1][1]
        if error["type"] == "extra_forbidden":
            known = _known_keys(steps[:-1])
            yield Fault(node.key_position, unknown_key(str(steps[-1]), known, empty=node.value is None))
        elif error["type"] != "missing":
            of_key = steps[-1:] == ("[key]",) and trail[-1][0] == steps[-2]
            position, subject = node.key_position if of_key else node.position, _subject(trail)
            yield from (Fault(position, subject + each) for each in _messages(error))
        elif steps[:-1] not in texts and not any(_is_meant(str(steps[-1]), steps[:-1], each) for each in unknown):
            yield Fault(node.position, f"the key '{steps[-1]}' is missing{_inside(trail)}")


def _is_meant(missing: str, inside: Steps, unknown: Steps) -> bool:
    """Return whether an unknown key of the same mapping is a missing one that is misspelt."""
    known = _known_keys(inside)
    return unknown[:-1] == inside and unknown_key(str(unknown[-1]), known, empty=False).endswith(f"'{missing}'?")


def _inside(trail: list[tuple[str | int, Node]]) -> str:
    subject = _subject(trail)
    return f" in {subject.removesuffix(': ')}" if subject else ""


def _subject(trail: list[tuple[str | int, Node]]) -> str:
    """Return the key that the fault is about: `'ignore' entry 2: `."""
    step = trail[-1][0]
    if isinstance(step, int):
        key = next((name for name, _ in reversed(trail) if isinstance(name, str)), "")
        return f"'{key}' entry {step + 1}: "
    return f"'{step}': " if step else ""


def _messages(error: ErrorDetails) -> Sequence[str]:
    fault = error.get("ctx", {}).get("error")
    return fault.messages if isinstance(fault, Faults) else (_message(error),)


def _message(error: ErrorDetails) -> str:
    kind, found = error["type"], error["input"]
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {describe(found)}{_hint(error)}"
    if kind == "literal_error":
        choices = str(context["expected"])
        near = nearest(found, re.findall(r"'(.*?)'", choices)) if isinstance(found, str) else ""
        return f"must be {choices}, not {describe(found)}{near}"
    if kind == "too_short":
        return "is empty; it needs at least one entry"
    if kind in ("greater_than_equal", "less_than_equal"):
        percent = f"; write {found / 100:g}" if 10 <= found <= 100 else ""
        return f"must be between 0 and 1, not {found}{percent}"
    return error["msg"]


def _hint(error: ErrorDetails) -> str:
    """Return how the value is written, where the kind of value that was found shows it."""
    match error["type"], error["input"]:
        case "string_type", dict():
            return "; text that starts with { needs quotes"
        case "model_type" | "dict_type", str(text):
            return as_entry(text, _known_keys(error["loc"]))
        case "model_type" | "string_type", None if _is_folder(error["loc"]):
            return "; a ~ alone is nothing in YAML: write ~/ for your home folder"
        case "float_type", str(text) if re.fullmatch(r"\d{1,3} ?%", text):
            return f"; write {float(text.rstrip(' %')) / 100:g}"
        case "float_type", str(text) if re.fullmatch(r"\d+,\d+", text):
            return f"; write {text.replace(',', '.')}"
        case "float_type", str(text) if re.fullmatch(r"[\d.]+", text):
            return "; remove the quotes"
    return ""


def _is_folder(steps: Steps) -> bool:
    return bool({"watch", "locations", "move", "copy", "hardlink", "symlink"}.intersection(steps))


def _known_keys(steps: Steps) -> list[str]:
    """Return the keys that the schema allows at these steps."""
    schema = json_schema()
    places = _alternatives(schema, schema)
    for step in steps:
        below = (_step(place, step) for place in places)
        places = [each for place in below if place is not None for each in _alternatives(place, schema)]
    return [key for place in places for key in place.get("properties", {})]


def _step(place: dict[str, Any], step: str | int) -> dict[str, Any] | None:
    if isinstance(step, int):
        found = place.get("items")
    else:
        found = place.get("properties", {}).get(step) or place.get("additionalProperties")
    return found if isinstance(found, dict) else None


def _alternatives(place: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alternatives of a schema, with references resolved."""
    if "$ref" in place:
        return _alternatives(schema["$defs"][place["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in place:
        return [each for choice in place["anyOf"] for each in _alternatives(choice, schema)]
    return [place]
